import { isDeepStrictEqual } from 'node:util'
import { formatDuration, formatHostPort, type HostPort } from '../base/index.ts'
import { isLoopback, parseHostOptionalPort } from './addresses.ts'
import { type ConfigDocument, readDocument } from './document.ts'
import { type Layered, type LayeredValues, resolveLayers } from './layers.ts'
import { ConfigError, type Problem } from './problems.ts'
import { checkRelations, relationWarnings } from './relations.ts'
import { type SettingPath, settingAt } from './settings.ts'
import type { ConfigEntry, ConfigInput, ConfigSource, NodeConfig, ResolvedConfig } from './types.ts'

const NO_DOCUMENT: ConfigDocument = { values: new Map(), problems: [], overruled: [] }

/**
 * Flags win over environment, environment over file, file over defaults. Reads nothing but its
 * arguments. Throws {@link ConfigError} with every problem found, in whichever layer it stands.
 */
export function resolveConfig(input: ConfigInput): ResolvedConfig {
  const document = input.file ? readDocument(input.file.text, input.file.name) : NO_DOCUMENT
  const problems: Problem[] = [...document.problems]
  const values = resolveLayers(document, input.file?.name, input.env ?? {}, input.flags ?? {}, problems)
  const config = toNodeConfig(values)
  problems.push(...checkRelations(config, values))
  if (problems.length > 0) throw new ConfigError(problems)
  const warnings = [
    ...document.overruled.map(({ key, by }) => `${key} is ignored: ${by} means the same and is set too`),
    ...[...values].flatMap(inertWarning),
    ...relationWarnings(config),
  ]
  return { config, entries: [...values].map((layered) => toEntry(layered, config)), warnings }
}

function toNodeConfig(values: LayeredValues): NodeConfig {
  const httpPort = values.get('database.rqlite_port')
  const raftPort = values.get('database.rqlite_raft_port')
  const raftAdvertise = advertised(values.get('discovery.raft_adv_address'), raftPort)
  // Listing itself among the members to join is harmless; being the only one in the list is not.
  const listed = values.get('database.rqlite_join_address')
  const others = listed.filter((address) => address !== formatHostPort(raftAdvertise))
  const joinAddresses = others.length > 0 ? others : listed
  return {
    role: joinAddresses.length === 0 ? 'bootstrap' : 'node',
    nodeId: values.get('node.id') || undefined,
    dataDir: values.get('node.data_dir'),
    keyFile: values.get('node.key_file') || undefined,
    listenAddresses: values.get('node.listen_addresses'),
    joinAddresses,
    clusterSecret: clusterSecret(values),
    joinAs: values.get('cluster.join_as') || undefined,
    cluster: {
      bootstrapExpect: values.get('cluster.bootstrap_expect'),
      bootstrapExpectTimeoutMs: values.get('cluster.bootstrap_expect_timeout'),
      joinAttempts: values.get('cluster.join_attempts'),
      joinIntervalMs: values.get('cluster.join_interval'),
      removeOnShutdown: values.get('cluster.remove_on_shutdown'),
      stepdownOnShutdown: !values.get('cluster.skip_handover'),
      reapNodeTimeoutMs: values.get('cluster.reap_node_timeout'),
      reapReadOnlyNodeTimeoutMs: values.get('cluster.reap_read_only_node_timeout'),
    },
    foreignKeys: values.get('database.foreign_keys'),
    writeTimeoutMs: values.get('database.write_timeout'),
    outbound: {
      autoBackupFile: values.get('database.auto_backup_file') || undefined,
      autoRestoreFile: values.get('database.auto_restore_file') || undefined,
      changeCapture: values.get('database.change_capture') || undefined,
    },
    writeQueue: {
      capacity: values.get('database.write_queue_capacity'),
      batchSize: values.get('database.write_queue_batch_size'),
      timeoutMs: values.get('database.write_queue_timeout'),
      transaction: values.get('database.write_queue_transaction'),
    },
    reads: {
      readersMax: values.get('database.readers'),
      readTimeoutMs: values.get('database.read_timeout'),
    },
    http: {
      host: values.get('http.host'),
      port: httpPort,
      advertise: advertised(values.get('discovery.http_adv_address'), httpPort),
      bodyLimitBytes: values.get('http.body_limit'),
      loadLimitBytes: values.get('http.load_limit'),
      rqliteVersion: values.get('http.rqlite_version'),
      allowOrigin: values.get('http.allow_origin') || undefined,
      authFile: values.get('http.auth_file'),
      tls: tlsSettings(values),
    },
    raft: {
      host: values.get('raft.host') ?? (isLoopback(raftAdvertise.host) ? '127.0.0.1' : '0.0.0.0'),
      port: raftPort,
      advertise: raftAdvertise,
      heartbeatMs: values.get('raft.heartbeat'),
      electionTimeoutMs: values.get('raft.election_timeout'),
      snapshotThreshold: values.get('raft.snapshot_threshold'),
      snapshotTrailing: values.get('raft.snapshot_trailing'),
      integrityIntervalMs: values.get('raft.integrity_interval'),
      snapshotBytesPerSecond: values.get('raft.snapshot_bytes_per_second'),
      voter: !values.get('raft.non_voter'),
    },
    logging: {
      level: values.get('logging.level'),
      file: values.get('logging.file') || undefined,
      format: values.get('logging.format'),
    },
  }
}

