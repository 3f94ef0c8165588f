/** The contract of configuration: what the rest of the program gets. */
import type { HostPort } from '../base/index.ts'
import type { SettingPath } from './settings.ts'

/** Where a value came from, strongest first. */
export type ConfigSource = 'flag' | 'env' | 'file' | 'default'

/** One setting with its origin, for people. */
export interface ConfigEntry {
  readonly path: SettingPath
  /** As it would stand in the file; secrets are masked. Undefined: nothing is set. */
  readonly value: string | number | boolean | readonly string[] | undefined
  readonly source: ConfigSource
  /** The flag, the variable or the file's name. */
  readonly origin: string | undefined
}

export interface HttpSettings {
  readonly host: string
  readonly port: number
  /** Under which others reach it. */
  readonly advertise: HostPort
  readonly bodyLimitBytes: number
  readonly loadLimitBytes: number
  readonly rqliteVersion: string
  readonly allowOrigin: string | undefined
  /** Undefined: everybody may do everything. */
  readonly authFile: string | undefined
  /** Undefined: plain HTTP. */
  readonly tls: HttpTlsSettings | undefined
}

export interface HttpTlsSettings {
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string | undefined
  readonly verifyClient: boolean
  readonly verifyCommonName: string | undefined
}

export interface RaftSettings {
  readonly host: string
  readonly port: number
  readonly advertise: HostPort
  readonly heartbeatMs: number
  readonly electionTimeoutMs: number
  /** Entries after which a snapshot is taken. */
  readonly snapshotThreshold: number
  /** Entries kept behind it. */
  readonly snapshotTrailing: number
  /** Between two comparisons of all nodes' data; 0: never. */
  readonly integrityIntervalMs: number
  /** What snapshots being sent may take; 0: no limit. */
  readonly snapshotBytesPerSecond: number
  readonly voter: boolean
}

/** What the node does on its own account, besides answering. */
export interface OutboundSettings {
  /** Paths; undefined: not at all. */
  readonly autoBackupFile: string | undefined
  readonly autoRestoreFile: string | undefined
  /** A URL, `stdout`, a path, or `off`. */
  readonly changeCapture: string | undefined
}

export interface WriteQueueSettings {
  readonly capacity: number
  readonly batchSize: number
  readonly timeoutMs: number
  readonly transaction: boolean
}

/** Starting with others, and leaving them. */
export interface ClusterSettings {
  /** Nodes that found the cluster together; 0: this one joins, or founds alone. */
  readonly bootstrapExpect: number
  readonly bootstrapExpectTimeoutMs: number
  /** Rounds; 0: for ever. */
  readonly joinAttempts: number
  readonly joinIntervalMs: number
  readonly removeOnShutdown: boolean
  readonly stepdownOnShutdown: boolean
  /** Silence after which members are removed; 0: never. */
  readonly reapNodeTimeoutMs: number
  readonly reapReadOnlyNodeTimeoutMs: number
}

export interface LoggingSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** Undefined: standard output. */
  readonly file: string | undefined
  readonly format: 'console' | 'json'
}

/** Everything one node process needs to know, checked, with every default filled in. */
export interface NodeConfig {
  /** A bootstrap node has no address to join. */
  readonly role: 'bootstrap' | 'node'
  /** Undefined: the node makes one up and keeps it. */
  readonly nodeId: string | undefined
  readonly dataDir: string
  /** Undefined: in the data directory. */
  readonly keyFile: string | undefined
  readonly listenAddresses: readonly string[]
  /** `host:port` of members' node-to-node listeners. */
  readonly joinAddresses: readonly string[]
  /** At most one of the two is set; see `cluster-secret.ts` for what happens with none. */
  readonly clusterSecret: { readonly value: string | undefined; readonly file: string | undefined }
  /** The user of the credentials file that this node joins as. */
  readonly joinAs: string | undefined
  readonly cluster: ClusterSettings
  readonly foreignKeys: boolean
  /** 0: no limit. */
  readonly writeTimeoutMs: number
  readonly outbound: OutboundSettings
  readonly writeQueue: WriteQueueSettings
  readonly reads: ReadSettings
  readonly http: HttpSettings
  readonly raft: RaftSettings
  readonly logging: LoggingSettings
}

export interface ReadSettings {
  /** Threads. */
  readonly readersMax: number
  /** 0: no limit. */
  readonly readTimeoutMs: number
}

export interface ResolvedConfig {
  readonly config: NodeConfig
  /** Every setting, in the order of the table. */
  readonly entries: readonly ConfigEntry[]
  /** One line each, to be shown at start. */
  readonly warnings: readonly string[]
}

/** Text as the command line gave it; `true` for a switch, a list for a flag given several times. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigInput {
  readonly flags?: FlagValues
  readonly env?: Environment
  readonly file?: { readonly name: string; readonly text: string }
}
