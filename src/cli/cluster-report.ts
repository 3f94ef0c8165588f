/** What `debros cluster` shows of the members, and how it waits for them to change. */
import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError } from '../base/index.ts'
import { type ClusterMember, type ConnectionInit, createClusterClient } from '../client/index.ts'
import { suggest } from '../config/index.ts'
import { type Io, paint } from './io.ts'
import { formatTable } from './table.ts'

const POLL_MS = 50
/** For one look at a node while waiting; the next one may answer. */
const LOOK_TIMEOUT_MS = 2_000

export function formatMembers(members: readonly ClusterMember[], io: Pick<Io, 'colors'>): string {
  return formatTable(
    ['NODE', 'ROLE', 'REACHABLE', 'HTTP API', 'NODE TO NODE', 'VERSION'],
    members.map((member) => [
      member.id,
      member.leader ? paint(io, 'green', 'leader') : member.voter ? 'follower' : 'read replica',
      member.reachable ? 'yes' : paint(io, 'red', `no: ${reasonOf(member.error)}`),
      member.apiUrl,
      member.address,
      member.version,
    ]),
  )
}

/** The end of a chain of causes says most, and fits in a column. */
function reasonOf(error: string): string {
  return error.split(': ').at(-1) ?? error
}

/** How far the cluster is from standing still. */
export function describeQuorum(members: readonly ClusterMember[], io: Pick<Io, 'colors'>): string {
  const voters = members.filter(({ voter }) => voter)
  const answering = voters.filter(({ reachable }) => reachable).length
  const needed = Math.floor(voters.length / 2) + 1
  const voted = `${voters.length} voter${voters.length === 1 ? '' : 's'}`
  const count = `${answering} of ${voted} ${answering === 1 ? 'answers' : 'answer'}`
  if (answering < needed) {
    const back = `${needed - answering} more must come back`
    return paint(io, 'red', `${count}: no majority, so nothing can be written; ${back}`)
  }
  const spare = answering - needed
  return `${count}; ${spare === 0 ? 'none' : spare} of them may fail before writing stops`
}

/** Throws `NODE_UNKNOWN`, with what there is instead. */
export function memberNamed(id: string, members: readonly ClusterMember[]): ClusterMember {
  const found = members.find((member) => member.id === id)
  if (found !== undefined) return found
  const ids = members.map((member) => member.id)
  const meant = suggest(id, ids)
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  throw new DebrosError(
    'NODE_UNKNOWN',
    `there is no node ${id} in this cluster.${hint} It has: ${ids.join(', ')}`,
  )
}

/** Throws `RAFT_NO_LEADER`. */
export function leaderOf(members: readonly ClusterMember[], url: string): ClusterMember {
  const found = members.find(({ leader }) => leader)
  if (found !== undefined) return found
  throw new DebrosError(
    'RAFT_NO_LEADER',
    `the node at ${url} knows no leader; see "debros cluster nodes" for who answers, and try again`,
    { retryable: true },
  )
}

/**
 * Asks this node, then the others that are known, over and over, until one of them sees what is waited
 * for. A node that was just removed sees nothing any more, so the one that was asked first may be of no use.
 */
export async function awaitView(
  { api, connection }: { readonly api: string; readonly connection: ConnectionInit },
  members: readonly ClusterMember[],
  timeoutMs: number,
  holds: (members: readonly ClusterMember[]) => boolean,
): Promise<readonly ClusterMember[]> {
  // What was said in secret is not repeated in clear.
  const mayAsk = (url: string): boolean => url !== '' && !(isHttps(api) && !isHttps(url))
  const urls = new Set([api, ...members.map(({ apiUrl }) => apiUrl).filter(mayAsk)])
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    for (const one of urls) {
      const client = createClusterClient({ url: one, timeoutMs: LOOK_TIMEOUT_MS, ...connection })
      // One that does not answer now may do so later; until then the others may.
      const seen = await client.members().catch(() => [])
      if (seen.length > 0 && holds(seen)) return seen
    }
    if (performance.now() > deadlineMs) {
      throw new DebrosError(
        'CLUSTER_CHANGE_UNSEEN',
        `it was done, but no node has shown it within ${timeoutMs / 1_000} s; see "debros cluster nodes"`,
        { retryable: true, outcome: 'unknown' },
      )
    }
    await sleep(POLL_MS)
  }
}

function isHttps(url: string): boolean {
  return url.startsWith('https:')
}
