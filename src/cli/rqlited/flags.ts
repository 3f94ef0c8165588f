/** Every flag of `debros rqlited`: rqlite's own, in groups, and two of ours. */
import type { GoFlag, GoFlagKind } from '../go-flags.ts'

export interface RqlitedFlag extends GoFlag {
  readonly group: string
  /** Accepted, but changes nothing: why that is all right. Shown at start to whoever changes its value. */
  readonly noEffect?: string
  /** Accepted with its default value only: what to use instead. */
  readonly refused?: string
  /** Where it means something a little different from what it means to rqlite. For the documentation. */
  readonly differs?: string
}

type Details = Pick<RqlitedFlag, 'noEffect' | 'refused' | 'differs'>

function text(group: string, usage: string, details: Details & { readonly fallback?: string } = {}) {
  return { kind: 'string', group, usage, fallback: '', ...details } as const
}

function bool(group: string, usage: string, details: Details & { readonly fallback?: boolean } = {}) {
  return { kind: 'bool', group, usage, fallback: false as boolean, ...details } as const
}

function int(group: string, usage: string, fallback: number, details: Details = {}) {
  return { kind: 'int', group, usage, fallback, ...details } as const
}

function uint(group: string, usage: string, fallback: number, details: Details = {}) {
  return { kind: 'uint', group, usage, fallback, ...details } as const
}

function duration(group: string, usage: string, fallbackMs: number, details: Details = {}) {
  return { kind: 'duration', group, usage, fallback: fallbackMs, ...details } as const
}

const NOISE =
  'connections between nodes are always encrypted and authenticated (libp2p with Noise; members know each other by ' +
  'their keys). To decide who may join, use -cluster-secret-file, or -auth with the permission join and -join-as'

const OTLP = 'metrics are not pushed. Let the collector scrape GET /metrics (Prometheus)'

const PROFILE = 'run the node under "node --cpu-prof" or "node --heap-prof" instead'

