/** What nodes say to each other about joining, and its form on the wire. */

import { DebrosError } from '../base/index.ts'
import type { Member } from '../raft/index.ts'
import {
  CONFIG_MEMBERS_MAX,
  checkName,
  decodeFrame,
  JoinPurpose,
  malformed,
  JoinRequest as WireJoinRequest,
  JoinResponse as WireJoinResponse,
} from '../wire/index.ts'
import { hostPortOf } from './address.ts'
import { memberFromWire } from './raft-codec-config.ts'
import type { PeerAddress } from './types.ts'

/** Of a user's name, and of a password. */
const CREDENTIAL_CHARS_MAX = 1_024

/** Of a user that lets this node in. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** What a node says of itself when it wants to become a member. */
export interface JoinRequest {
  readonly nodeId: string
  readonly peerId: string
  /** `host:port` of its node-to-node listener, as the members are to reach it. */
  readonly address: string
  /** True to vote once it has caught up; false to stay a learner. */
  readonly voter: boolean
  /** The cluster it believes it belongs to; undefined if it never was in one. */
  readonly clusterId: string | undefined
  /** Only asks who the members are, and changes nothing: for a member that lost touch with the others. */
  readonly lookup?: boolean
  /** Shown to whoever lets nodes in. @default none */
  readonly credentials?: Credentials
  /**
   * `notify`: tells a node that may be waiting, too, that this one waits for others to found a cluster with;
   * `claim`: asks for its consent to the founding of `foundingId` by this node. @default to become a member
   */
  readonly founding?: 'notify' | 'claim'
  readonly foundingId?: string
}

/**
 * - `accepted`: the node is in the configuration (as a learner, until it has caught up), which is given;
 *   or, for a lookup, the members as far as the asked node knows;
 * - `redirect`: another node leads, ask that one;
 * - `waiting`: what the asked node says of itself, to one that waits for others to found a cluster with.
 */
export type JoinResponse =
  | {
      readonly type: 'accepted'
      readonly clusterId: string
      readonly members: readonly Member[]
      /** A lookup's answer by a leader that has asked a majority: whoever is not listed is no member. */
      readonly confirmed?: boolean
    }
  | { readonly type: 'redirect'; readonly leader: PeerAddress }
  | WaitingNode

/** A node as another one that waits to found a cluster sees it. */
export interface WaitingNode {
  readonly type: 'waiting'
  readonly nodeId: string
  /** The founding that it tries or has consented to, or the cluster it is a member of. */
  readonly foundingId: string | undefined
  /** It is a member of a cluster. */
  readonly member: boolean
}

/** How credentials are made unreadable on the way, and readable again. */
export type Seal = (credentials: Credentials) => Uint8Array
export type Unseal = (sealed: Uint8Array) => Credentials

export function encodeJoinRequest(request: JoinRequest, seal: Seal): Uint8Array {
  const { clusterId = '', credentials, founding, foundingId = '', ...rest } = request
  const sealedCredentials = credentials === undefined ? new Uint8Array() : seal(credentials)
  const purpose =
    founding === undefined ? JoinPurpose.JOIN : founding === 'notify' ? JoinPurpose.NOTIFY : JoinPurpose.CLAIM
  return WireJoinRequest.encode({ ...rest, sealedCredentials, clusterId, purpose, foundingId })
}

export function joinRequestFromWire(bytes: Uint8Array, peerId: string, unseal: Unseal): JoinRequest {
  const wire = decodeFrame('join request', () => WireJoinRequest.decode(bytes))
  if (wire.peerId !== peerId) {
    throw new DebrosError('JOIN_PEER_MISMATCH', `the request is for ${wire.peerId}, its sender is ${peerId}`)
  }
  hostPortOf(checkName(wire.address, 'address'))
  return {
    nodeId: checkName(wire.nodeId, 'node id'),
    peerId,
    address: wire.address,
    voter: wire.voter,
    clusterId: wire.clusterId === '' ? undefined : checkName(wire.clusterId, 'cluster id'),
    ...(wire.lookup && { lookup: true }),
    ...credentialsFromWire(wire, unseal),
    ...foundingFromWire(wire),
  }
}

function credentialsFromWire(
  { sealedCredentials }: WireJoinRequest,
  unseal: Unseal,
): Pick<JoinRequest, 'credentials'> {
  if (sealedCredentials.length === 0) return {}
  const { username, password } = unseal(sealedCredentials)
  if (username.length > CREDENTIAL_CHARS_MAX || password.length > CREDENTIAL_CHARS_MAX) {
    throw malformed('the length of the credentials')
  }
  return { credentials: { username, password } }
}

function foundingFromWire({
  purpose,
  foundingId,
}: WireJoinRequest): Pick<JoinRequest, 'founding' | 'foundingId'> {
  switch (purpose) {
    case JoinPurpose.NOTIFY:
      return { founding: 'notify' }
    case JoinPurpose.CLAIM:
      return { founding: 'claim', foundingId: checkName(foundingId, 'founding id') }
    case JoinPurpose.JOIN:
      return {}
    default:
      throw malformed('what the join request is for')
  }
}

export function joinResponseToWire(response: JoinResponse): Partial<WireJoinResponse> {
  if (response.type === 'redirect') {
    const { peerId, address } = response.leader
    return { leader: { peerId, address } }
  }
  if (response.type === 'waiting') {
    const { nodeId, foundingId = '', member } = response
    return { waiting: { nodeId, foundingId, member } }
  }
  const { clusterId, confirmed = false } = response
  const members = response.members.map((member) => ({ ...member }))
  return { accepted: true, clusterId, members, confirmed }
}

export function joinResponseFromWire(bytes: Uint8Array): JoinResponse {
  const wire = decodeFrame('join response', () =>
    WireJoinResponse.decode(bytes, { limits: { members: CONFIG_MEMBERS_MAX } }),
  )
  if (wire.accepted) {
    const members = wire.members.map(memberFromWire)
    const clusterId = checkName(wire.clusterId, 'cluster id')
    return { type: 'accepted', clusterId, members, ...(wire.confirmed && { confirmed: true }) }
  }
  const { leader, waiting } = wire
  if (waiting !== undefined) {
    const { nodeId, foundingId, member } = waiting
    return {
      type: 'waiting',
      nodeId: checkName(nodeId, 'node id'),
      foundingId: foundingId === '' ? undefined : checkName(foundingId, 'founding id'),
      member,
    }
  }
  if (leader === undefined) throw malformed('a join response that neither accepts nor redirects')
  return {
    type: 'redirect',
    leader: { peerId: checkName(leader.peerId, 'peer id'), address: checkName(leader.address, 'address') },
  }
}
