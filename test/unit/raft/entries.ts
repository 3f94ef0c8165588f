/** Short ways to write entries and members in tests. */
import type { ClusterConfig, Entry, Member, NodeId } from '../../../src/raft/core/types.ts'

/** Commands of these terms, the first at `from`. */
export function commands(terms: readonly number[], from = 1): Entry[] {
  return terms.map((term, i) => command(from + i, term))
}

export function command(index: number, term: number, bytes = 0): Entry {
  return { index, term, kind: 'command', data: new Uint8Array(bytes), config: undefined }
}

export function configEntry(index: number, term: number, config: ClusterConfig): Entry {
  return { index, term, kind: 'config', data: new Uint8Array(0), config }
}

export function member(id: NodeId, voter = true): Member {
  return { id, peerId: `peer-${id}`, address: `${id}:4001`, voter }
}

/** A configuration of these voters, joint if `outgoing` is given. */
export function config(
  voters: readonly NodeId[],
  outgoing: readonly NodeId[] = [],
  learners: readonly NodeId[] = [],
): ClusterConfig {
  const ids = [...new Set([...voters, ...outgoing, ...learners])].sort()
  return { voters, outgoing, learners, members: ids.map((id) => member(id, !learners.includes(id))) }
}
