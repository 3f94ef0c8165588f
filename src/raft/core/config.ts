/**
 * Membership: what a configuration means, how a change turns one into the next, and the history of
 * configurations in the log. A configuration is in force as soon as its entry is in the log (Raft
 * §6), and stops being so if that entry is truncated; hence the history.
 */
import { assert } from '../../base/index.ts'
import type { ClusterConfig, Member, NodeId } from './types.ts'

/** Voters and learners together: far beyond use, and well within what messages about members may hold. */
export const MEMBERS_MAX = 64

export const EMPTY_CONFIG: ClusterConfig = { voters: [], outgoing: [], learners: [], members: [] }

/** A first configuration with every given member as it wants to be. */
export function initialConfig(members: readonly Member[]): ClusterConfig {
  const ids = (voter: boolean): NodeId[] => members.filter((m) => m.voter === voter).map((m) => m.id)
  return {
    voters: ids(true).sort(),
    outgoing: [],
    learners: ids(false).sort(),
    members: sortMembers(members),
  }
}

export function isJoint(config: ClusterConfig): boolean {
  return config.outgoing.length > 0
}

/** May `id` vote and lead here? True in either half of a joint configuration. */
export function isVoter(config: ClusterConfig, id: NodeId): boolean {
  return config.voters.includes(id) || config.outgoing.includes(id)
}

/** Everyone who receives the log: voters of both halves and learners. */
export function replicas(config: ClusterConfig): NodeId[] {
  return [...new Set([...config.voters, ...config.outgoing, ...config.learners])]
}

export type ConfigChange =
  /** Adds a node as learner, or changes the address or wish of a known one. It votes once promoted. */
  | { readonly type: 'add'; readonly member: Member }
  | { readonly type: 'promote'; readonly id: NodeId }
  | { readonly type: 'demote'; readonly id: NodeId }
  | { readonly type: 'remove'; readonly id: NodeId }

export type ChangeResult =
  | { readonly ok: true; readonly config: ClusterConfig }
  | { readonly ok: false; readonly reason: string }

/**
 * The configuration that follows `current` under `changes`. If the set of voters changes by more
 * than one node the result is joint; otherwise majorities of old and new overlap by themselves.
 */
export function changeConfig(current: ClusterConfig, changes: readonly ConfigChange[]): ChangeResult {
  if (isJoint(current)) return { ok: false, reason: 'a membership change is still under way' }
  const voters = new Set(current.voters)
  const learners = new Set(current.learners)
  const members = new Map(current.members.map((m) => [m.id, m]))
  for (const change of changes) {
    const reason = applyChange(change, current, voters, learners, members)
    if (reason !== undefined) return { ok: false, reason }
  }
  if (voters.size === 0) return { ok: false, reason: 'the last voter cannot be removed' }
  if (members.size > MEMBERS_MAX) {
    return { ok: false, reason: `a cluster has at most ${MEMBERS_MAX} members` }
  }
  const differing = [...symmetricDifference(new Set(current.voters), voters)]
  return {
    ok: true,
    config: {
      voters: [...voters].sort(),
      outgoing: differing.length > 1 ? current.voters : [],
      learners: [...learners].sort(),
      // Members that only the outgoing half still knows stay until the joint configuration is left.
      members: sortMembers(
        differing.length > 1
          ? [...members.values(), ...current.members.filter((m) => !members.has(m.id))]
          : [...members.values()],
      ),
    },
  }
}

