// @ts-nocheck
// Generated from proto/join.proto by scripts/generate-proto.ts; do not edit.
import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface JoinChallengeRequest {
  joinerNonce: Uint8Array
}

export namespace JoinChallengeRequest {
  let _codec: Codec<JoinChallengeRequest>

  export const codec = (): Codec<JoinChallengeRequest> => {
    if (_codec == null) {
      _codec = message<JoinChallengeRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.joinerNonce != null && obj.joinerNonce.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.joinerNonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          joinerNonce: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.joinerNonce = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.joinerNonce`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinChallengeRequestJoinerNonceFieldEvent {
    field: '$.joinerNonce'
    value: Uint8Array
  }

  export function encode (obj: Partial<JoinChallengeRequest>): Uint8Array {
    return encodeMessage(obj, JoinChallengeRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinChallengeRequest>): JoinChallengeRequest {
    return decodeMessage(buf, JoinChallengeRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinChallengeRequest>): Generator<JoinChallengeRequestJoinerNonceFieldEvent> {
    return streamMessage(buf, JoinChallengeRequest.codec(), opts)
  }
}

export interface JoinChallengeResponse {
  memberNonce: Uint8Array
}

export namespace JoinChallengeResponse {
  let _codec: Codec<JoinChallengeResponse>

  export const codec = (): Codec<JoinChallengeResponse> => {
    if (_codec == null) {
      _codec = message<JoinChallengeResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.memberNonce != null && obj.memberNonce.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.memberNonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          memberNonce: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.memberNonce = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.memberNonce`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinChallengeResponseMemberNonceFieldEvent {
    field: '$.memberNonce'
    value: Uint8Array
  }

  export function encode (obj: Partial<JoinChallengeResponse>): Uint8Array {
    return encodeMessage(obj, JoinChallengeResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinChallengeResponse>): JoinChallengeResponse {
    return decodeMessage(buf, JoinChallengeResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinChallengeResponse>): Generator<JoinChallengeResponseMemberNonceFieldEvent> {
    return streamMessage(buf, JoinChallengeResponse.codec(), opts)
  }
}

export interface JoinProofRequest {
  joinerNonce: Uint8Array
  memberNonce: Uint8Array
  proof: Uint8Array
  request: Uint8Array
}

export namespace JoinProofRequest {
  let _codec: Codec<JoinProofRequest>

  export const codec = (): Codec<JoinProofRequest> => {
    if (_codec == null) {
      _codec = message<JoinProofRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.joinerNonce != null && obj.joinerNonce.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.joinerNonce)
        }

        if ((obj.memberNonce != null && obj.memberNonce.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.memberNonce)
        }

        if ((obj.proof != null && obj.proof.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.proof)
        }

        if ((obj.request != null && obj.request.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.request)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          joinerNonce: uint8ArrayAlloc(0),
          memberNonce: uint8ArrayAlloc(0),
          proof: uint8ArrayAlloc(0),
          request: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.joinerNonce = reader.bytes()
              break
            }
            case 2: {
              obj.memberNonce = reader.bytes()
              break
            }
            case 3: {
              obj.proof = reader.bytes()
              break
            }
            case 4: {
              obj.request = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.joinerNonce`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.memberNonce`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.proof`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinProofRequestJoinerNonceFieldEvent {
    field: '$.joinerNonce'
    value: Uint8Array
  }

  export interface JoinProofRequestMemberNonceFieldEvent {
    field: '$.memberNonce'
    value: Uint8Array
  }

  export interface JoinProofRequestProofFieldEvent {
    field: '$.proof'
    value: Uint8Array
  }

  export interface JoinProofRequestRequestFieldEvent {
    field: '$.request'
    value: Uint8Array
  }

  export function encode (obj: Partial<JoinProofRequest>): Uint8Array {
    return encodeMessage(obj, JoinProofRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinProofRequest>): JoinProofRequest {
    return decodeMessage(buf, JoinProofRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinProofRequest>): Generator<JoinProofRequestJoinerNonceFieldEvent | JoinProofRequestMemberNonceFieldEvent | JoinProofRequestProofFieldEvent | JoinProofRequestRequestFieldEvent> {
    return streamMessage(buf, JoinProofRequest.codec(), opts)
  }
}

export interface JoinProofResponse {
  proof: Uint8Array
  response: Uint8Array
}

export namespace JoinProofResponse {
  let _codec: Codec<JoinProofResponse>

  export const codec = (): Codec<JoinProofResponse> => {
    if (_codec == null) {
      _codec = message<JoinProofResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.proof != null && obj.proof.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.proof)
        }

        if ((obj.response != null && obj.response.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.response)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          proof: uint8ArrayAlloc(0),
          response: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.proof = reader.bytes()
              break
            }
            case 2: {
              obj.response = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.proof`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.response`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinProofResponseProofFieldEvent {
    field: '$.proof'
    value: Uint8Array
  }

  export interface JoinProofResponseResponseFieldEvent {
    field: '$.response'
    value: Uint8Array
  }

  export function encode (obj: Partial<JoinProofResponse>): Uint8Array {
    return encodeMessage(obj, JoinProofResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinProofResponse>): JoinProofResponse {
    return decodeMessage(buf, JoinProofResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinProofResponse>): Generator<JoinProofResponseProofFieldEvent | JoinProofResponseResponseFieldEvent> {
    return streamMessage(buf, JoinProofResponse.codec(), opts)
  }
}

export interface JoinRequest {
  nodeId: string
  peerId: string
  address: string
  voter: boolean
  clusterId: string
  lookup: boolean
  sealedCredentials: Uint8Array
  purpose: JoinPurpose
  foundingId: string
}

export namespace JoinRequest {
  let _codec: Codec<JoinRequest>

  export const codec = (): Codec<JoinRequest> => {
    if (_codec == null) {
      _codec = message<JoinRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nodeId != null && obj.nodeId !== '')) {
          w.uint32(10)
          w.string(obj.nodeId)
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(18)
          w.string(obj.peerId)
        }

        if ((obj.address != null && obj.address !== '')) {
          w.uint32(26)
          w.string(obj.address)
        }

        if ((obj.voter != null && obj.voter !== false)) {
          w.uint32(32)
          w.bool(obj.voter)
        }

        if ((obj.clusterId != null && obj.clusterId !== '')) {
          w.uint32(42)
          w.string(obj.clusterId)
        }

        if ((obj.lookup != null && obj.lookup !== false)) {
          w.uint32(48)
          w.bool(obj.lookup)
        }

        if ((obj.sealedCredentials != null && obj.sealedCredentials.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.sealedCredentials)
        }

        if (obj.purpose != null && __JoinPurposeValues[obj.purpose] !== 0) {
          w.uint32(72)
          JoinPurpose.codec().encode(obj.purpose, w)
        }

        if ((obj.foundingId != null && obj.foundingId !== '')) {
          w.uint32(82)
          w.string(obj.foundingId)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nodeId: '',
          peerId: '',
          address: '',
          voter: false,
          clusterId: '',
          lookup: false,
          sealedCredentials: uint8ArrayAlloc(0),
          purpose: JoinPurpose.JOIN,
          foundingId: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nodeId = reader.string()
              break
            }
            case 2: {
              obj.peerId = reader.string()
              break
            }
            case 3: {
              obj.address = reader.string()
              break
            }
            case 4: {
              obj.voter = reader.bool()
              break
            }
            case 5: {
              obj.clusterId = reader.string()
              break
            }
            case 6: {
              obj.lookup = reader.bool()
              break
            }
            case 7: {
              obj.sealedCredentials = reader.bytes()
              break
            }
            case 9: {
              obj.purpose = JoinPurpose.codec().decode(reader)
              break
            }
            case 10: {
              obj.foundingId = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.nodeId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.address`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.voter`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.clusterId`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.lookup`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.sealedCredentials`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.purpose`,
                value: JoinPurpose.codec().decode(reader)
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.foundingId`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinRequestNodeIdFieldEvent {
    field: '$.nodeId'
    value: string
  }

  export interface JoinRequestPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface JoinRequestAddressFieldEvent {
    field: '$.address'
    value: string
  }

  export interface JoinRequestVoterFieldEvent {
    field: '$.voter'
    value: boolean
  }

  export interface JoinRequestClusterIdFieldEvent {
    field: '$.clusterId'
    value: string
  }

  export interface JoinRequestLookupFieldEvent {
    field: '$.lookup'
    value: boolean
  }

  export interface JoinRequestSealedCredentialsFieldEvent {
    field: '$.sealedCredentials'
    value: Uint8Array
  }

  export interface JoinRequestPurposeFieldEvent {
    field: '$.purpose'
    value: JoinPurpose
  }

  export interface JoinRequestFoundingIdFieldEvent {
    field: '$.foundingId'
    value: string
  }

  export function encode (obj: Partial<JoinRequest>): Uint8Array {
    return encodeMessage(obj, JoinRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinRequest>): JoinRequest {
    return decodeMessage(buf, JoinRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinRequest>): Generator<JoinRequestNodeIdFieldEvent | JoinRequestPeerIdFieldEvent | JoinRequestAddressFieldEvent | JoinRequestVoterFieldEvent | JoinRequestClusterIdFieldEvent | JoinRequestLookupFieldEvent | JoinRequestSealedCredentialsFieldEvent | JoinRequestPurposeFieldEvent | JoinRequestFoundingIdFieldEvent> {
    return streamMessage(buf, JoinRequest.codec(), opts)
  }
}

export interface JoinCredentials {
  username: string
  password: string
}

export namespace JoinCredentials {
  let _codec: Codec<JoinCredentials>

  export const codec = (): Codec<JoinCredentials> => {
    if (_codec == null) {
      _codec = message<JoinCredentials>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.username != null && obj.username !== '')) {
          w.uint32(10)
          w.string(obj.username)
        }

        if ((obj.password != null && obj.password !== '')) {
          w.uint32(18)
          w.string(obj.password)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          username: '',
          password: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.username = reader.string()
              break
            }
            case 2: {
              obj.password = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.username`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.password`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinCredentialsUsernameFieldEvent {
    field: '$.username'
    value: string
  }

  export interface JoinCredentialsPasswordFieldEvent {
    field: '$.password'
    value: string
  }

  export function encode (obj: Partial<JoinCredentials>): Uint8Array {
    return encodeMessage(obj, JoinCredentials.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinCredentials>): JoinCredentials {
    return decodeMessage(buf, JoinCredentials.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinCredentials>): Generator<JoinCredentialsUsernameFieldEvent | JoinCredentialsPasswordFieldEvent> {
    return streamMessage(buf, JoinCredentials.codec(), opts)
  }
}

export enum JoinPurpose {
  JOIN = 'JOIN',
  NOTIFY = 'NOTIFY',
  CLAIM = 'CLAIM'
}

enum __JoinPurposeValues {
  JOIN = 0,
  NOTIFY = 1,
  CLAIM = 2
}

export namespace JoinPurpose {
  export const codec = (): Codec<JoinPurpose> => {
    return enumeration<JoinPurpose>(__JoinPurposeValues)
  }
}

export interface JoinResponse {
  accepted: boolean
  clusterId: string
  leader?: JoinLeader
  members: JoinMember[]
  confirmed: boolean
  waiting?: JoinWaiting
}

export namespace JoinResponse {
  let _codec: Codec<JoinResponse>

  export const codec = (): Codec<JoinResponse> => {
    if (_codec == null) {
      _codec = message<JoinResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.accepted != null && obj.accepted !== false)) {
          w.uint32(8)
          w.bool(obj.accepted)
        }

        if ((obj.clusterId != null && obj.clusterId !== '')) {
          w.uint32(18)
          w.string(obj.clusterId)
        }

        if (obj.leader != null) {
          w.uint32(26)
          JoinLeader.codec().encode(obj.leader, w)
        }

        if (obj.members != null && obj.members.length > 0) {
          for (const value of obj.members) {
            w.uint32(34)
            JoinMember.codec().encode(value, w)
          }
        }

        if ((obj.confirmed != null && obj.confirmed !== false)) {
          w.uint32(40)
          w.bool(obj.confirmed)
        }

        if (obj.waiting != null) {
          w.uint32(50)
          JoinWaiting.codec().encode(obj.waiting, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          accepted: false,
          clusterId: '',
          members: [],
          confirmed: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.accepted = reader.bool()
              break
            }
            case 2: {
              obj.clusterId = reader.string()
              break
            }
            case 3: {
              obj.leader = JoinLeader.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.leader
              })
              break
            }
            case 4: {
              if (opts.limits?.members != null && obj.members.length === opts.limits.members) {
                throw new MaxLengthError('Decode error - repeated field "members" had too many elements')
              }

              obj.members.push(JoinMember.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.members$
              }))
              break
            }
            case 5: {
              obj.confirmed = reader.bool()
              break
            }
            case 6: {
              obj.waiting = JoinWaiting.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.waiting
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          members: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.accepted`,
                value: reader.bool()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.clusterId`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield * JoinLeader.codec().stream(reader, reader.uint32(), `${prefix}.leader`, {
                limits: opts.limits?.leader
              })

              break
            }
            case 4: {
              if (opts.limits?.members != null && obj.members === opts.limits.members) {
                throw new MaxLengthError('Streaming decode error - repeated field "members" had too many elements')
              }

              for (const evt of JoinMember.codec().stream(reader, reader.uint32(), `${prefix}.members[]`, {
                limits: opts.limits?.members$
              })) {
                yield {
                  ...evt,
                  index: obj.members
                }
              }

              obj.members++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.confirmed`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              yield * JoinWaiting.codec().stream(reader, reader.uint32(), `${prefix}.waiting`, {
                limits: opts.limits?.waiting
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinResponseAcceptedFieldEvent {
    field: '$.accepted'
    value: boolean
  }

  export interface JoinResponseClusterIdFieldEvent {
    field: '$.clusterId'
    value: string
  }

  export interface JoinResponseLeaderPeerIdFieldEvent {
    field: '$.leader.peerId'
    value: string
  }

  export interface JoinResponseLeaderAddressFieldEvent {
    field: '$.leader.address'
    value: string
  }

  export interface JoinResponseMembersIdFieldEvent {
    field: '$.members[].id'
    value: string
    index: number
  }

  export interface JoinResponseMembersPeerIdFieldEvent {
    field: '$.members[].peerId'
    value: string
    index: number
  }

  export interface JoinResponseMembersAddressFieldEvent {
    field: '$.members[].address'
    value: string
    index: number
  }

  export interface JoinResponseMembersVoterFieldEvent {
    field: '$.members[].voter'
    value: boolean
    index: number
  }

  export interface JoinResponseConfirmedFieldEvent {
    field: '$.confirmed'
    value: boolean
  }

  export interface JoinResponseWaitingNodeIdFieldEvent {
    field: '$.waiting.nodeId'
    value: string
  }

  export interface JoinResponseWaitingFoundingIdFieldEvent {
    field: '$.waiting.foundingId'
    value: string
  }

  export interface JoinResponseWaitingMemberFieldEvent {
    field: '$.waiting.member'
    value: boolean
  }

  export function encode (obj: Partial<JoinResponse>): Uint8Array {
    return encodeMessage(obj, JoinResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinResponse>): JoinResponse {
    return decodeMessage(buf, JoinResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinResponse>): Generator<JoinResponseAcceptedFieldEvent | JoinResponseClusterIdFieldEvent | JoinResponseLeaderPeerIdFieldEvent | JoinResponseLeaderAddressFieldEvent | JoinResponseMembersIdFieldEvent | JoinResponseMembersPeerIdFieldEvent | JoinResponseMembersAddressFieldEvent | JoinResponseMembersVoterFieldEvent | JoinResponseConfirmedFieldEvent | JoinResponseWaitingNodeIdFieldEvent | JoinResponseWaitingFoundingIdFieldEvent | JoinResponseWaitingMemberFieldEvent> {
    return streamMessage(buf, JoinResponse.codec(), opts)
  }
}

export interface JoinWaiting {
  nodeId: string
  foundingId: string
  member: boolean
}

export namespace JoinWaiting {
  let _codec: Codec<JoinWaiting>

  export const codec = (): Codec<JoinWaiting> => {
    if (_codec == null) {
      _codec = message<JoinWaiting>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nodeId != null && obj.nodeId !== '')) {
          w.uint32(10)
          w.string(obj.nodeId)
        }

        if ((obj.foundingId != null && obj.foundingId !== '')) {
          w.uint32(18)
          w.string(obj.foundingId)
        }

        if ((obj.member != null && obj.member !== false)) {
          w.uint32(24)
          w.bool(obj.member)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nodeId: '',
          foundingId: '',
          member: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nodeId = reader.string()
              break
            }
            case 2: {
              obj.foundingId = reader.string()
              break
            }
            case 3: {
              obj.member = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.nodeId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.foundingId`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.member`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinWaitingNodeIdFieldEvent {
    field: '$.nodeId'
    value: string
  }

  export interface JoinWaitingFoundingIdFieldEvent {
    field: '$.foundingId'
    value: string
  }

  export interface JoinWaitingMemberFieldEvent {
    field: '$.member'
    value: boolean
  }

  export function encode (obj: Partial<JoinWaiting>): Uint8Array {
    return encodeMessage(obj, JoinWaiting.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinWaiting>): JoinWaiting {
    return decodeMessage(buf, JoinWaiting.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinWaiting>): Generator<JoinWaitingNodeIdFieldEvent | JoinWaitingFoundingIdFieldEvent | JoinWaitingMemberFieldEvent> {
    return streamMessage(buf, JoinWaiting.codec(), opts)
  }
}

export interface JoinLeader {
  peerId: string
  address: string
}

export namespace JoinLeader {
  let _codec: Codec<JoinLeader>

  export const codec = (): Codec<JoinLeader> => {
    if (_codec == null) {
      _codec = message<JoinLeader>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(10)
          w.string(obj.peerId)
        }

        if ((obj.address != null && obj.address !== '')) {
          w.uint32(18)
          w.string(obj.address)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          address: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerId = reader.string()
              break
            }
            case 2: {
              obj.address = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.address`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinLeaderPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface JoinLeaderAddressFieldEvent {
    field: '$.address'
    value: string
  }

  export function encode (obj: Partial<JoinLeader>): Uint8Array {
    return encodeMessage(obj, JoinLeader.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinLeader>): JoinLeader {
    return decodeMessage(buf, JoinLeader.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinLeader>): Generator<JoinLeaderPeerIdFieldEvent | JoinLeaderAddressFieldEvent> {
    return streamMessage(buf, JoinLeader.codec(), opts)
  }
}

export interface JoinMember {
  id: string
  peerId: string
  address: string
  voter: boolean
}

export namespace JoinMember {
  let _codec: Codec<JoinMember>

  export const codec = (): Codec<JoinMember> => {
    if (_codec == null) {
      _codec = message<JoinMember>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(10)
          w.string(obj.id)
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(18)
          w.string(obj.peerId)
        }

        if ((obj.address != null && obj.address !== '')) {
          w.uint32(26)
          w.string(obj.address)
        }

        if ((obj.voter != null && obj.voter !== false)) {
          w.uint32(32)
          w.bool(obj.voter)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          peerId: '',
          address: '',
          voter: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.string()
              break
            }
            case 2: {
              obj.peerId = reader.string()
              break
            }
            case 3: {
              obj.address = reader.string()
              break
            }
            case 4: {
              obj.voter = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.address`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.voter`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface JoinMemberIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface JoinMemberPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface JoinMemberAddressFieldEvent {
    field: '$.address'
    value: string
  }

  export interface JoinMemberVoterFieldEvent {
    field: '$.voter'
    value: boolean
  }

  export function encode (obj: Partial<JoinMember>): Uint8Array {
    return encodeMessage(obj, JoinMember.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinMember>): JoinMember {
    return decodeMessage(buf, JoinMember.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinMember>): Generator<JoinMemberIdFieldEvent | JoinMemberPeerIdFieldEvent | JoinMemberAddressFieldEvent | JoinMemberVoterFieldEvent> {
    return streamMessage(buf, JoinMember.codec(), opts)
  }
}
