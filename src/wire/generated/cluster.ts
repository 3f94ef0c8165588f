// @ts-nocheck
// Generated from proto/cluster.proto by scripts/generate-proto.ts; do not edit.
import { decodeMessage, encodeMessage, message, streamMessage } from 'protons-runtime'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface TransferRequest {
  to: string
  timeoutMs: number
  username?: string
  password?: string
}

export namespace TransferRequest {
  let _codec: Codec<TransferRequest>

  export const codec = (): Codec<TransferRequest> => {
    if (_codec == null) {
      _codec = message<TransferRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.to != null && obj.to !== '')) {
          w.uint32(10)
          w.string(obj.to)
        }

        if ((obj.timeoutMs != null && obj.timeoutMs !== 0)) {
          w.uint32(16)
          w.uint32(obj.timeoutMs)
        }

        if (obj.username != null) {
          w.uint32(82)
          w.string(obj.username)
        }

        if (obj.password != null) {
          w.uint32(90)
          w.string(obj.password)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          to: '',
          timeoutMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.to = reader.string()
              break
            }
            case 2: {
              obj.timeoutMs = reader.uint32()
              break
            }
            case 10: {
              obj.username = reader.string()
              break
            }
            case 11: {
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
                field: `${prefix}.to`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.timeoutMs`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.username`,
                value: reader.string()
              }
              break
            }
            case 11: {
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

  export interface TransferRequestToFieldEvent {
    field: '$.to'
    value: string
  }

  export interface TransferRequestTimeoutMsFieldEvent {
    field: '$.timeoutMs'
    value: number
  }

  export interface TransferRequestUsernameFieldEvent {
    field: '$.username'
    value: string
  }

  export interface TransferRequestPasswordFieldEvent {
    field: '$.password'
    value: string
  }

  export function encode (obj: Partial<TransferRequest>): Uint8Array {
    return encodeMessage(obj, TransferRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransferRequest>): TransferRequest {
    return decodeMessage(buf, TransferRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransferRequest>): Generator<TransferRequestToFieldEvent | TransferRequestTimeoutMsFieldEvent | TransferRequestUsernameFieldEvent | TransferRequestPasswordFieldEvent> {
    return streamMessage(buf, TransferRequest.codec(), opts)
  }
}

export interface TransferResponse {
  leader: string
}

export namespace TransferResponse {
  let _codec: Codec<TransferResponse>

  export const codec = (): Codec<TransferResponse> => {
    if (_codec == null) {
      _codec = message<TransferResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.leader != null && obj.leader !== '')) {
          w.uint32(10)
          w.string(obj.leader)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          leader: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.leader = reader.string()
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
                field: `${prefix}.leader`,
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

  export interface TransferResponseLeaderFieldEvent {
    field: '$.leader'
    value: string
  }

  export function encode (obj: Partial<TransferResponse>): Uint8Array {
    return encodeMessage(obj, TransferResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransferResponse>): TransferResponse {
    return decodeMessage(buf, TransferResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransferResponse>): Generator<TransferResponseLeaderFieldEvent> {
    return streamMessage(buf, TransferResponse.codec(), opts)
  }
}

export interface RemoveRequest {
  id: string
  timeoutMs: number
  username?: string
  password?: string
}

export namespace RemoveRequest {
  let _codec: Codec<RemoveRequest>

  export const codec = (): Codec<RemoveRequest> => {
    if (_codec == null) {
      _codec = message<RemoveRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(10)
          w.string(obj.id)
        }

        if ((obj.timeoutMs != null && obj.timeoutMs !== 0)) {
          w.uint32(16)
          w.uint32(obj.timeoutMs)
        }

        if (obj.username != null) {
          w.uint32(82)
          w.string(obj.username)
        }

        if (obj.password != null) {
          w.uint32(90)
          w.string(obj.password)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          timeoutMs: 0
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
              obj.timeoutMs = reader.uint32()
              break
            }
            case 10: {
              obj.username = reader.string()
              break
            }
            case 11: {
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
                field: `${prefix}.id`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.timeoutMs`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.username`,
                value: reader.string()
              }
              break
            }
            case 11: {
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

  export interface RemoveRequestIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface RemoveRequestTimeoutMsFieldEvent {
    field: '$.timeoutMs'
    value: number
  }

  export interface RemoveRequestUsernameFieldEvent {
    field: '$.username'
    value: string
  }

  export interface RemoveRequestPasswordFieldEvent {
    field: '$.password'
    value: string
  }

  export function encode (obj: Partial<RemoveRequest>): Uint8Array {
    return encodeMessage(obj, RemoveRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RemoveRequest>): RemoveRequest {
    return decodeMessage(buf, RemoveRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RemoveRequest>): Generator<RemoveRequestIdFieldEvent | RemoveRequestTimeoutMsFieldEvent | RemoveRequestUsernameFieldEvent | RemoveRequestPasswordFieldEvent> {
    return streamMessage(buf, RemoveRequest.codec(), opts)
  }
}

export interface RemoveResponse {
  removed: boolean
}

export namespace RemoveResponse {
  let _codec: Codec<RemoveResponse>

  export const codec = (): Codec<RemoveResponse> => {
    if (_codec == null) {
      _codec = message<RemoveResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.removed != null && obj.removed !== false)) {
          w.uint32(8)
          w.bool(obj.removed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          removed: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.removed = reader.bool()
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
                field: `${prefix}.removed`,
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

  export interface RemoveResponseRemovedFieldEvent {
    field: '$.removed'
    value: boolean
  }

  export function encode (obj: Partial<RemoveResponse>): Uint8Array {
    return encodeMessage(obj, RemoveResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RemoveResponse>): RemoveResponse {
    return decodeMessage(buf, RemoveResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RemoveResponse>): Generator<RemoveResponseRemovedFieldEvent> {
    return streamMessage(buf, RemoveResponse.codec(), opts)
  }
}
