/** What settings must be to one another, beyond what each must be by itself. */
import { formatDuration, formatHostPort, parseHostPort } from '../base/index.ts'
import { isLoopback, isUnspecified, tcpPortOf } from './addresses.ts'
import type { LayeredValues } from './layers.ts'
import type { Problem } from './problems.ts'
import type { NodeConfig } from './types.ts'

/** A follower must be able to miss a few heartbeats without calling an election. */
const HEARTBEATS_PER_ELECTION_MIN = 3

export function checkRelations(config: NodeConfig, values: LayeredValues): Problem[] {
  return [
    ...checkRole(config, values),
    ...checkOutbound(config),
    ...checkPorts(config),
    ...checkAdvertised(config),
    ...checkTiming(config),
    ...checkSecret(values),
    ...checkTls(values),
    ...checkJoinAs(config),
  ]
}

function checkRole(config: NodeConfig, values: LayeredValues): Problem[] {
  const path = 'database.rqlite_join_address'
  const type = values.get('node.type')
  const problems: Problem[] = []
  if (type === 'node' && config.role === 'bootstrap') {
    const hint = 'give host:port of any member’s Raft listener, for example 10.0.0.1:7001'
    problems.push({ path, message: 'is required when node.type is "node"', hint })
  }
  if (type === 'bootstrap' && config.role === 'node') {
    const hint = 'remove it, or remove node.type'
    problems.push({ path, message: 'must be empty when node.type is "bootstrap"', hint })
  }
  if (config.role === 'bootstrap' && !config.raft.voter) {
    const hint = 'give the address of a cluster to join'
    problems.push({ path: 'raft.non_voter', message: 'cannot be set on a node that starts a cluster', hint })
  }
  const together = config.cluster.bootstrapExpect > 0
  if (together && config.role === 'bootstrap') {
    const hint = 'give the addresses of all nodes that are to found the cluster, this one among them'
    problems.push({ path, message: 'is required with cluster.bootstrap_expect', hint })
  }
  if (together && !config.raft.voter) {
    const hint = 'leave cluster.bootstrap_expect out; a read replica joins whatever the others found'
    problems.push({ path: 'cluster.bootstrap_expect', message: 'is not for a read replica', hint })
  }
  if (!together && config.joinAddresses.includes(formatHostPort(config.raft.advertise))) {
    const hint = 'leave it out on the first node'
    problems.push({ path, message: 'is this node’s own address: a node cannot join itself', hint })
  }
  return problems
}

function checkOutbound({ outbound, joinAddresses, raft }: NodeConfig): Problem[] {
  const problems: Problem[] = []
  if (outbound.autoRestoreFile !== undefined && joinAddresses.length > 0) {
    const message = 'cannot be set on a node that joins a cluster'
    const hint = 'give it to the first node only, which fills the database for all'
    problems.push({ path: 'database.auto_restore_file', message, hint })
  }
  if (outbound.changeCapture !== undefined && !raft.voter) {
    const message = 'cannot be set on a node that never leads'
    problems.push({ path: 'database.change_capture', message, hint: 'give it to all voters' })
  }
  return problems
}

/** One port for two listeners would fail at start, on whichever comes second. */
function checkPorts({ http, raft, listenAddresses }: NodeConfig): Problem[] {
  const uses = [
    { path: 'database.rqlite_port', port: http.port },
    { path: 'database.rqlite_raft_port', port: raft.port },
    ...[...new Set(listenAddresses.map(tcpPortOf))].map((port) => ({ path: 'node.listen_addresses', port })),
  ]
  return uses.flatMap(({ path, port }, i) => {
    const other = uses.slice(0, i).find((use) => use.port === port)
    return other
      ? [{ path, message: `port ${port} is also that of ${other.path}`, hint: 'give each its own' }]
      : []
  })
}

function checkAdvertised({ http, raft }: NodeConfig): Problem[] {
  const addresses = [
    { path: 'discovery.http_adv_address', host: http.advertise.host },
    { path: 'discovery.raft_adv_address', host: raft.advertise.host },
  ]
  return addresses
    .filter(({ host }) => isUnspecified(host))
    .map(({ path, host }) => ({
      path,
      message: `${host} is no address others can reach`,
      hint: 'give the name or IP address of this machine (--adv-addr)',
    }))
}

function checkTiming({ raft }: NodeConfig): Problem[] {
  const leastMs = raft.heartbeatMs * HEARTBEATS_PER_ELECTION_MIN
  if (raft.electionTimeoutMs >= leastMs) return []
  const message = `must be at least ${HEARTBEATS_PER_ELECTION_MIN} times raft.heartbeat, here ${formatDuration(leastMs)}`
  return [{ path: 'raft.election_timeout', message, hint: 'ten times is usual' }]
}

function checkSecret(values: LayeredValues): Problem[] {
  const literal = values.layered('cluster.secret')
  const file = values.layered('cluster.secret_file')
  if (literal.value === undefined || file.value === undefined || literal.source !== file.source) return []
  return [
    { path: 'cluster.secret', message: 'and cluster.secret_file are both set', hint: 'keep one of them' },
  ]
}

function checkTls(values: LayeredValues): Problem[] {
  const [cert, key] = ['http.tls_cert_file', 'http.tls_key_file'] as const
  const given = [cert, key].filter((path) => values.get(path) !== undefined)
  if (given.length === 1) {
    const path = given[0] === cert ? key : cert
    return [{ path, message: `is required with ${given[0]}`, hint: 'HTTPS needs a certificate and its key' }]
  }
  const others = ['http.tls_ca_file', 'http.tls_verify_client', 'http.tls_verify_common_name'] as const
  if (given.length === 2) return []
  return others
    .filter((path) => values.layered(path).source !== 'default' && Boolean(values.get(path)))
    .map((path) => ({ path, message: 'means nothing without HTTPS', hint: `set ${cert} and ${key}, too` }))
}

function checkJoinAs({ joinAs, http }: NodeConfig): Problem[] {
  if (joinAs === undefined || http.authFile !== undefined) return []
  const hint = 'set http.auth_file, too'
  return [{ path: 'cluster.join_as', message: 'names a user of a file that is not given', hint }]
}

/** Settings that are allowed together but hardly meant. */
export function relationWarnings({ http, raft, joinAddresses }: NodeConfig): string[] {
  const warnings: string[] = []
  if (!isLoopback(http.advertise.host) && isLoopback(http.host)) {
    warnings.push(
      `discovery.http_adv_address is ${http.advertise.host}, but the HTTP API listens on ${http.host} only; set http.host to let others in`,
    )
  }
  if (!isLoopback(raft.advertise.host) && isLoopback(raft.host)) {
    warnings.push(
      `discovery.raft_adv_address is ${raft.advertise.host}, but the node-to-node listener is on ${raft.host} only; set raft.host`,
    )
  }
  const remote = joinAddresses.find((address) => !isLoopback(parseHostPort(address)?.host ?? ''))
  if (remote !== undefined && isLoopback(raft.advertise.host)) {
    warnings.push(
      `this node joins ${remote} but advertises ${raft.advertise.host}, where only programs on this machine reach it; set --adv-addr`,
    )
  }
  if (!isLoopback(http.host)) {
    if (http.authFile === undefined) {
      warnings.push(
        `the HTTP API listens on ${http.host} and asks nobody for a password; set http.auth_file unless its network is trusted`,
      )
    } else if (http.tls === undefined) {
      warnings.push(
        `passwords for the HTTP API on ${http.host} travel in clear; set http.tls_cert_file and http.tls_key_file unless its network is trusted`,
      )
    }
  }
  return warnings
}