const FLAGS = {
  'node-id': text(
    'Node',
    'name of this node, fixed at its first start (left out: its advertised Raft address at that time)',
  ),
  version: bool('Node', 'show the version and exit'),

  'http-addr': text('HTTP API', 'address to listen on for clients', { fallback: 'localhost:4001' }),
  'http-adv-addr': text(
    'HTTP API',
    'address under which clients and nodes reach it (left out: that of -http-addr)',
  ),
  'http-allow-origin': text('HTTP API', 'web origin whose pages may call; * for any'),

  'http-cert': text('HTTP API', 'X.509 certificate; with it, clients are served over HTTPS'),
  'http-key': text('HTTP API', 'key of -http-cert'),
  'http-ca-cert': text('HTTP API', 'X.509 certificate that signed those of clients'),
  'http-verify-client': bool('HTTP API', 'ask clients for a certificate'),
  'http-verify-common-name': text('HTTP API', 'common name that certificates of clients must have'),
  auth: text('HTTP API', 'file with users, passwords and permissions'),

  'raft-addr': text('Nodes', 'address to listen on for other nodes', { fallback: 'localhost:4002' }),
  'raft-adv-addr': text('Nodes', 'address under which other nodes reach it (left out: that of -raft-addr)'),
  join: text('Nodes', 'Raft addresses of nodes to join through, with commas between them'),
  'join-attempts': int('Nodes', 'rounds over these addresses before giving up', 5),
  'join-interval': duration('Nodes', 'wait between two rounds', 3_000),
  'join-as': text('Nodes', 'user of the -auth file to join as (left out: nobody)'),
  'bootstrap-expect': int('Nodes', 'found a cluster once so many nodes have found each other', 0),
  'bootstrap-expect-timeout': duration('Nodes', 'limit on -bootstrap-expect', 120_000),
  'disco-mode': text('Nodes', 'find the nodes to join through by name: dns or dns-srv'),
  'disco-key': text('Nodes', 'key of this cluster in Consul or etcd', {
    fallback: 'rqlite',
    noEffect: 'DNS knows no keys',
  }),
  'disco-config': text(
    'Nodes',
    'what -disco-mode is to look up, as JSON (name, port, service) or a file with it',
  ),
  'cluster-secret-file': text(
    'Nodes',
    'file with a secret that every node must know to join. Not a flag of rqlite (left out: the secret in DEBROS_CLUSTER_SECRET, ' +
      'or in cluster.secret in the data directory; without any, whoever reaches the Raft address may join)',
  ),
  'raft-non-voter': bool('Nodes', 'join as a read replica: it gets all data, but never votes or leads'),
  'cluster-connect-timeout': duration('Nodes', 'limit on connecting to another node', 30_000, {
    noEffect: 'connecting to another node has a limit of its own, and is tried again',
  }),
  'extensions-path': text('Database', 'SQLite extensions to load', {
    refused: 'SQLite runs as WebAssembly here, which cannot load native extensions',
  }),
  'auto-backup': text('Database', 'file that says when and where to back up'),
  'auto-restore': text('Database', 'file that says what a new cluster is to begin with'),
  'cdc-config': text('Database', 'URL that gets all changes, or a file that says who gets which'),
  'read-timeout': duration(
    'Database',
    'how long a read may run; 0: for ever. Not a flag of rqlite, where nothing ends a read',
    30_000,
  ),
  'auto-vacuum-int': duration('Database', 'time between two automatic VACUUMs; 0: none', 0),
  'auto-optimize-int': duration('Database', 'time between two automatic ANALYZEs; 0: none', 0, {
    differs: 'executes ANALYZE; the default is none, not 24h',
  }),
  fk: bool('Database', 'enforce foreign keys; must be the same on every node'),
  'db-max-ro-conns': int('Database', 'connections for reads', 256, {
    noEffect: 'reads take no connections here; how many may wait is bounded',
  }),

  'write-queue-capacity': int('Queued writes', 'requests that may wait', 1_024),
  'write-queue-batch-size': int('Queued writes', 'requests written at one time', 128),
  'write-queue-timeout': duration('Queued writes', 'how long a batch may wait for more', 50),
  'write-queue-tx': bool('Queued writes', 'write each batch as one transaction'),

  'raft-heartbeat-timeout': duration(
    'Raft',
    'after so long (to twice that) without its leader, a node elects another',
    1_000,
  ),
  'raft-election-timeout': duration('Raft', 'time for an election before it is tried again', 1_000, {
    noEffect:
      'an election without a result is tried again after -raft-heartbeat-timeout (to twice that), too',
  }),
  'raft-leader-lease-timeout': duration('Raft', 'after so long without a majority, a leader steps down', 0, {
    noEffect: 'a leader that hears no majority steps down within -raft-heartbeat-timeout',
  }),
  'raft-commit-timeout': duration('Raft', 'after so long without writes, followers are told of commits', 50, {
    noEffect: 'followers are told of a commit at once',
  }),
  'raft-apply-timeout': duration('Raft', 'limit on waiting for a place in the log', 10_000, {
    noEffect: 'how long a request waits is for its parameter timeout to say',
  }),
  'raft-snap': uint('Raft', 'log entries after which a snapshot is taken', 8_192),
  'raft-snap-wal-size': uint(
    'Raft',
    'bytes of log entries after which a snapshot is taken; 0: any number',
    16_777_216,
    {
      differs: 'counts bytes of log entries, since there is no WAL; the default is 16 MiB, not 4 MiB',
    },
  ),
  'raft-snap-int': duration('Raft', 'time between two looks at whether a snapshot is due', 10_000, {
    noEffect: 'a snapshot is taken as soon as it is due',
  }),
  'compress-snap-transport': bool('Raft', 'compress snapshots on their way to other nodes', {
    noEffect: 'snapshots travel as they are, at a bounded rate, and go on where they broke off',
  }),
  'raft-remove-shutdown': bool('Raft', 'stop Raft when removed from the cluster', {
    noEffect: 'a node that was removed takes no part any more, and goes on to say so in its log and /status',
  }),
  'raft-cluster-remove-shutdown': bool('Nodes', 'leave the cluster on a graceful stop'),
  'raft-shutdown-stepdown': bool('Nodes', 'hand over the lead before a graceful stop', {
    fallback: true,
  }),
  'raft-reap-node-timeout': duration('Nodes', 'remove voters that are silent for so long; 0: never', 0),
  'raft-reap-read-only-node-timeout': duration(
    'Nodes',
    'remove read replicas that are silent for so long; 0: never',
    0,
  ),
  'raft-log-level': text('Raft', 'least important lines of Raft to log', {
    fallback: 'WARN',
    noEffect: 'one level holds for all parts: set LOG_LEVEL (debug, info, warn or error)',
  }),

  'node-cert': text('Between nodes', 'X.509 certificate for node-to-node TLS', { refused: NOISE }),
  'node-key': text('Between nodes', 'key of -node-cert', { refused: NOISE }),
  'node-ca-cert': text('Between nodes', 'X.509 certificate that signed those of other nodes', {
    refused: NOISE,
  }),
  'node-no-verify': bool('Between nodes', 'accept any certificate of other nodes', { refused: NOISE }),
  'node-verify-client': bool('Between nodes', 'ask nodes that connect for a certificate', { refused: NOISE }),
  'node-verify-server-name': text('Between nodes', 'name that certificates must have', { refused: NOISE }),
  'node-verify-common-name': text('Between nodes', 'common name that certificates must have', {
    refused: NOISE,
  }),

  'otlp-endpoint': text('Metrics', 'OpenTelemetry collector', { refused: OTLP }),
  'otlp-metrics-interval': duration('Metrics', 'time between two exports', 30_000, { refused: OTLP }),
  'otlp-insecure': bool('Metrics', 'no TLS to the collector', { refused: OTLP }),
  'otlp-no-verify': bool('Metrics', 'accept any certificate of the collector', { refused: OTLP }),
  'otlp-ca-cert': text('Metrics', 'certificate that signed that of the collector', { refused: OTLP }),
  'otlp-cert': text('Metrics', 'certificate to show to the collector', { refused: OTLP }),
  'otlp-key': text('Metrics', 'key of -otlp-cert', { refused: OTLP }),
  'cpu-profile': text('Profiling', 'file for a CPU profile', { refused: PROFILE }),
  'mem-profile': text('Profiling', 'file for a memory profile', { refused: PROFILE }),
  'trace-profile': text('Profiling', 'file for a trace', { refused: PROFILE }),
} as const satisfies Record<string, Omit<RqlitedFlag, 'name'>>

export type FlagName = keyof typeof FLAGS

interface KindValues extends Record<GoFlagKind, unknown> {
  readonly string: string
  readonly bool: boolean
  readonly int: number
  readonly uint: number
  /** Milliseconds. */
  readonly duration: number
}

/** The value of every flag: what was given, else its default. */
export type RqlitedFlagValues = {
  readonly [Name in FlagName]: KindValues[(typeof FLAGS)[Name]['kind']]
}

export const RQLITED_FLAGS: ReadonlyMap<string, RqlitedFlag> = new Map(
  Object.entries<Omit<RqlitedFlag, 'name'>>(FLAGS).map(([name, flag]) => [name, { name, ...flag }]),
)
