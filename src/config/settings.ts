/**
 * Every setting there is, once: its place in the file, its flag, its environment variables, its
 * default and its help. The file's schema, the command line and `debros config print` follow from
 * this table.
 *
 * Names and defaults are those of the DeBros node configuration; `http`, `raft` and `cluster` are
 * ours. Settings marked `inert` are known from other people's files: they are checked, and one line
 * at start says that they have no effect.
 */
import type { z } from 'zod'
import * as s from './schemas.ts'

export type SettingGroup = 'Node' | 'Network' | 'Database' | 'Raft' | 'HTTP API' | 'Cluster' | 'Logging'

/** How text from a flag or the environment becomes the value the file would hold. */
export type SettingKind = 'text' | 'path' | 'integer' | 'boolean' | 'list'

export interface Setting {
  readonly schema: z.ZodType
  readonly kind: SettingKind
  /** As it would stand in the file. `undefined`: nothing is set, and what follows from that is in the help. */
  readonly fallback: unknown
  readonly group: SettingGroup
  /** One sentence without its full stop. */
  readonly help: string
  /** Name of the value in the help of the flag; none for a switch. */
  readonly value?: string
  readonly flag?: string
  /** The first one that is set and not blank counts. */
  readonly env?: readonly string[]
  /** Other places in the file that mean this setting; `path` wins over them. */
  readonly aliases?: readonly string[]
  readonly hint?: string
  /** Has no effect yet, unless the value is `neutral`, which asks for what is done anyway. */
  readonly inert?: { readonly neutral?: unknown; readonly note?: string }
  readonly secret?: boolean
}