function applyChange(
  change: ConfigChange,
  current: ClusterConfig,
  voters: Set<NodeId>,
  learners: Set<NodeId>,
  members: Map<NodeId, Member>,
): string | undefined {
  const id = change.type === 'add' ? change.member.id : change.id
  if (change.type !== 'add' && !members.has(id)) return `node ${id} is not in the cluster`
  switch (change.type) {
    case 'add': {
      // A node removed by this same change still counts: its progress, and in a joint configuration its
      // vote, outlast the change.
      const taken = [...current.members, ...members.values()]
      const clash = taken.find((m) => m.id !== id && m.peerId === change.member.peerId)
      if (clash !== undefined) return `its key already belongs to node ${clash.id}`
      if (taken.some((m) => m.id === id && m.peerId !== change.member.peerId)) {
        // It lost its disk, and with it what it acknowledged; it must not count as the same voter.
        return `node ${id} is a member with another key; remove that one first`
      }
      members.set(id, change.member)
      if (!voters.has(id)) learners.add(id)
      return undefined
    }
    case 'promote':
      learners.delete(id)
      voters.add(id)
      setWish(members, id, true)
      return undefined
    case 'demote':
      voters.delete(id)
      learners.add(id)
      setWish(members, id, false)
      return undefined
    case 'remove':
      voters.delete(id)
      learners.delete(id)
      members.delete(id)
      return undefined
  }
}

/** Whoever is demoted is not to be promoted again by itself, as a new voter is once it has caught up. */
function setWish(members: Map<NodeId, Member>, id: NodeId, voter: boolean): void {
  members.set(id, { ...(members.get(id) as Member), voter })
}

/** The final configuration that a joint one leads to. */
export function leaveJoint(config: ClusterConfig): ClusterConfig {
  assert(isJoint(config), 'leave a configuration that is not joint')
  const stays = new Set([...config.voters, ...config.learners])
  return { ...config, outgoing: [], members: config.members.filter((m) => stays.has(m.id)) }
}

function symmetricDifference<T>(a: Set<T>, b: Set<T>): Set<T> {
  return new Set([...[...a].filter((x) => !b.has(x)), ...[...b].filter((x) => !a.has(x))])
}

function sortMembers(members: readonly Member[]): Member[] {
  return [...members].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

/** The configurations in the log, oldest first; the first one is the snapshot's. */
export class ConfigHistory {
  #versions: { index: number; config: ClusterConfig }[]

  constructor(index: number, config: ClusterConfig) {
    this.#versions = [{ index, config }]
  }

  /** The configuration in force: the last one in the log, committed or not. */
  get current(): ClusterConfig {
    return this.#last.config
  }

  /** Index of the entry that brought {@link current}. */
  get currentIndex(): number {
    return this.#last.index
  }

  /**
   * The configuration before {@link current}. It is committed somewhere: changes are made one at a
   * time, so that only the last one can still be rolled back.
   */
  get previous(): ClusterConfig | undefined {
    return this.#versions.at(-2)?.config
  }

  get #last(): { index: number; config: ClusterConfig } {
    return this.#versions.at(-1) as { index: number; config: ClusterConfig }
  }

  append(index: number, config: ClusterConfig): void {
    assert(index > this.currentIndex, 'configurations are appended in order')
    this.#versions.push({ index, config })
  }

  /** Forgets configurations whose entries at or after `index` left the log. */
  truncateFrom(index: number): void {
    while (this.#versions.length > 1 && this.currentIndex >= index) this.#versions.pop()
    assert(this.currentIndex < index, 'the base configuration is never truncated')
  }

  /** The configuration in force at `index` and the entry it came from. */
  at(index: number): { readonly index: number; readonly config: ClusterConfig } {
    const found = this.#versions.findLast((version) => version.index <= index)
    assert(found !== undefined, `no configuration is known at index ${index}`)
    return found
  }

  /**
   * Everybody whose messages count: the members of the configuration in force at `commit` and of any
   * later one. A removal that is not committed may still be rolled back, by a leader it removes.
   */
  membersSince(commit: number): Member[] {
    const members = new Map<NodeId, Member>()
    const committed = this.at(commit).index
    for (const { index, config } of this.#versions) {
      if (index < committed) continue
      for (const member of config.members) members.set(member.id, member)
    }
    return [...members.values()]
  }

  /** Drops versions that no index at or above `index` can ask for. */
  compactTo(index: number): void {
    const base = this.at(index)
    this.#versions = this.#versions.filter((version) => version.index >= base.index)
  }

  reset(index: number, config: ClusterConfig): void {
    this.#versions = [{ index, config }]
  }
}
