/** What a peers file would make of a data directory: decided from what is stored, changing nothing. */
import { createHash } from 'node:crypto'
import { DebrosError } from '../base/index.ts'
import {
  type ClusterConfig,
  initialConfig,
  type LogContents,
  type Member,
  type NodeIdentity,
  type RecoveryRecord,
} from '../raft/index.ts'
import type { PeerEntry } from './peers-file.ts'

/** What a data directory says of its node. */
export interface StoredNode {
  /** For people. */
  readonly location: string
  readonly identity: NodeIdentity | undefined
  readonly log: LogContents | undefined
  readonly recovery: RecoveryRecord | undefined
  /** Follows from the key in the directory; undefined if that is kept elsewhere. */
  readonly peerId: string | undefined
}

export interface RecoveryPlan {
  readonly nodeId: string
  /** The cluster's id before, and the one it gets. */
  readonly from: string
  readonly recovery: RecoveryRecord
  readonly before: ClusterConfig
  readonly after: ClusterConfig
  readonly log: LogContents
  /** This node is to be the only member: nobody can outvote what it has. */
  readonly alone: boolean
  /** Everything is rewritten already; an earlier attempt was cut short before it could say so. */
  readonly done: boolean
}

/** Throws `RECOVERY_REFUSED`, with what to do about it. */
export function planRecovery(stored: StoredNode, peers: readonly PeerEntry[]): RecoveryPlan {
  const { identity, log, recovery: last } = stored
  if (identity?.clusterId === undefined || log === undefined || log.configs.length === 0) {
    throw refused(
      stored,
      'it holds no log of a cluster. Remove the file, and let the node join one that has data',
    )
  }
  const { nodeId, clusterId } = identity
  if (peers.every(({ id }) => id !== nodeId)) {
    throw refused(
      stored,
      `its node, ${nodeId}, is not in the list. Add it, or empty the directory to let it join`,
    )
  }
  const members = peers.map((peer) => resolveMember(stored, log, peer))
  checkKeys(stored, nodeId, members)
  const after = initialConfig(members)

  // An attempt that was cut short goes on from where the cluster stood before it.
  const unfinished = last !== undefined && !last.finished && last.clusterId === clusterId
  const ancestors = unfinished ? last.ancestors : [...(last?.ancestors ?? []), clusterId]
  const from = ancestors.at(-1) ?? clusterId
  const next = recoveredClusterId(from, after.members)
  return {
    nodeId,
    from,
    recovery: { ancestors, clusterId: next, finished: false },
    before: log.configs[0] ?? after,
    after,
    log,
    alone: members.length === 1,
    done: unfinished && next === clusterId,
  }
}

/**
 * The same for all that get the same membership, and for nobody else: survivors find each other by it,
 * and nodes that were left behind are kept out. A UUID of version 8.
 */
export function recoveredClusterId(from: string, members: readonly Member[]): string {
  const named = members.map(({ id, peerId, address, voter }) => [id, peerId, address, voter])
  const digest = createHash('sha256')
    .update(JSON.stringify(['debros recovery 1', from, named]))
    .digest()
    .subarray(0, 16)
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  const hex = digest.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function resolveMember(stored: StoredNode, log: LogContents, peer: PeerEntry): Member {
  const { id, address, voter } = peer
  // The newest configuration that names it; it may have been on its way out.
  const known = log.configs.flatMap(({ members }) => members).find((member) => member.id === id)
  const peerId = peer.peerId ?? known?.peerId
  if (peerId === undefined) {
    throw refused(
      stored,
      `what it holds does not name node ${id}. Add that node's key to its entry, "peer_id": "..." (its log shows it ` +
        'at every start, and debros recover for its data directory), or leave the node out and let it join later',
    )
  }
  return { id, peerId, address, voter }
}

function checkKeys(stored: StoredNode, nodeId: string, members: readonly Member[]): void {
  const self = members.find(({ id }) => id === nodeId)
  if (stored.peerId !== undefined && self?.peerId !== stored.peerId) {
    throw refused(
      stored,
      `the key of node ${nodeId} would be ${self?.peerId}, but its identity.key is ${stored.peerId}`,
    )
  }
  for (const { id, peerId } of members) {
    const twin = members.find((other) => other.id !== id && other.peerId === peerId)
    if (twin !== undefined)
      throw refused(stored, `nodes ${id} and ${twin.id} would have the same key ${peerId}`)
  }
}

export function refused({ location }: Pick<StoredNode, 'location'>, why: string): DebrosError {
  return new DebrosError(
    'RECOVERY_REFUSED',
    `the membership in ${location} is not replaced, and nothing was changed: ${why}`,
  )
}