/** Flags and environment add their text to the same schema, so a setting is checked in one place. */
export const SETTINGS = {
  'node.id': {
    schema: s.text().regex(/^[\x21-\x7e]{0,128}$/, {
      error: 'must have at most 128 visible ASCII characters and no blanks',
    }),
    kind: 'text',
    fallback: '',
    group: 'Node',
    help: 'Name of this node in the cluster; it never changes. Left out, one is made up and kept in the data directory',
    value: 'name',
    flag: 'id',
    env: ['NODE_ID'],
  },
  'node.type': {
    schema: s.choice(['bootstrap', 'node']),
    kind: 'text',
    fallback: undefined,
    group: 'Node',
    help: 'bootstrap starts a cluster, node joins one; follows from the join address and need not be given',
    value: 'type',
    flag: 'type',
    env: ['NODE_TYPE'],
  },
  'node.data_dir': {
    schema: s.path(),
    kind: 'path',
    fallback: './data',
    group: 'Node',
    help: 'Directory for everything the node keeps; created if it is missing',
    value: 'dir',
    flag: 'data',
    env: ['DATA_DIR'],
    aliases: ['data_dir'],
  },
  'node.key_file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'Node',
    help: 'File of the private key that is this node’s identity. Left out: identity.key in the data directory',
    value: 'file',
    flag: 'key-file',
    env: ['DEBROS_KEY_FILE'],
    aliases: ['key_file'],
  },
  'node.solana_wallet': {
    schema: s.text().regex(/^(?:[1-9A-HJ-NP-Za-km-z]{32,44})?$/, {
      error: 'must be a base58 address of 32 to 44 characters',
    }),
    kind: 'text',
    fallback: '',
    group: 'Node',
    help: 'Wallet of the operator',
    aliases: ['solana_wallet'],
    inert: { neutral: '' },
  },
  'node.max_connections': {
    schema: s.integer(1),
    kind: 'integer',
    fallback: 50,
    group: 'Network',
    help: 'Most peer connections at a time',
    env: ['MAX_CONNECTIONS'],
    aliases: ['max_connections'],
    inert: {},
  },
  'node.disable_anon_rc': {
    schema: s.flag(),
    kind: 'boolean',
    fallback: true,
    group: 'Network',
    help: 'Do not dial through the Anyone SOCKS5 proxy. Always so: there is no proxy support',
    flag: 'disable-anonrc',
    aliases: ['node.disable_anonrc', 'disable_anon_rc', 'disable_anonrc'],
    inert: { neutral: true, note: 'connections are always direct' },
  },

  'node.listen_addresses': {
    schema: s.listenAddresses(),
    kind: 'list',
    fallback: ['/ip4/0.0.0.0/tcp/4001'],
    group: 'Network',
    help: 'Multiaddrs on which peers and clients connect over libp2p',
    value: 'multiaddr...',
    flag: 'listen-address',
    env: ['NODE_LISTEN_ADDRESSES'],
    aliases: ['listen_addresses'],
    hint: 'for example /ip4/0.0.0.0/tcp/4001',
  },
  'discovery.bootstrap_peers': {
    schema: s.peerAddresses(),
    kind: 'list',
    fallback: [],
    group: 'Network',
    help: 'Multiaddrs of peers to connect to at start',
    env: ['BOOTSTRAP_PEERS', 'DEBROS_BOOTSTRAP_PEERS'],
    aliases: ['bootstrap_peers'],
    hint: 'for example /ip4/10.0.0.1/tcp/4001/p2p/12D3KooW...',
    inert: { neutral: [], note: 'nodes find each other through database.rqlite_join_address' },
  },
  'discovery.discovery_interval': {
    schema: s.duration(1),
    kind: 'text',
    fallback: '15s',
    group: 'Network',
    help: 'Pause between rounds of peer discovery',
    env: ['DISCOVERY_INTERVAL'],
    aliases: ['discovery_interval'],
    inert: {},
  },
  'discovery.bootstrap_port': {
    schema: s.port(),
    kind: 'integer',
    fallback: 4001,
    group: 'Network',
    help: 'Port of bootstrap peers',
    env: ['BOOTSTRAP_PORT'],
    inert: { note: 'the ports in discovery.bootstrap_peers count' },
  },
  'discovery.node_namespace': {
    schema: s.namespace(),
    kind: 'text',
    fallback: 'default',
    group: 'Network',
    help: 'Namespace of the node’s own messages',
    inert: { neutral: 'default' },
  },

  'database.rqlite_port': {
    schema: s.port(),
    kind: 'integer',
    fallback: 5001,
    group: 'HTTP API',
    help: 'Port of the rqlite-compatible HTTP API',
    value: 'port',
    flag: 'rqlite-http-port',
    env: ['RQLITE_HTTP_PORT', 'RQLITE_PORT'],
    aliases: ['rqlite_port', 'rqlite_http_port'],
  },
  'http.host': {
    schema: s.host(),
    kind: 'text',
    fallback: '127.0.0.1',
    group: 'HTTP API',
    help: 'Address the HTTP API binds to. It asks for no password: open it to networks you trust only',
    value: 'host',
    flag: 'http-host',
    env: ['DEBROS_HTTP_HOST'],
  },
  'discovery.http_adv_address': {
    schema: s.advertisedAddress(),
    kind: 'text',
    fallback: '',
    group: 'HTTP API',
    help: 'host or host:port under which others reach the HTTP API. Left out: 127.0.0.1 and its port',
    value: 'address',
    flag: 'http-adv-address',
    env: ['DEBROS_HTTP_ADV_ADDRESS'],
  },
  'http.body_limit': {
    schema: s.size(1024),
    kind: 'text',
    fallback: '64m',
    group: 'HTTP API',
    help: 'Largest request body in bytes; k, m and g count in 1024s',
    value: 'size',
    flag: 'http-body-limit',
    env: ['DEBROS_HTTP_BODY_LIMIT'],
  },
  'http.allow_origin': {
    schema: s.text().regex(/^(?:|\*|https?:\/\/[^\s/]+)$/, {
      error: 'must be an origin such as https://app.example.org, or *',
    }),
    kind: 'text',
    fallback: '',
    group: 'HTTP API',
    help: 'Web origin whose pages may call the HTTP API from a browser; others are refused',
    value: 'origin',
    flag: 'http-allow-origin',
    env: ['DEBROS_HTTP_ALLOW_ORIGIN'],
  },
  'http.rqlite_version': {
    schema: s.text().regex(/^[\x21-\x7e]{1,64}$/, { error: 'must be 1 to 64 visible ASCII characters' }),
    kind: 'text',
    fallback: '10',
    group: 'HTTP API',
    help: 'What the X-RQLITE-VERSION header says',
    value: 'version',
    flag: 'http-rqlite-version',
    env: ['DEBROS_HTTP_RQLITE_VERSION'],
  },

  'database.rqlite_join_address': {
    schema: s.joinAddresses(),
    kind: 'text',
    fallback: '',
    group: 'Cluster',
    help: 'host:port of any member’s Raft listener, or several with commas. Left out, the node starts a cluster of its own',
    value: 'addresses',
    flag: 'rqlite-join-address',
    env: ['RQLITE_JOIN_ADDRESS'],
    aliases: ['rqlite_join_address'],
    hint: 'for example 10.0.0.1:7001',
  },
  'cluster.secret': {
    schema: s.text().min(16, { error: 'must have at least 16 characters' }),
    kind: 'text',
    fallback: undefined,
    group: 'Cluster',
    help: 'What a node must know to join. Better kept in a file of its own',
    env: ['DEBROS_CLUSTER_SECRET'],
    hint: 'make one with: openssl rand -hex 32',
    secret: true,
  },
  'cluster.secret_file': {
    schema: s.path(),
    kind: 'path',
    fallback: undefined,
    group: 'Cluster',
    help: 'File that holds the cluster secret. Left out: cluster.secret in the data directory, which a bootstrap node creates',
    value: 'file',
    flag: 'cluster-secret-file',
    env: ['DEBROS_CLUSTER_SECRET_FILE'],
  },

  'database.rqlite_raft_port': {
    schema: s.port(),
    kind: 'integer',
    fallback: 7001,
    group: 'Raft',
    help: 'Port of the node-to-node listener',
    value: 'port',
    flag: 'rqlite-raft-port',
    env: ['RQLITE_RAFT_PORT'],
    aliases: ['rqlite_raft_port'],
  },
  'raft.host': {
    schema: s.host(),
    kind: 'text',
    fallback: undefined,
    group: 'Raft',
    help: 'Address the node-to-node listener binds to. Left out: 127.0.0.1 while the advertised address is a loopback one, else 0.0.0.0',
    value: 'host',
    flag: 'raft-host',
    env: ['DEBROS_RAFT_HOST'],
  },
  'discovery.raft_adv_address': {
    schema: s.advertisedAddress(),
    kind: 'text',
    fallback: '',
    group: 'Raft',
    help: 'host or host:port under which other nodes reach the node-to-node listener. Left out: 127.0.0.1 and its port',
    value: 'address',
    flag: 'raft-adv-address',
    env: ['DEBROS_RAFT_ADV_ADDRESS'],
  },
  'raft.heartbeat': {
    schema: s.duration(10),
    kind: 'text',
    fallback: '100ms',
    group: 'Raft',
    help: 'How often a leader shows that it is alive',
    value: 'duration',
    flag: 'raft-heartbeat',
    env: ['DEBROS_RAFT_HEARTBEAT'],
  },
  'raft.election_timeout': {
    schema: s.duration(50),
    kind: 'text',
    fallback: '1s',
    group: 'Raft',
    help: 'Silence after which a follower calls an election; the real wait is drawn between this and twice this',
    value: 'duration',
    flag: 'raft-election-timeout',
    env: ['DEBROS_RAFT_ELECTION_TIMEOUT'],
  },
  'raft.snapshot_threshold': {
    schema: s.integer(1),
    kind: 'integer',
    fallback: 8192,
    group: 'Raft',
    help: 'Log entries after which a snapshot is taken',
    value: 'entries',
    flag: 'raft-snapshot-threshold',
    env: ['DEBROS_RAFT_SNAPSHOT_THRESHOLD'],
  },
  'raft.snapshot_trailing': {
    schema: s.integer(0),
    kind: 'integer',
    fallback: 4096,
    group: 'Raft',
    help: 'Log entries kept behind a snapshot, for followers that lag',
    value: 'entries',
    flag: 'raft-snapshot-trailing',
    env: ['DEBROS_RAFT_SNAPSHOT_TRAILING'],
  },
  'raft.integrity_interval': {
    schema: s.duration(0),
    kind: 'text',
    fallback: '5m',
    group: 'Raft',
    help: "Between two comparisons of all nodes' data, which find a node whose data differs; 0 never compares",
    value: 'duration',
    flag: 'raft-integrity-interval',
    env: ['DEBROS_RAFT_INTEGRITY_INTERVAL'],
  },
  'raft.snapshot_bytes_per_second': {
    schema: s.size(0),
    kind: 'text',
    fallback: '32m',
    group: 'Raft',
    help: 'Most bytes of snapshots that a leader sends in a second, to all followers together; 0 for no limit',
    value: 'size',
    flag: 'raft-snapshot-bytes-per-second',
    env: ['DEBROS_RAFT_SNAPSHOT_BYTES_PER_SECOND'],
  },
  'raft.non_voter': {
    schema: s.flag(),
    kind: 'boolean',
    fallback: false,
    group: 'Raft',
    help: 'Join as a read replica: it gets the log, but never votes or leads',
    flag: 'raft-non-voter',
    env: ['DEBROS_RAFT_NON_VOTER'],
  },

  'database.foreign_keys': {
    schema: s.flag(),
    kind: 'boolean',
    fallback: false,
    group: 'Database',
    help: 'Enforce foreign keys. Must be the same on every node',
    flag: 'foreign-keys',
    env: ['DEBROS_FOREIGN_KEYS'],
  },
  'database.auto_backup_file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'Database',
    help: 'File that tells where and how often to back the database up while this node leads',
    value: 'file',
    flag: 'auto-backup',
    env: ['DEBROS_AUTO_BACKUP_FILE'],
  },
  'database.auto_restore_file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'Database',
    help: 'File that tells which backup to fill the empty database of a new cluster from',
    value: 'file',
    flag: 'auto-restore',
    env: ['DEBROS_AUTO_RESTORE_FILE'],
  },
  'database.change_capture': {
    schema: s.text(),
    kind: 'text',
    fallback: '',
    group: 'Database',
    help: 'Where to send committed changes of rows while this node leads: an http or https URL, stdout, or a file with more. off ends it. Left out: as the cluster was told before',
    value: 'url|file',
    flag: 'cdc-config',
    env: ['DEBROS_CDC_CONFIG'],
  },
  'database.write_queue_capacity': {
    schema: s.integer(1),
    kind: 'integer',
    fallback: 1024,
    group: 'Database',
    help: 'Queued writes held at a time; further callers wait for room',
    value: 'requests',
    flag: 'write-queue-capacity',
    env: ['DEBROS_WRITE_QUEUE_CAPACITY'],
  },
  'database.write_queue_batch_size': {
    schema: s.integer(1),
    kind: 'integer',
    fallback: 128,
    group: 'Database',
    help: 'Queued writes that are written together at most',
    value: 'requests',
    flag: 'write-queue-batch-size',
    env: ['DEBROS_WRITE_QUEUE_BATCH_SIZE'],
  },
  'database.write_queue_timeout': {
    schema: s.duration(0),
    kind: 'text',
    fallback: '50ms',
    group: 'Database',
    help: 'How long queued writes wait for others to be written together with',
    value: 'duration',
    flag: 'write-queue-timeout',
    env: ['DEBROS_WRITE_QUEUE_TIMEOUT'],
  },
  'database.write_queue_transaction': {
    schema: s.flag(),
    kind: 'boolean',
    fallback: false,
    group: 'Database',
    help: 'Write queued writes in transactions: all statements of a request, or none',
    flag: 'write-queue-tx',
    env: ['DEBROS_WRITE_QUEUE_TX'],
  },
  'database.data_dir': {
    schema: s.path(),
    kind: 'path',
    fallback: './data/db',
    group: 'Database',
    help: 'Directory of the database',
    env: ['DB_DATA_DIR'],
    inert: { note: 'the database is kept in node.data_dir' },
  },
  'database.replication_factor': {
    schema: s.integer(1),
    kind: 'integer',
    fallback: 3,
    group: 'Database',
    help: 'Copies of the data',
    env: ['REPLICATION_FACTOR'],
    aliases: ['replication_factor'],
    inert: { note: 'every node keeps a full copy' },
  },
  'database.shard_count': {
    schema: s.integer(1),
    kind: 'integer',
    fallback: 16,
    group: 'Database',
    help: 'Parts the data is split into',
    env: ['SHARD_COUNT'],
    aliases: ['shard_count'],
    inert: {},
  },
  'database.max_database_size': {
    schema: s.size(0),
    kind: 'text',
    fallback: 1_073_741_824,
    group: 'Database',
    help: 'Most bytes the database may grow to',
    env: ['MAX_DB_SIZE'],
    aliases: ['max_database_size'],
    inert: { note: 'the database is not limited' },
  },
  'database.backup_interval': {
    schema: s.duration(0),
    kind: 'text',
    fallback: '24h',
    group: 'Database',
    help: 'Pause between backups',
    env: ['BACKUP_INTERVAL'],
    aliases: ['backup_interval'],
    inert: { note: 'the interval of backups is in the file of database.auto_backup_file' },
  },

  'security.enable_tls': {
    schema: s.flag(),
    kind: 'boolean',
    fallback: false,
    group: 'HTTP API',
    help: 'Serve HTTPS',
    env: ['ENABLE_TLS'],
    inert: { neutral: false, note: 'the HTTP API is served WITHOUT encryption' },
  },
  'security.private_key_file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'HTTP API',
    help: 'Private key for HTTPS',
    env: ['PRIVATE_KEY_FILE'],
    inert: { neutral: '' },
  },
  'security.certificate_file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'HTTP API',
    help: 'Certificate for HTTPS',
    env: ['CERT_FILE'],
    inert: { neutral: '' },
  },
  'security.auth_enabled': {
    schema: s.flag(),
    kind: 'boolean',
    fallback: false,
    group: 'HTTP API',
    help: 'Ask callers for credentials',
    env: ['AUTH_ENABLED'],
    inert: { neutral: false, note: 'the HTTP API answers ANYONE who can reach it' },
  },

  'logging.level': {
    schema: s.choice(['debug', 'info', 'warn', 'error']),
    kind: 'text',
    fallback: 'info',
    group: 'Logging',
    help: 'Least important lines to log: debug, info, warn or error',
    value: 'level',
    flag: 'log-level',
    env: ['LOG_LEVEL'],
  },
  'logging.file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'Logging',
    help: 'File to log to. Left out: standard output',
    value: 'file',
    flag: 'log-file',
    env: ['LOG_OUTPUT_FILE'],
    aliases: ['logging.output_file'],
  },
  'logging.format': {
    schema: s.choice(['console', 'json']),
    kind: 'text',
    fallback: 'console',
    group: 'Logging',
    help: 'console for people, json for programs',
    value: 'format',
    flag: 'log-format',
    env: ['LOG_FORMAT'],
  },
} as const satisfies Record<string, Setting>

export type SettingPath = keyof typeof SETTINGS

export const SETTING_PATHS = Object.keys(SETTINGS) as readonly SettingPath[] // the table's own keys

/** What a setting's schema makes of a good value. */
export type SettingValue<P extends SettingPath> = z.output<(typeof SETTINGS)[P]['schema']>

/** Seen as the general shape, with its optional members. */
export function settingAt(path: SettingPath): Setting {
  return SETTINGS[path]
}
