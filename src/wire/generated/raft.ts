// @ts-nocheck
// Generated from proto/raft.proto by scripts/generate-proto.ts; do not edit.
/* eslint-disable require-yield */

import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Hello {
  version: number
  clusterId: string
  from: string
  to: string
}

export namespace Hello {
  let _codec: Codec<Hello>

  export const codec = (): Codec<Hello> => {
    if (_codec == null) {
      _codec = message<Hello>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint32(obj.version)
        }

        if ((obj.clusterId != null && obj.clusterId !== '')) {
          w.uint32(18)
          w.string(obj.clusterId)
        }

        if ((obj.from != null && obj.from !== '')) {
          w.uint32(26)
          w.string(obj.from)
        }

        if ((obj.to != null && obj.to !== '')) {
          w.uint32(34)
          w.string(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0,
          clusterId: '',
          from: '',
          to: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint32()
              break
            }
            case 2: {
              obj.clusterId = reader.string()
              break
            }
            case 3: {
              obj.from = reader.string()
              break
            }
            case 4: {
              obj.to = reader.string()
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
                field: `${prefix}.version`,
                value: reader.uint32()
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
              yield {
                field: `${prefix}.from`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.to`,
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

  export interface HelloVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface HelloClusterIdFieldEvent {
    field: '$.clusterId'
    value: string
  }

  export interface HelloFromFieldEvent {
    field: '$.from'
    value: string
  }

  export interface HelloToFieldEvent {
    field: '$.to'
    value: string
  }

  export function encode (obj: Partial<Hello>): Uint8Array {
    return encodeMessage(obj, Hello.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello {
    return decodeMessage(buf, Hello.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloVersionFieldEvent | HelloClusterIdFieldEvent | HelloFromFieldEvent | HelloToFieldEvent> {
    return streamMessage(buf, Hello.codec(), opts)
  }
}

export interface StreamReply {
  welcome?: Welcome
  pong?: number
  snapshotConsumed?: number
  snapshotStored?: SnapshotStored
  snapshotRefused?: string
  snapshotOffset?: number
}

export namespace StreamReply {
  let _codec: Codec<StreamReply>

  export const codec = (): Codec<StreamReply> => {
    if (_codec == null) {
      _codec = message<StreamReply>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.snapshotOffset != null) {
          obj.snapshotRefused = undefined
          obj.snapshotStored = undefined
          obj.snapshotConsumed = undefined
          obj.pong = undefined
          obj.welcome = undefined
        }

        if (obj.snapshotRefused != null) {
          obj.snapshotOffset = undefined
          obj.snapshotStored = undefined
          obj.snapshotConsumed = undefined
          obj.pong = undefined
          obj.welcome = undefined
        }

        if (obj.snapshotStored != null) {
          obj.snapshotOffset = undefined
          obj.snapshotRefused = undefined
          obj.snapshotConsumed = undefined
          obj.pong = undefined
          obj.welcome = undefined
        }

        if (obj.snapshotConsumed != null) {
          obj.snapshotOffset = undefined
          obj.snapshotRefused = undefined
          obj.snapshotStored = undefined
          obj.pong = undefined
          obj.welcome = undefined
        }

        if (obj.pong != null) {
          obj.snapshotOffset = undefined
          obj.snapshotRefused = undefined
          obj.snapshotStored = undefined
          obj.snapshotConsumed = undefined
          obj.welcome = undefined
        }

        if (obj.welcome != null) {
          obj.snapshotOffset = undefined
          obj.snapshotRefused = undefined
          obj.snapshotStored = undefined
          obj.snapshotConsumed = undefined
          obj.pong = undefined
        }

        if (obj.welcome != null) {
          w.uint32(10)
          Welcome.codec().encode(obj.welcome, w)
        }

        if (obj.pong != null) {
          w.uint32(16)
          w.uint64Number(obj.pong)
        }

        if (obj.snapshotConsumed != null) {
          w.uint32(24)
          w.uint64Number(obj.snapshotConsumed)
        }

        if (obj.snapshotStored != null) {
          w.uint32(34)
          SnapshotStored.codec().encode(obj.snapshotStored, w)
        }

        if (obj.snapshotRefused != null) {
          w.uint32(42)
          w.string(obj.snapshotRefused)
        }

        if (obj.snapshotOffset != null) {
          w.uint32(48)
          w.uint64Number(obj.snapshotOffset)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.welcome = Welcome.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.welcome
              })
              break
            }
            case 2: {
              obj.pong = reader.uint64Number()
              break
            }
            case 3: {
              obj.snapshotConsumed = reader.uint64Number()
              break
            }
            case 4: {
              obj.snapshotStored = SnapshotStored.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.snapshotStored
              })
              break
            }
            case 5: {
              obj.snapshotRefused = reader.string()
              break
            }
            case 6: {
              obj.snapshotOffset = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.snapshotOffset != null) {
          delete obj.snapshotRefused
          delete obj.snapshotStored
          delete obj.snapshotConsumed
          delete obj.pong
          delete obj.welcome
        }

        if (obj.snapshotRefused != null) {
          delete obj.snapshotOffset
          delete obj.snapshotStored
          delete obj.snapshotConsumed
          delete obj.pong
          delete obj.welcome
        }

        if (obj.snapshotStored != null) {
          delete obj.snapshotOffset
          delete obj.snapshotRefused
          delete obj.snapshotConsumed
          delete obj.pong
          delete obj.welcome
        }

        if (obj.snapshotConsumed != null) {
          delete obj.snapshotOffset
          delete obj.snapshotRefused
          delete obj.snapshotStored
          delete obj.pong
          delete obj.welcome
        }

        if (obj.pong != null) {
          delete obj.snapshotOffset
          delete obj.snapshotRefused
          delete obj.snapshotStored
          delete obj.snapshotConsumed
          delete obj.welcome
        }

        if (obj.welcome != null) {
          delete obj.snapshotOffset
          delete obj.snapshotRefused
          delete obj.snapshotStored
          delete obj.snapshotConsumed
          delete obj.pong
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Welcome.codec().stream(reader, reader.uint32(), `${prefix}.welcome`, {
                limits: opts.limits?.welcome
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.pong`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.snapshotConsumed`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield * SnapshotStored.codec().stream(reader, reader.uint32(), `${prefix}.snapshotStored`, {
                limits: opts.limits?.snapshotStored
              })

              break
            }
            case 5: {
              yield {
                field: `${prefix}.snapshotRefused`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.snapshotOffset`,
                value: reader.uint64Number()
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

  export interface StreamReplyWelcomeVersionFieldEvent {
    field: '$.welcome.version'
    value: number
  }

  export interface StreamReplyPongFieldEvent {
    field: '$.pong'
    value: number
  }

  export interface StreamReplySnapshotConsumedFieldEvent {
    field: '$.snapshotConsumed'
    value: number
  }

  export interface StreamReplySnapshotRefusedFieldEvent {
    field: '$.snapshotRefused'
    value: string
  }

  export interface StreamReplySnapshotOffsetFieldEvent {
    field: '$.snapshotOffset'
    value: number
  }

  export function encode (obj: Partial<StreamReply>): Uint8Array {
    return encodeMessage(obj, StreamReply.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StreamReply>): StreamReply {
    return decodeMessage(buf, StreamReply.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StreamReply>): Generator<StreamReplyWelcomeVersionFieldEvent | StreamReplyPongFieldEvent | StreamReplySnapshotConsumedFieldEvent | StreamReplySnapshotRefusedFieldEvent | StreamReplySnapshotOffsetFieldEvent> {
    return streamMessage(buf, StreamReply.codec(), opts)
  }
}

export interface Welcome {
  version: number
}

export namespace Welcome {
  let _codec: Codec<Welcome>

  export const codec = (): Codec<Welcome> => {
    if (_codec == null) {
      _codec = message<Welcome>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint32(obj.version)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint32()
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
                field: `${prefix}.version`,
                value: reader.uint32()
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

  export interface WelcomeVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export function encode (obj: Partial<Welcome>): Uint8Array {
    return encodeMessage(obj, Welcome.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome {
    return decodeMessage(buf, Welcome.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Generator<WelcomeVersionFieldEvent> {
    return streamMessage(buf, Welcome.codec(), opts)
  }
}

export interface SnapshotStored {}

export namespace SnapshotStored {
  let _codec: Codec<SnapshotStored>

  export const codec = (): Codec<SnapshotStored> => {
    if (_codec == null) {
      _codec = message<SnapshotStored>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
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

  export function encode (obj: Partial<SnapshotStored>): Uint8Array {
    return encodeMessage(obj, SnapshotStored.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotStored>): SnapshotStored {
    return decodeMessage(buf, SnapshotStored.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotStored>): Generator<{}> {
    return streamMessage(buf, SnapshotStored.codec(), opts)
  }
}

export interface ControlFrame {
  group: number
  term: number
  preVote?: VoteRequest
  vote?: VoteRequest
  preVoteResponse?: VoteResponse
  voteResponse?: VoteResponse
  appendResponse?: AppendResponse
  heartbeat?: Heartbeat
  heartbeatResponse?: HeartbeatResponse
  timeoutNow?: TimeoutNow
  readIndex?: ReadIndex
  readIndexResponse?: ReadIndexResponse
  ping?: number
}

export namespace ControlFrame {
  let _codec: Codec<ControlFrame>

  export const codec = (): Codec<ControlFrame> => {
    if (_codec == null) {
      _codec = message<ControlFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.ping != null) {
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.readIndexResponse != null) {
          obj.ping = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.readIndex != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.timeoutNow != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.heartbeatResponse != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.heartbeat != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.appendResponse != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.voteResponse != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.preVoteResponse != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.vote = undefined
          obj.preVote = undefined
        }

        if (obj.vote != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.preVote = undefined
        }

        if (obj.preVote != null) {
          obj.ping = undefined
          obj.readIndexResponse = undefined
          obj.readIndex = undefined
          obj.timeoutNow = undefined
          obj.heartbeatResponse = undefined
          obj.heartbeat = undefined
          obj.appendResponse = undefined
          obj.voteResponse = undefined
          obj.preVoteResponse = undefined
          obj.vote = undefined
        }

        if ((obj.group != null && obj.group !== 0)) {
          w.uint32(8)
          w.uint32(obj.group)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.term)
        }

        if (obj.preVote != null) {
          w.uint32(26)
          VoteRequest.codec().encode(obj.preVote, w)
        }

        if (obj.vote != null) {
          w.uint32(34)
          VoteRequest.codec().encode(obj.vote, w)
        }

        if (obj.preVoteResponse != null) {
          w.uint32(42)
          VoteResponse.codec().encode(obj.preVoteResponse, w)
        }

        if (obj.voteResponse != null) {
          w.uint32(50)
          VoteResponse.codec().encode(obj.voteResponse, w)
        }

        if (obj.appendResponse != null) {
          w.uint32(58)
          AppendResponse.codec().encode(obj.appendResponse, w)
        }

        if (obj.heartbeat != null) {
          w.uint32(66)
          Heartbeat.codec().encode(obj.heartbeat, w)
        }

        if (obj.heartbeatResponse != null) {
          w.uint32(74)
          HeartbeatResponse.codec().encode(obj.heartbeatResponse, w)
        }

        if (obj.timeoutNow != null) {
          w.uint32(82)
          TimeoutNow.codec().encode(obj.timeoutNow, w)
        }

        if (obj.readIndex != null) {
          w.uint32(90)
          ReadIndex.codec().encode(obj.readIndex, w)
        }

        if (obj.readIndexResponse != null) {
          w.uint32(98)
          ReadIndexResponse.codec().encode(obj.readIndexResponse, w)
        }

        if (obj.ping != null) {
          w.uint32(104)
          w.uint64Number(obj.ping)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: 0,
          term: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.uint32()
              break
            }
            case 2: {
              obj.term = reader.uint64Number()
              break
            }
            case 3: {
              obj.preVote = VoteRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.preVote
              })
              break
            }
            case 4: {
              obj.vote = VoteRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.vote
              })
              break
            }
            case 5: {
              obj.preVoteResponse = VoteResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.preVoteResponse
              })
              break
            }
            case 6: {
              obj.voteResponse = VoteResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.voteResponse
              })
              break
            }
            case 7: {
              obj.appendResponse = AppendResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.appendResponse
              })
              break
            }
            case 8: {
              obj.heartbeat = Heartbeat.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.heartbeat
              })
              break
            }
            case 9: {
              obj.heartbeatResponse = HeartbeatResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.heartbeatResponse
              })
              break
            }
            case 10: {
              obj.timeoutNow = TimeoutNow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.timeoutNow
              })
              break
            }
            case 11: {
              obj.readIndex = ReadIndex.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.readIndex
              })
              break
            }
            case 12: {
              obj.readIndexResponse = ReadIndexResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.readIndexResponse
              })
              break
            }
            case 13: {
              obj.ping = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.ping != null) {
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.readIndexResponse != null) {
          delete obj.ping
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.readIndex != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.timeoutNow != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.heartbeatResponse != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.heartbeat != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.appendResponse != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.voteResponse != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.preVoteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.preVoteResponse != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.vote
          delete obj.preVote
        }

        if (obj.vote != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.preVote
        }

        if (obj.preVote != null) {
          delete obj.ping
          delete obj.readIndexResponse
          delete obj.readIndex
          delete obj.timeoutNow
          delete obj.heartbeatResponse
          delete obj.heartbeat
          delete obj.appendResponse
          delete obj.voteResponse
          delete obj.preVoteResponse
          delete obj.vote
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield * VoteRequest.codec().stream(reader, reader.uint32(), `${prefix}.preVote`, {
                limits: opts.limits?.preVote
              })

              break
            }
            case 4: {
              yield * VoteRequest.codec().stream(reader, reader.uint32(), `${prefix}.vote`, {
                limits: opts.limits?.vote
              })

              break
            }
            case 5: {
              yield * VoteResponse.codec().stream(reader, reader.uint32(), `${prefix}.preVoteResponse`, {
                limits: opts.limits?.preVoteResponse
              })

              break
            }
            case 6: {
              yield * VoteResponse.codec().stream(reader, reader.uint32(), `${prefix}.voteResponse`, {
                limits: opts.limits?.voteResponse
              })

              break
            }
            case 7: {
              yield * AppendResponse.codec().stream(reader, reader.uint32(), `${prefix}.appendResponse`, {
                limits: opts.limits?.appendResponse
              })

              break
            }
            case 8: {
              yield * Heartbeat.codec().stream(reader, reader.uint32(), `${prefix}.heartbeat`, {
                limits: opts.limits?.heartbeat
              })

              break
            }
            case 9: {
              yield * HeartbeatResponse.codec().stream(reader, reader.uint32(), `${prefix}.heartbeatResponse`, {
                limits: opts.limits?.heartbeatResponse
              })

              break
            }
            case 10: {
              yield * TimeoutNow.codec().stream(reader, reader.uint32(), `${prefix}.timeoutNow`, {
                limits: opts.limits?.timeoutNow
              })

              break
            }
            case 11: {
              yield * ReadIndex.codec().stream(reader, reader.uint32(), `${prefix}.readIndex`, {
                limits: opts.limits?.readIndex
              })

              break
            }
            case 12: {
              yield * ReadIndexResponse.codec().stream(reader, reader.uint32(), `${prefix}.readIndexResponse`, {
                limits: opts.limits?.readIndexResponse
              })

              break
            }
            case 13: {
              yield {
                field: `${prefix}.ping`,
                value: reader.uint64Number()
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

  export interface ControlFrameGroupFieldEvent {
    field: '$.group'
    value: number
  }

  export interface ControlFrameTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface ControlFramePreVoteLastIndexFieldEvent {
    field: '$.preVote.lastIndex'
    value: number
  }

  export interface ControlFramePreVoteLastTermFieldEvent {
    field: '$.preVote.lastTerm'
    value: number
  }

  export interface ControlFramePreVoteTransferFieldEvent {
    field: '$.preVote.transfer'
    value: boolean
  }

  export interface ControlFrameVoteLastIndexFieldEvent {
    field: '$.vote.lastIndex'
    value: number
  }

  export interface ControlFrameVoteLastTermFieldEvent {
    field: '$.vote.lastTerm'
    value: number
  }

  export interface ControlFrameVoteTransferFieldEvent {
    field: '$.vote.transfer'
    value: boolean
  }

  export interface ControlFramePreVoteResponseGrantedFieldEvent {
    field: '$.preVoteResponse.granted'
    value: boolean
  }

  export interface ControlFrameVoteResponseGrantedFieldEvent {
    field: '$.voteResponse.granted'
    value: boolean
  }

  export interface ControlFrameAppendResponseIndexFieldEvent {
    field: '$.appendResponse.index'
    value: number
  }

  export interface ControlFrameAppendResponseRejectFieldEvent {
    field: '$.appendResponse.reject'
    value: boolean
  }

  export interface ControlFrameAppendResponseHintIndexFieldEvent {
    field: '$.appendResponse.hintIndex'
    value: number
  }

  export interface ControlFrameAppendResponseHintTermFieldEvent {
    field: '$.appendResponse.hintTerm'
    value: number
  }

  export interface ControlFrameHeartbeatCommitFieldEvent {
    field: '$.heartbeat.commit'
    value: number
  }

  export interface ControlFrameHeartbeatRoundFieldEvent {
    field: '$.heartbeat.round'
    value: number
  }

  export interface ControlFrameHeartbeatResponseRoundFieldEvent {
    field: '$.heartbeatResponse.round'
    value: number
  }

  export interface ControlFrameReadIndexIdFieldEvent {
    field: '$.readIndex.id'
    value: number
  }

  export interface ControlFrameReadIndexResponseIdFieldEvent {
    field: '$.readIndexResponse.id'
    value: number
  }

  export interface ControlFrameReadIndexResponseIndexFieldEvent {
    field: '$.readIndexResponse.index'
    value: number
  }

  export interface ControlFrameReadIndexResponseRejectFieldEvent {
    field: '$.readIndexResponse.reject'
    value: boolean
  }

  export interface ControlFramePingFieldEvent {
    field: '$.ping'
    value: number
  }

  export function encode (obj: Partial<ControlFrame>): Uint8Array {
    return encodeMessage(obj, ControlFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ControlFrame>): ControlFrame {
    return decodeMessage(buf, ControlFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ControlFrame>): Generator<ControlFrameGroupFieldEvent | ControlFrameTermFieldEvent | ControlFramePreVoteLastIndexFieldEvent | ControlFramePreVoteLastTermFieldEvent | ControlFramePreVoteTransferFieldEvent | ControlFrameVoteLastIndexFieldEvent | ControlFrameVoteLastTermFieldEvent | ControlFrameVoteTransferFieldEvent | ControlFramePreVoteResponseGrantedFieldEvent | ControlFrameVoteResponseGrantedFieldEvent | ControlFrameAppendResponseIndexFieldEvent | ControlFrameAppendResponseRejectFieldEvent | ControlFrameAppendResponseHintIndexFieldEvent | ControlFrameAppendResponseHintTermFieldEvent | ControlFrameHeartbeatCommitFieldEvent | ControlFrameHeartbeatRoundFieldEvent | ControlFrameHeartbeatResponseRoundFieldEvent | ControlFrameReadIndexIdFieldEvent | ControlFrameReadIndexResponseIdFieldEvent | ControlFrameReadIndexResponseIndexFieldEvent | ControlFrameReadIndexResponseRejectFieldEvent | ControlFramePingFieldEvent> {
    return streamMessage(buf, ControlFrame.codec(), opts)
  }
}

export interface VoteRequest {
  lastIndex: number
  lastTerm: number
  transfer: boolean
}

export namespace VoteRequest {
  let _codec: Codec<VoteRequest>

  export const codec = (): Codec<VoteRequest> => {
    if (_codec == null) {
      _codec = message<VoteRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.lastIndex != null && obj.lastIndex !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.lastIndex)
        }

        if ((obj.lastTerm != null && obj.lastTerm !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.lastTerm)
        }

        if ((obj.transfer != null && obj.transfer !== false)) {
          w.uint32(24)
          w.bool(obj.transfer)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          lastIndex: 0,
          lastTerm: 0,
          transfer: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.lastIndex = reader.uint64Number()
              break
            }
            case 2: {
              obj.lastTerm = reader.uint64Number()
              break
            }
            case 3: {
              obj.transfer = reader.bool()
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
                field: `${prefix}.lastIndex`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.lastTerm`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.transfer`,
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

  export interface VoteRequestLastIndexFieldEvent {
    field: '$.lastIndex'
    value: number
  }

  export interface VoteRequestLastTermFieldEvent {
    field: '$.lastTerm'
    value: number
  }

  export interface VoteRequestTransferFieldEvent {
    field: '$.transfer'
    value: boolean
  }

  export function encode (obj: Partial<VoteRequest>): Uint8Array {
    return encodeMessage(obj, VoteRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<VoteRequest>): VoteRequest {
    return decodeMessage(buf, VoteRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<VoteRequest>): Generator<VoteRequestLastIndexFieldEvent | VoteRequestLastTermFieldEvent | VoteRequestTransferFieldEvent> {
    return streamMessage(buf, VoteRequest.codec(), opts)
  }
}

export interface VoteResponse {
  granted: boolean
}

export namespace VoteResponse {
  let _codec: Codec<VoteResponse>

  export const codec = (): Codec<VoteResponse> => {
    if (_codec == null) {
      _codec = message<VoteResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.granted != null && obj.granted !== false)) {
          w.uint32(8)
          w.bool(obj.granted)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          granted: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.granted = reader.bool()
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
                field: `${prefix}.granted`,
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

  export interface VoteResponseGrantedFieldEvent {
    field: '$.granted'
    value: boolean
  }

  export function encode (obj: Partial<VoteResponse>): Uint8Array {
    return encodeMessage(obj, VoteResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<VoteResponse>): VoteResponse {
    return decodeMessage(buf, VoteResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<VoteResponse>): Generator<VoteResponseGrantedFieldEvent> {
    return streamMessage(buf, VoteResponse.codec(), opts)
  }
}

export interface AppendResponse {
  index: number
  reject: boolean
  hintIndex: number
  hintTerm: number
}

export namespace AppendResponse {
  let _codec: Codec<AppendResponse>

  export const codec = (): Codec<AppendResponse> => {
    if (_codec == null) {
      _codec = message<AppendResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.index)
        }

        if ((obj.reject != null && obj.reject !== false)) {
          w.uint32(16)
          w.bool(obj.reject)
        }

        if ((obj.hintIndex != null && obj.hintIndex !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.hintIndex)
        }

        if ((obj.hintTerm != null && obj.hintTerm !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.hintTerm)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          reject: false,
          hintIndex: 0,
          hintTerm: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.index = reader.uint64Number()
              break
            }
            case 2: {
              obj.reject = reader.bool()
              break
            }
            case 3: {
              obj.hintIndex = reader.uint64Number()
              break
            }
            case 4: {
              obj.hintTerm = reader.uint64Number()
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
                field: `${prefix}.index`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.reject`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.hintIndex`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.hintTerm`,
                value: reader.uint64Number()
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

  export interface AppendResponseIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface AppendResponseRejectFieldEvent {
    field: '$.reject'
    value: boolean
  }

  export interface AppendResponseHintIndexFieldEvent {
    field: '$.hintIndex'
    value: number
  }

  export interface AppendResponseHintTermFieldEvent {
    field: '$.hintTerm'
    value: number
  }

  export function encode (obj: Partial<AppendResponse>): Uint8Array {
    return encodeMessage(obj, AppendResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AppendResponse>): AppendResponse {
    return decodeMessage(buf, AppendResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AppendResponse>): Generator<AppendResponseIndexFieldEvent | AppendResponseRejectFieldEvent | AppendResponseHintIndexFieldEvent | AppendResponseHintTermFieldEvent> {
    return streamMessage(buf, AppendResponse.codec(), opts)
  }
}

export interface Heartbeat {
  commit: number
  round: number
}

export namespace Heartbeat {
  let _codec: Codec<Heartbeat>

  export const codec = (): Codec<Heartbeat> => {
    if (_codec == null) {
      _codec = message<Heartbeat>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.commit != null && obj.commit !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.commit)
        }

        if ((obj.round != null && obj.round !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.round)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          commit: 0,
          round: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.commit = reader.uint64Number()
              break
            }
            case 2: {
              obj.round = reader.uint64Number()
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
                field: `${prefix}.commit`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.round`,
                value: reader.uint64Number()
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

  export interface HeartbeatCommitFieldEvent {
    field: '$.commit'
    value: number
  }

  export interface HeartbeatRoundFieldEvent {
    field: '$.round'
    value: number
  }

  export function encode (obj: Partial<Heartbeat>): Uint8Array {
    return encodeMessage(obj, Heartbeat.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Heartbeat>): Heartbeat {
    return decodeMessage(buf, Heartbeat.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Heartbeat>): Generator<HeartbeatCommitFieldEvent | HeartbeatRoundFieldEvent> {
    return streamMessage(buf, Heartbeat.codec(), opts)
  }
}

export interface HeartbeatResponse {
  round: number
}

export namespace HeartbeatResponse {
  let _codec: Codec<HeartbeatResponse>

  export const codec = (): Codec<HeartbeatResponse> => {
    if (_codec == null) {
      _codec = message<HeartbeatResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.round != null && obj.round !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.round)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          round: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.round = reader.uint64Number()
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
                field: `${prefix}.round`,
                value: reader.uint64Number()
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

  export interface HeartbeatResponseRoundFieldEvent {
    field: '$.round'
    value: number
  }

  export function encode (obj: Partial<HeartbeatResponse>): Uint8Array {
    return encodeMessage(obj, HeartbeatResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HeartbeatResponse>): HeartbeatResponse {
    return decodeMessage(buf, HeartbeatResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HeartbeatResponse>): Generator<HeartbeatResponseRoundFieldEvent> {
    return streamMessage(buf, HeartbeatResponse.codec(), opts)
  }
}

export interface TimeoutNow {}

export namespace TimeoutNow {
  let _codec: Codec<TimeoutNow>

  export const codec = (): Codec<TimeoutNow> => {
    if (_codec == null) {
      _codec = message<TimeoutNow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
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

  export function encode (obj: Partial<TimeoutNow>): Uint8Array {
    return encodeMessage(obj, TimeoutNow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TimeoutNow>): TimeoutNow {
    return decodeMessage(buf, TimeoutNow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TimeoutNow>): Generator<{}> {
    return streamMessage(buf, TimeoutNow.codec(), opts)
  }
}

export interface ReadIndex {
  id: number
}

export namespace ReadIndex {
  let _codec: Codec<ReadIndex>

  export const codec = (): Codec<ReadIndex> => {
    if (_codec == null) {
      _codec = message<ReadIndex>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.id)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint64Number()
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
                value: reader.uint64Number()
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

  export interface ReadIndexIdFieldEvent {
    field: '$.id'
    value: number
  }

  export function encode (obj: Partial<ReadIndex>): Uint8Array {
    return encodeMessage(obj, ReadIndex.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadIndex>): ReadIndex {
    return decodeMessage(buf, ReadIndex.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadIndex>): Generator<ReadIndexIdFieldEvent> {
    return streamMessage(buf, ReadIndex.codec(), opts)
  }
}

export interface ReadIndexResponse {
  id: number
  index: number
  reject: boolean
}

export namespace ReadIndexResponse {
  let _codec: Codec<ReadIndexResponse>

  export const codec = (): Codec<ReadIndexResponse> => {
    if (_codec == null) {
      _codec = message<ReadIndexResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.id)
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.index)
        }

        if ((obj.reject != null && obj.reject !== false)) {
          w.uint32(24)
          w.bool(obj.reject)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0,
          index: 0,
          reject: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint64Number()
              break
            }
            case 2: {
              obj.index = reader.uint64Number()
              break
            }
            case 3: {
              obj.reject = reader.bool()
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
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.reject`,
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

  export interface ReadIndexResponseIdFieldEvent {
    field: '$.id'
    value: number
  }

  export interface ReadIndexResponseIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface ReadIndexResponseRejectFieldEvent {
    field: '$.reject'
    value: boolean
  }

  export function encode (obj: Partial<ReadIndexResponse>): Uint8Array {
    return encodeMessage(obj, ReadIndexResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadIndexResponse>): ReadIndexResponse {
    return decodeMessage(buf, ReadIndexResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadIndexResponse>): Generator<ReadIndexResponseIdFieldEvent | ReadIndexResponseIndexFieldEvent | ReadIndexResponseRejectFieldEvent> {
    return streamMessage(buf, ReadIndexResponse.codec(), opts)
  }
}

export interface AppendFrame {
  group: number
  term: number
  prevIndex: number
  prevTerm: number
  commit: number
  records: Uint8Array[]
}

export namespace AppendFrame {
  let _codec: Codec<AppendFrame>

  export const codec = (): Codec<AppendFrame> => {
    if (_codec == null) {
      _codec = message<AppendFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group !== 0)) {
          w.uint32(8)
          w.uint32(obj.group)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.term)
        }

        if ((obj.prevIndex != null && obj.prevIndex !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.prevIndex)
        }

        if ((obj.prevTerm != null && obj.prevTerm !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.prevTerm)
        }

        if ((obj.commit != null && obj.commit !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.commit)
        }

        if (obj.records != null && obj.records.length > 0) {
          for (const value of obj.records) {
            w.uint32(50)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: 0,
          term: 0,
          prevIndex: 0,
          prevTerm: 0,
          commit: 0,
          records: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.uint32()
              break
            }
            case 2: {
              obj.term = reader.uint64Number()
              break
            }
            case 3: {
              obj.prevIndex = reader.uint64Number()
              break
            }
            case 4: {
              obj.prevTerm = reader.uint64Number()
              break
            }
            case 5: {
              obj.commit = reader.uint64Number()
              break
            }
            case 6: {
              if (opts.limits?.records != null && obj.records.length === opts.limits.records) {
                throw new MaxLengthError('Decode error - repeated field "records" had too many elements')
              }

              obj.records.push(reader.bytes())
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
          records: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.prevIndex`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.prevTerm`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.commit`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              if (opts.limits?.records != null && obj.records === opts.limits.records) {
                throw new MaxLengthError('Streaming decode error - repeated field "records" had too many elements')
              }

              yield {
                field: `${prefix}.records[]`,
                index: obj.records,
                value: reader.bytes()
              }

              obj.records++

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

  export interface AppendFrameGroupFieldEvent {
    field: '$.group'
    value: number
  }

  export interface AppendFrameTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface AppendFramePrevIndexFieldEvent {
    field: '$.prevIndex'
    value: number
  }

  export interface AppendFramePrevTermFieldEvent {
    field: '$.prevTerm'
    value: number
  }

  export interface AppendFrameCommitFieldEvent {
    field: '$.commit'
    value: number
  }

  export interface AppendFrameRecordsFieldEvent {
    field: '$.records[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<AppendFrame>): Uint8Array {
    return encodeMessage(obj, AppendFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AppendFrame>): AppendFrame {
    return decodeMessage(buf, AppendFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AppendFrame>): Generator<AppendFrameGroupFieldEvent | AppendFrameTermFieldEvent | AppendFramePrevIndexFieldEvent | AppendFramePrevTermFieldEvent | AppendFrameCommitFieldEvent | AppendFrameRecordsFieldEvent> {
    return streamMessage(buf, AppendFrame.codec(), opts)
  }
}

export interface Member {
  id: string
  peerId: string
  address: string
  voter: boolean
}

export namespace Member {
  let _codec: Codec<Member>

  export const codec = (): Codec<Member> => {
    if (_codec == null) {
      _codec = message<Member>((obj, w, opts = {}) => {
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

  export interface MemberIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface MemberPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface MemberAddressFieldEvent {
    field: '$.address'
    value: string
  }

  export interface MemberVoterFieldEvent {
    field: '$.voter'
    value: boolean
  }

  export function encode (obj: Partial<Member>): Uint8Array {
    return encodeMessage(obj, Member.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Member>): Member {
    return decodeMessage(buf, Member.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Member>): Generator<MemberIdFieldEvent | MemberPeerIdFieldEvent | MemberAddressFieldEvent | MemberVoterFieldEvent> {
    return streamMessage(buf, Member.codec(), opts)
  }
}

export interface ClusterConfig {
  voters: string[]
  outgoing: string[]
  learners: string[]
  members: Member[]
}

export namespace ClusterConfig {
  let _codec: Codec<ClusterConfig>

  export const codec = (): Codec<ClusterConfig> => {
    if (_codec == null) {
      _codec = message<ClusterConfig>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.voters != null && obj.voters.length > 0) {
          for (const value of obj.voters) {
            w.uint32(10)
            w.string(value)
          }
        }

        if (obj.outgoing != null && obj.outgoing.length > 0) {
          for (const value of obj.outgoing) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.learners != null && obj.learners.length > 0) {
          for (const value of obj.learners) {
            w.uint32(26)
            w.string(value)
          }
        }

        if (obj.members != null && obj.members.length > 0) {
          for (const value of obj.members) {
            w.uint32(34)
            Member.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          voters: [],
          outgoing: [],
          learners: [],
          members: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.voters != null && obj.voters.length === opts.limits.voters) {
                throw new MaxLengthError('Decode error - repeated field "voters" had too many elements')
              }

              obj.voters.push(reader.string())
              break
            }
            case 2: {
              if (opts.limits?.outgoing != null && obj.outgoing.length === opts.limits.outgoing) {
                throw new MaxLengthError('Decode error - repeated field "outgoing" had too many elements')
              }

              obj.outgoing.push(reader.string())
              break
            }
            case 3: {
              if (opts.limits?.learners != null && obj.learners.length === opts.limits.learners) {
                throw new MaxLengthError('Decode error - repeated field "learners" had too many elements')
              }

              obj.learners.push(reader.string())
              break
            }
            case 4: {
              if (opts.limits?.members != null && obj.members.length === opts.limits.members) {
                throw new MaxLengthError('Decode error - repeated field "members" had too many elements')
              }

              obj.members.push(Member.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.members$
              }))
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
          voters: 0,
          outgoing: 0,
          learners: 0,
          members: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.voters != null && obj.voters === opts.limits.voters) {
                throw new MaxLengthError('Streaming decode error - repeated field "voters" had too many elements')
              }

              yield {
                field: `${prefix}.voters[]`,
                index: obj.voters,
                value: reader.string()
              }

              obj.voters++

              break
            }
            case 2: {
              if (opts.limits?.outgoing != null && obj.outgoing === opts.limits.outgoing) {
                throw new MaxLengthError('Streaming decode error - repeated field "outgoing" had too many elements')
              }

              yield {
                field: `${prefix}.outgoing[]`,
                index: obj.outgoing,
                value: reader.string()
              }

              obj.outgoing++

              break
            }
            case 3: {
              if (opts.limits?.learners != null && obj.learners === opts.limits.learners) {
                throw new MaxLengthError('Streaming decode error - repeated field "learners" had too many elements')
              }

              yield {
                field: `${prefix}.learners[]`,
                index: obj.learners,
                value: reader.string()
              }

              obj.learners++

              break
            }
            case 4: {
              if (opts.limits?.members != null && obj.members === opts.limits.members) {
                throw new MaxLengthError('Streaming decode error - repeated field "members" had too many elements')
              }

              for (const evt of Member.codec().stream(reader, reader.uint32(), `${prefix}.members[]`, {
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

  export interface ClusterConfigVotersFieldEvent {
    field: '$.voters[]'
    index: number
    value: string
  }

  export interface ClusterConfigOutgoingFieldEvent {
    field: '$.outgoing[]'
    index: number
    value: string
  }

  export interface ClusterConfigLearnersFieldEvent {
    field: '$.learners[]'
    index: number
    value: string
  }

  export interface ClusterConfigMembersIdFieldEvent {
    field: '$.members[].id'
    value: string
    index: number
  }

  export interface ClusterConfigMembersPeerIdFieldEvent {
    field: '$.members[].peerId'
    value: string
    index: number
  }

  export interface ClusterConfigMembersAddressFieldEvent {
    field: '$.members[].address'
    value: string
    index: number
  }

  export interface ClusterConfigMembersVoterFieldEvent {
    field: '$.members[].voter'
    value: boolean
    index: number
  }

  export function encode (obj: Partial<ClusterConfig>): Uint8Array {
    return encodeMessage(obj, ClusterConfig.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClusterConfig>): ClusterConfig {
    return decodeMessage(buf, ClusterConfig.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClusterConfig>): Generator<ClusterConfigVotersFieldEvent | ClusterConfigOutgoingFieldEvent | ClusterConfigLearnersFieldEvent | ClusterConfigMembersIdFieldEvent | ClusterConfigMembersPeerIdFieldEvent | ClusterConfigMembersAddressFieldEvent | ClusterConfigMembersVoterFieldEvent> {
    return streamMessage(buf, ClusterConfig.codec(), opts)
  }
}

export interface SnapshotMeta {
  index: number
  term: number
  config?: ClusterConfig
  configIndex: number
}

export namespace SnapshotMeta {
  let _codec: Codec<SnapshotMeta>

  export const codec = (): Codec<SnapshotMeta> => {
    if (_codec == null) {
      _codec = message<SnapshotMeta>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.index)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.term)
        }

        if (obj.config != null) {
          w.uint32(26)
          ClusterConfig.codec().encode(obj.config, w)
        }

        if ((obj.configIndex != null && obj.configIndex !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.configIndex)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          term: 0,
          configIndex: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.index = reader.uint64Number()
              break
            }
            case 2: {
              obj.term = reader.uint64Number()
              break
            }
            case 3: {
              obj.config = ClusterConfig.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.config
              })
              break
            }
            case 4: {
              obj.configIndex = reader.uint64Number()
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
                field: `${prefix}.index`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield * ClusterConfig.codec().stream(reader, reader.uint32(), `${prefix}.config`, {
                limits: opts.limits?.config
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.configIndex`,
                value: reader.uint64Number()
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

  export interface SnapshotMetaIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface SnapshotMetaTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface SnapshotMetaConfigVotersFieldEvent {
    field: '$.config.voters[]'
    index: number
    value: string
  }

  export interface SnapshotMetaConfigOutgoingFieldEvent {
    field: '$.config.outgoing[]'
    index: number
    value: string
  }

  export interface SnapshotMetaConfigLearnersFieldEvent {
    field: '$.config.learners[]'
    index: number
    value: string
  }

  export interface SnapshotMetaConfigMembersIdFieldEvent {
    field: '$.config.members[].id'
    value: string
    index: number
  }

  export interface SnapshotMetaConfigMembersPeerIdFieldEvent {
    field: '$.config.members[].peerId'
    value: string
    index: number
  }

  export interface SnapshotMetaConfigMembersAddressFieldEvent {
    field: '$.config.members[].address'
    value: string
    index: number
  }

  export interface SnapshotMetaConfigMembersVoterFieldEvent {
    field: '$.config.members[].voter'
    value: boolean
    index: number
  }

  export interface SnapshotMetaConfigIndexFieldEvent {
    field: '$.configIndex'
    value: number
  }

  export function encode (obj: Partial<SnapshotMeta>): Uint8Array {
    return encodeMessage(obj, SnapshotMeta.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotMeta>): SnapshotMeta {
    return decodeMessage(buf, SnapshotMeta.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotMeta>): Generator<SnapshotMetaIndexFieldEvent | SnapshotMetaTermFieldEvent | SnapshotMetaConfigVotersFieldEvent | SnapshotMetaConfigOutgoingFieldEvent | SnapshotMetaConfigLearnersFieldEvent | SnapshotMetaConfigMembersIdFieldEvent | SnapshotMetaConfigMembersPeerIdFieldEvent | SnapshotMetaConfigMembersAddressFieldEvent | SnapshotMetaConfigMembersVoterFieldEvent | SnapshotMetaConfigIndexFieldEvent> {
    return streamMessage(buf, SnapshotMeta.codec(), opts)
  }
}

export interface SnapshotHeader {
  group: number
  term: number
  snapshot?: SnapshotMeta
  sizeBytes: number
  checksum: number
}

export namespace SnapshotHeader {
  let _codec: Codec<SnapshotHeader>

  export const codec = (): Codec<SnapshotHeader> => {
    if (_codec == null) {
      _codec = message<SnapshotHeader>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group !== 0)) {
          w.uint32(8)
          w.uint32(obj.group)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.term)
        }

        if (obj.snapshot != null) {
          w.uint32(26)
          SnapshotMeta.codec().encode(obj.snapshot, w)
        }

        if ((obj.sizeBytes != null && obj.sizeBytes !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.sizeBytes)
        }

        if ((obj.checksum != null && obj.checksum !== 0)) {
          w.uint32(45)
          w.fixed32(obj.checksum)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: 0,
          term: 0,
          sizeBytes: 0,
          checksum: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.uint32()
              break
            }
            case 2: {
              obj.term = reader.uint64Number()
              break
            }
            case 3: {
              obj.snapshot = SnapshotMeta.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.snapshot
              })
              break
            }
            case 4: {
              obj.sizeBytes = reader.uint64Number()
              break
            }
            case 5: {
              obj.checksum = reader.fixed32()
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
                field: `${prefix}.group`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield * SnapshotMeta.codec().stream(reader, reader.uint32(), `${prefix}.snapshot`, {
                limits: opts.limits?.snapshot
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.sizeBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.checksum`,
                value: reader.fixed32()
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

  export interface SnapshotHeaderGroupFieldEvent {
    field: '$.group'
    value: number
  }

  export interface SnapshotHeaderTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface SnapshotHeaderSnapshotIndexFieldEvent {
    field: '$.snapshot.index'
    value: number
  }

  export interface SnapshotHeaderSnapshotTermFieldEvent {
    field: '$.snapshot.term'
    value: number
  }

  export interface SnapshotHeaderSnapshotConfigVotersFieldEvent {
    field: '$.snapshot.config.voters[]'
    index: number
    value: string
  }

  export interface SnapshotHeaderSnapshotConfigOutgoingFieldEvent {
    field: '$.snapshot.config.outgoing[]'
    index: number
    value: string
  }

  export interface SnapshotHeaderSnapshotConfigLearnersFieldEvent {
    field: '$.snapshot.config.learners[]'
    index: number
    value: string
  }

  export interface SnapshotHeaderSnapshotConfigMembersIdFieldEvent {
    field: '$.snapshot.config.members[].id'
    value: string
    index: number
  }

  export interface SnapshotHeaderSnapshotConfigMembersPeerIdFieldEvent {
    field: '$.snapshot.config.members[].peerId'
    value: string
    index: number
  }

  export interface SnapshotHeaderSnapshotConfigMembersAddressFieldEvent {
    field: '$.snapshot.config.members[].address'
    value: string
    index: number
  }

  export interface SnapshotHeaderSnapshotConfigMembersVoterFieldEvent {
    field: '$.snapshot.config.members[].voter'
    value: boolean
    index: number
  }

  export interface SnapshotHeaderSnapshotConfigIndexFieldEvent {
    field: '$.snapshot.configIndex'
    value: number
  }

  export interface SnapshotHeaderSizeBytesFieldEvent {
    field: '$.sizeBytes'
    value: number
  }

  export interface SnapshotHeaderChecksumFieldEvent {
    field: '$.checksum'
    value: number
  }

  export function encode (obj: Partial<SnapshotHeader>): Uint8Array {
    return encodeMessage(obj, SnapshotHeader.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotHeader>): SnapshotHeader {
    return decodeMessage(buf, SnapshotHeader.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotHeader>): Generator<SnapshotHeaderGroupFieldEvent | SnapshotHeaderTermFieldEvent | SnapshotHeaderSnapshotIndexFieldEvent | SnapshotHeaderSnapshotTermFieldEvent | SnapshotHeaderSnapshotConfigVotersFieldEvent | SnapshotHeaderSnapshotConfigOutgoingFieldEvent | SnapshotHeaderSnapshotConfigLearnersFieldEvent | SnapshotHeaderSnapshotConfigMembersIdFieldEvent | SnapshotHeaderSnapshotConfigMembersPeerIdFieldEvent | SnapshotHeaderSnapshotConfigMembersAddressFieldEvent | SnapshotHeaderSnapshotConfigMembersVoterFieldEvent | SnapshotHeaderSnapshotConfigIndexFieldEvent | SnapshotHeaderSizeBytesFieldEvent | SnapshotHeaderChecksumFieldEvent> {
    return streamMessage(buf, SnapshotHeader.codec(), opts)
  }
}

export interface SnapshotChunk {
  data: Uint8Array
}

export namespace SnapshotChunk {
  let _codec: Codec<SnapshotChunk>

  export const codec = (): Codec<SnapshotChunk> => {
    if (_codec == null) {
      _codec = message<SnapshotChunk>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.data != null && obj.data.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.data)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          data: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.data = reader.bytes()
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
                field: `${prefix}.data`,
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

  export interface SnapshotChunkDataFieldEvent {
    field: '$.data'
    value: Uint8Array
  }

  export function encode (obj: Partial<SnapshotChunk>): Uint8Array {
    return encodeMessage(obj, SnapshotChunk.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotChunk>): SnapshotChunk {
    return decodeMessage(buf, SnapshotChunk.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotChunk>): Generator<SnapshotChunkDataFieldEvent> {
    return streamMessage(buf, SnapshotChunk.codec(), opts)
  }
}
