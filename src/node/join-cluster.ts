/** How a node becomes a member: the joining side, and its patience. */
import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import { type JoinClientComponents, type JoinRequest, type JoinResponse, requestJoin } from '../p2p/index.ts'
import type { Member } from '../raft/index.ts'
import { checkNoHttp } from './http-probe.ts'

export type Accepted = Extract<JoinResponse, { type: 'accepted' }>

const JOIN_TIMEOUT_MS = 10_000

/** Failures that no further attempt will mend. */
const HOPELESS = new Set([
  'JOIN_ADDRESS_IS_HTTP',
  'JOIN_SECRET_WRONG',
  'JOIN_CLUSTER_MISMATCH',
  'JOIN_CLUSTER_RECOVERED',
  'JOIN_PEER_MISMATCH',
  'RAFT_CONFIG_REJECTED',
])

export function isHopeless(error: unknown): boolean {
  return error instanceof DebrosError && HOPELESS.has(error.code) && !error.retryable
}

export interface JoinInit {
  /** `host:port` of members, asked in turn; looked up anew for each round. */
  readonly addresses: () => Promise<readonly string[]>
  readonly secret: string
  readonly request: Omit<JoinRequest, 'peerId'>
  readonly intervalMs: number
  /** Rounds over all addresses before giving up. */
  readonly attempts: number
  readonly signal: AbortSignal
}

/**
 * Asks until some member takes this node in. Rejects with `JOIN_FAILED`, `JOIN_ADDRESS_IS_HTTP`, or at
 * once if it is hopeless.
 */
export async function joinCluster(
  components: JoinClientComponents & { readonly logger: Logger },
  init: JoinInit,
): Promise<Accepted> {
  const { attempts, intervalMs, signal } = init
  let last: unknown
  let addresses: readonly string[] = []
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) await sleep(intervalMs, undefined, { signal })
    addresses = await init.addresses()
    for (const address of addresses) {
      try {
        return await askOnce(components, init, address)
      } catch (error) {
        last = error
        if (signal.aborted || isHopeless(error)) throw error
        if (attempt === 1) await checkNoHttp(address, error, signal)
        const fields = { address, attempt, error: errorMessage(error) }
        // Nodes that start together often ask before the first one is up.
        if (attempt === 1) components.logger.info(fields, 'not taken in yet; trying again')
        else components.logger.warn(fields, 'could not join yet; trying again')
      }
    }
  }
  const why =
    last === undefined
      ? 'could not join: no node was found to join through'
      : `could not join through ${addresses.join(', ')}: ${errorMessage(last)}. Is a member running there, and has the cluster a leader?`
  throw new DebrosError('JOIN_FAILED', why, { retryable: true, cause: last })
}

/** Throws `JOIN_CLUSTER_OF_ONE` if the members are this node alone: it would have to give up its data. */
export function checkNotAlone(self: Member, members: readonly Member[]): void {
  if (members.length !== 1 || members[0]?.id !== self.id) return
  throw new DebrosError(
    'JOIN_CLUSTER_OF_ONE',
    `node ${self.id} is a cluster of its own and cannot join another one. Start it without addresses to join, or ` +
      'empty its data directory to let it join as a new node',
  )
}

/** Asks one member, and by its redirects the leader. */
export function askOnce(
  components: JoinClientComponents,
  { secret, request, signal }: Pick<JoinInit, 'secret' | 'request' | 'signal'>,
  address: string,
): Promise<Accepted> {
  return requestJoin(components, { address, secret, request, signal, timeoutMs: JOIN_TIMEOUT_MS })
}
