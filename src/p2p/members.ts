import type { PeerAddress } from './types.ts'

/** A member as the transport needs it: its node id, its key, and where it listens. */
export interface MemberPeer extends PeerAddress {
  readonly id: string
}

/**
 * The peers of the current Raft configuration. One table is shared by everything that asks who is a
 * member, and replaced as a whole by the Raft transport's `setMembers`.
 */
export class MemberTable {
  #byId = new Map<string, MemberPeer>()
  #byPeerId = new Map<string, MemberPeer>()

  replace(members: readonly MemberPeer[]): void {
    this.#byId = new Map(members.map((member) => [member.id, member]))
    this.#byPeerId = new Map(members.map((member) => [member.peerId, member]))
  }

  has(peerId: string): boolean {
    return this.#byPeerId.has(peerId)
  }

  byPeerId(peerId: string): MemberPeer | undefined {
    return this.#byPeerId.get(peerId)
  }

  byId(id: string): MemberPeer | undefined {
    return this.#byId.get(id)
  }

  list(): readonly MemberPeer[] {
    return [...this.#byId.values()]
  }
}