/** Half of it is a problem that {@link checkRelations} reports. */
function tlsSettings(values: LayeredValues): NodeConfig['http']['tls'] {
  const certFile = values.get('http.tls_cert_file')
  const keyFile = values.get('http.tls_key_file')
  if (certFile === undefined || keyFile === undefined) return undefined
  return {
    certFile,
    keyFile,
    caFile: values.get('http.tls_ca_file'),
    verifyClient: values.get('http.tls_verify_client'),
    verifyCommonName: values.get('http.tls_verify_common_name') || undefined,
  }
}

function advertised(address: string, port: number): HostPort {
  return (address === '' ? undefined : parseHostOptionalPort(address, port)) ?? { host: '127.0.0.1', port }
}

const STRENGTH: Readonly<Record<ConfigSource, number>> = { flag: 3, env: 2, file: 1, default: 0 }

/** The secret itself or the file it is in, whichever comes from the stronger source. */
function clusterSecret(values: LayeredValues): NodeConfig['clusterSecret'] {
  const literal = values.layered('cluster.secret')
  const file = values.layered('cluster.secret_file')
  return STRENGTH[literal.source] > STRENGTH[file.source]
    ? { value: values.get('cluster.secret'), file: undefined }
    : { value: undefined, file: values.get('cluster.secret_file') }
}

function inertWarning({ path, raw, source, origin }: Layered): string[] {
  const { inert } = settingAt(path)
  if (inert === undefined || source === 'default' || isDeepStrictEqual(inert.neutral, raw)) return []
  const name = source === 'file' ? path : `${path} (${origin})`
  return [`${name} has no effect in this version${inert.note ? `: ${inert.note}` : ''}`]
}

function toEntry({ path, raw, value, source, origin }: Layered, config: NodeConfig): ConfigEntry {
  return { path, value: shown(path, raw, value, config), source, origin }
}

/** What follows from other settings is shown as it came out, the rest as it would stand in a file. */
function shown(path: SettingPath, raw: unknown, value: unknown, config: NodeConfig): ConfigEntry['value'] {
  switch (path) {
    case 'node.type':
      return config.role
    case 'node.key_file':
      return config.keyFile ?? `${config.dataDir}/identity.key`
    case 'raft.host':
      return config.raft.host
    case 'discovery.raft_adv_address':
      return formatHostPort(config.raft.advertise)
    case 'discovery.http_adv_address':
      return formatHostPort(config.http.advertise)
    case 'database.rqlite_join_address':
      return config.joinAddresses
    case 'raft.heartbeat':
      return formatDuration(config.raft.heartbeatMs)
    case 'raft.election_timeout':
      return formatDuration(config.raft.electionTimeoutMs)
    case 'database.change_capture':
      return withoutPassword(String(value))
    default:
      if (value === undefined) return undefined
      return settingAt(path).secret ? '********' : (raw as ConfigEntry['value']) // its schema took it
  }
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url
  const shown = new URL(url)
  if (shown.password === '') return url
  shown.password = '********'
  return shown.href
}
