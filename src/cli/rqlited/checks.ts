/** What flags must be by themselves and to one another. The first thing that is wrong, as a sentence. */
import { parseHostPort } from '../../base/index.ts'
import { isUnspecified } from '../../config/index.ts'
import { addressList, normalAddress, parseListenAddress } from './addresses.ts'
import type { FlagName, RqlitedFlagValues } from './flags.ts'

/** Shorter ones would hold elections whenever a process is busy for a moment. */
const HEARTBEAT_TIMEOUT_MIN_MS = 50

const NOT_NEGATIVE = [
  'join-interval',
  'bootstrap-expect',
  'bootstrap-expect-timeout',
  'write-queue-timeout',
  'auto-vacuum-int',
  'auto-optimize-int',
] as const
const POSITIVE = ['join-attempts', 'raft-snap', 'write-queue-capacity', 'write-queue-batch-size'] as const
const POSITIVE_IF_GIVEN = ['raft-reap-node-timeout', 'raft-reap-read-only-node-timeout'] as const

export function checkFlags(
  values: RqlitedFlagValues,
  isGiven: (name: FlagName) => boolean,
): string | undefined {
  return (
    checkAddresses(values) ??
    checkTls(values) ??
    checkNumbers(values, isGiven) ??
    checkJoining(values) ??
    checkDiscovery(values) ??
    checkCluster(values)
  )
}

function checkAddresses(values: RqlitedFlagValues): string | undefined {
  const http = { bind: values['http-addr'], advertised: values['http-adv-addr'] || values['http-addr'] }
  const raft = { bind: values['raft-addr'], advertised: values['raft-adv-addr'] || values['raft-addr'] }
  const scheme = [http.bind, http.advertised].find((address) => /^https?:\/\//i.test(address))
  if (scheme !== undefined) {
    return `HTTP addresses are host:port without http:// or https://, not ${JSON.stringify(scheme)}`
  }
  for (const name of ['http-addr', 'http-adv-addr', 'raft-addr', 'raft-adv-addr'] as const) {
    const address = values[name]
    if (address !== '' && parseListenAddress(address) === undefined) {
      return `-${name}: ${JSON.stringify(address)} is not host:port`
    }
  }
  return (
    unroutable(http.advertised, 'HTTP', 'http-adv-addr') ??
    unroutable(raft.advertised, 'Raft', 'raft-adv-addr') ??
    equal(http.bind, raft.bind, 'the HTTP and Raft addresses') ??
    equal(http.advertised, raft.advertised, 'the advertised HTTP and Raft addresses')
  )
}

function unroutable(address: string, what: string, flag: FlagName): string | undefined {
  const host = parseListenAddress(address)?.host ?? ''
  if (!isUnspecified(host)) return undefined
  return `the advertised ${what} address ${address} is none that others can reach: give one with -${flag}`
}

function equal(one: string, other: string, what: string): string | undefined {
  // Any free port is another one each time.
  if (normalAddress(one) !== normalAddress(other) || parseListenAddress(one)?.port === 0) return undefined
  return `${what} must differ; both are ${one}`
}

/** A certificate is of no use without its key, and what is said about clients' none without one. */
function checkTls(values: RqlitedFlagValues): string | undefined {
  if ((values['http-cert'] === '') !== (values['http-key'] === '')) {
    return '-http-cert and -http-key go together: give both or neither'
  }
  const about = (['http-verify-client', 'http-verify-common-name'] as const).find((name) =>
    Boolean(values[name]),
  )
  if (about !== undefined && values['http-cert'] === '') {
    return `-${about} is about certificates of clients, which are asked for over HTTPS only: give -http-cert and -http-key`
  }
  return undefined
}

function checkNumbers(values: RqlitedFlagValues, isGiven: (name: FlagName) => boolean): string | undefined {
  const [none] = POSITIVE.filter((name) => values[name] < 1)
  if (none !== undefined) return `-${none} must be at least 1`
  if (values['raft-heartbeat-timeout'] < HEARTBEAT_TIMEOUT_MIN_MS) {
    return `-raft-heartbeat-timeout must be at least ${HEARTBEAT_TIMEOUT_MIN_MS}ms`
  }
  const [negative] = NOT_NEGATIVE.filter((name) => values[name] < 0)
  if (negative !== undefined) return `-${negative} must not be negative`
  const [never] = POSITIVE_IF_GIVEN.filter((name) => isGiven(name) && values[name] <= 0)
  if (never !== undefined) return `-${never} must be more than 0; leave it out to remove nobody`
  return undefined
}

function checkJoining(values: RqlitedFlagValues): string | undefined {
  const own = [values['raft-addr'], values['raft-adv-addr']]
    .filter((address) => address !== '')
    .map(normalAddress)
  for (const address of addressList(values.join)) {
    if (parseHostPort(address) === undefined) return `-join: ${JSON.stringify(address)} is not host:port`
    if (values['bootstrap-expect'] === 0 && own.includes(normalAddress(address)))
      return `-join: ${address} is this node, which cannot join itself unless it is to found a cluster with others (-bootstrap-expect)`
  }
  return undefined
}

function checkDiscovery(values: RqlitedFlagValues): string | undefined {
  const mode = values['disco-mode']
  if (mode === '') {
    return values['disco-config'] === '' ? undefined : '-disco-config is of no use without -disco-mode'
  }
  if (mode === 'consul-kv' || mode === 'etcd-kv') {
    return `-disco-mode ${mode} is not supported: use dns or dns-srv (Consul and Kubernetes answer DNS), or -join`
  }
  if (mode !== 'dns' && mode !== 'dns-srv')
    return `-disco-mode must be dns or dns-srv, not ${JSON.stringify(mode)}`
  if (values.join !== '') return '-disco-mode finds the nodes to join: it cannot be used together with -join'
  if (values['bootstrap-expect'] === 0 && !values['raft-non-voter']) {
    return `-disco-mode ${mode} needs -bootstrap-expect: how many voters are to found the cluster`
  }
  return undefined
}

function checkCluster(values: RqlitedFlagValues): string | undefined {
  const joins = addressList(values.join).length > 0 || values['disco-mode'] !== ''
  if (values['bootstrap-expect'] > 0 && values['raft-non-voter']) {
    return '-bootstrap-expect is for voters: a read replica cannot found a cluster'
  }
  if (values['auto-restore'] !== '' && joins) {
    return '-auto-restore is for a new cluster, and cannot be used together with -join or -disco-mode'
  }
  if (values['cdc-config'] !== '' && values['raft-non-voter']) {
    return '-cdc-config is for voters: a read replica never leads, and only leaders send changes'
  }
  if (values['join-as'] !== '' && values.auth === '') {
    return '-join-as names a user of the -auth file, and no such file is given'
  }
  return undefined
}
