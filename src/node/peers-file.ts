/**
 * `raft/peers.json`, which replaces the membership of a cluster that lost its majority for good. The form
 * is rqlite's, with the key of a member as an addition:
 *
 *   [{"id": "node1", "address": "10.0.0.1:7001", "non_voter": false, "peer_id": "12D3Koo..."}]
 */
import { DebrosError, errorMessage, parseHostPort } from '../base/index.ts'
import { isPeerId } from '../p2p/index.ts'
import { MEMBERS_MAX } from '../raft/index.ts'
import { NODE_ID_PATTERN } from './init.ts'

/** One member as it is to be. */
export interface PeerEntry {
  readonly id: string
  /** `host:port` of its node-to-node listener. */
  readonly address: string
  readonly voter: boolean
  /** Its key; undefined if what is stored is to tell. */
  readonly peerId: string | undefined
}

const FIELDS = ['id', 'address', 'non_voter', 'peer_id']

/**
 * Throws `PEERS_FILE_INVALID`, naming the file as `where` and everything that is wrong with it: whoever
 * writes such a file has little time.
 */
export function parsePeersFile(text: string, where: string): readonly PeerEntry[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw invalid(where, [`it is not JSON: ${errorMessage(error)}`])
  }
  if (!Array.isArray(parsed)) throw invalid(where, ['it is not a list'])
  const problems: string[] = []
  const entries = parsed.map((value, i) => parseEntry(value, `entry ${i + 1}`, problems))
  if (problems.length === 0) checkTogether(entries, problems)
  if (problems.length > 0) throw invalid(where, problems)
  return entries
}

function parseEntry(value: unknown, name: string, problems: string[]): PeerEntry {
  const fields: Record<string, unknown> =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  if (Object.keys(fields).length === 0) problems.push(`${name} is not an object with members`)
  for (const key of Object.keys(fields)) {
    if (!FIELDS.includes(key))
      problems.push(`${name} has an unknown field "${key}"; there are ${FIELDS.join(', ')}`)
  }
  const { id, address, non_voter: nonVoter = false, peer_id: peerId } = fields
  if (typeof id !== 'string' || !NODE_ID_PATTERN.test(id)) {
    problems.push(`${name}: "id" is not the name of a node`)
  }
  if (typeof address !== 'string' || parseHostPort(address) === undefined) {
    problems.push(`${name}: "address" is not host:port`)
  }
  if (typeof nonVoter !== 'boolean') problems.push(`${name}: "non_voter" is neither true nor false`)
  if (peerId !== undefined && (typeof peerId !== 'string' || !isPeerId(peerId))) {
    problems.push(`${name}: "peer_id" is not a peer id`)
  }
  // Checked above: with a problem the entry is not used.
  return {
    id: String(id),
    address: String(address),
    voter: nonVoter !== true,
    peerId: peerId as string | undefined,
  }
}

function checkTogether(entries: readonly PeerEntry[], problems: string[]): void {
  if (!entries.some(({ voter }) => voter)) problems.push('it names no voter')
  if (entries.length > MEMBERS_MAX)
    problems.push(`it names ${entries.length} members; ${MEMBERS_MAX} are allowed`)
  for (const [what, values] of [
    ['id', entries.map(({ id }) => id)],
    ['address', entries.map(({ address }) => address)],
    ['peer_id', entries.flatMap(({ peerId }) => (peerId === undefined ? [] : [peerId]))],
  ] as const) {
    for (const value of new Set(values.filter((one, i) => values.indexOf(one) !== i))) {
      problems.push(`the ${what} ${value} stands there more than once`)
    }
  }
}

function invalid(where: string, problems: readonly string[]): DebrosError {
  return new DebrosError(
    'PEERS_FILE_INVALID',
    `${where} cannot replace the membership, and nothing was changed: ${problems.join('; ')}`,
  )
}
