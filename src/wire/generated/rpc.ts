// @ts-nocheck
// Generated from proto/rpc.proto by scripts/generate-proto.ts; do not edit.
/* eslint-disable require-yield */

import { decodeMessage, encodeMessage, enumeration, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface RpcFrame {
  call: number
  request?: RpcRequest
  requestPart?: Uint8Array
  cancel?: RpcCancel
  response?: RpcResponse
  responsePart?: Uint8Array
  error?: RpcError
}

export namespace RpcFrame {
  let _codec: Codec<RpcFrame>

  export const codec = (): Codec<RpcFrame> => {
    if (_codec == null) {
      _codec = message<RpcFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.error != null) {
          obj.responsePart = undefined
          obj.response = undefined
          obj.cancel = undefined
          obj.requestPart = undefined
          obj.request = undefined
        }

        if (obj.responsePart != null) {
          obj.error = undefined
          obj.response = undefined
          obj.cancel = undefined
          obj.requestPart = undefined
          obj.request = undefined
        }

        if (obj.response != null) {
          obj.error = undefined
          obj.responsePart = undefined
          obj.cancel = undefined
          obj.requestPart = undefined
          obj.request = undefined
        }

        if (obj.cancel != null) {
          obj.error = undefined
          obj.responsePart = undefined
          obj.response = undefined
          obj.requestPart = undefined
          obj.request = undefined
        }

        if (obj.requestPart != null) {
          obj.error = undefined
          obj.responsePart = undefined
          obj.response = undefined
          obj.cancel = undefined
          obj.request = undefined
        }

        if (obj.request != null) {
          obj.error = undefined
          obj.responsePart = undefined
          obj.response = undefined
          obj.cancel = undefined
          obj.requestPart = undefined
        }

        if ((obj.call != null && obj.call !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.call)
        }

        if (obj.request != null) {
          w.uint32(18)
          RpcRequest.codec().encode(obj.request, w)
        }

        if (obj.requestPart != null) {
          w.uint32(26)
          w.bytes(obj.requestPart)
        }

        if (obj.cancel != null) {
          w.uint32(34)
          RpcCancel.codec().encode(obj.cancel, w)
        }

        if (obj.response != null) {
          w.uint32(42)
          RpcResponse.codec().encode(obj.response, w)
        }

        if (obj.responsePart != null) {
          w.uint32(50)
          w.bytes(obj.responsePart)
        }

        if (obj.error != null) {
          w.uint32(58)
          RpcError.codec().encode(obj.error, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          call: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.call = reader.uint64Number()
              break
            }
            case 2: {
              obj.request = RpcRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.request
              })
              break
            }
            case 3: {
              obj.requestPart = reader.bytes()
              break
            }
            case 4: {
              obj.cancel = RpcCancel.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.cancel
              })
              break
            }
            case 5: {
              obj.response = RpcResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.response
              })
              break
            }
            case 6: {
              obj.responsePart = reader.bytes()
              break
            }
            case 7: {
              obj.error = RpcError.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.error
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.error != null) {
          delete obj.responsePart
          delete obj.response
          delete obj.cancel
          delete obj.requestPart
          delete obj.request
        }

        if (obj.responsePart != null) {
          delete obj.error
          delete obj.response
          delete obj.cancel
          delete obj.requestPart
          delete obj.request
        }

        if (obj.response != null) {
          delete obj.error
          delete obj.responsePart
          delete obj.cancel
          delete obj.requestPart
          delete obj.request
        }

        if (obj.cancel != null) {
          delete obj.error
          delete obj.responsePart
          delete obj.response
          delete obj.requestPart
          delete obj.request
        }

        if (obj.requestPart != null) {
          delete obj.error
          delete obj.responsePart
          delete obj.response
          delete obj.cancel
          delete obj.request
        }

        if (obj.request != null) {
          delete obj.error
          delete obj.responsePart
          delete obj.response
          delete obj.cancel
          delete obj.requestPart
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.call`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield * RpcRequest.codec().stream(reader, reader.uint32(), `${prefix}.request`, {
                limits: opts.limits?.request
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.requestPart`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield * RpcCancel.codec().stream(reader, reader.uint32(), `${prefix}.cancel`, {
                limits: opts.limits?.cancel
              })

              break
            }
            case 5: {
              yield * RpcResponse.codec().stream(reader, reader.uint32(), `${prefix}.response`, {
                limits: opts.limits?.response
              })

              break
            }
            case 6: {
              yield {
                field: `${prefix}.responsePart`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield * RpcError.codec().stream(reader, reader.uint32(), `${prefix}.error`, {
                limits: opts.limits?.error
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

  export interface RpcFrameCallFieldEvent {
    field: '$.call'
    value: number
  }

  export interface RpcFrameRequestMethodFieldEvent {
    field: '$.request.method'
    value: string
  }

  export interface RpcFrameRequestSizeBytesFieldEvent {
    field: '$.request.sizeBytes'
    value: number
  }

  export interface RpcFrameRequestDataFieldEvent {
    field: '$.request.data'
    value: Uint8Array
  }

  export interface RpcFrameRequestPartFieldEvent {
    field: '$.requestPart'
    value: Uint8Array
  }

  export interface RpcFrameResponseSizeBytesFieldEvent {
    field: '$.response.sizeBytes'
    value: number
  }

  export interface RpcFrameResponseDataFieldEvent {
    field: '$.response.data'
    value: Uint8Array
  }

  export interface RpcFrameResponsePartFieldEvent {
    field: '$.responsePart'
    value: Uint8Array
  }

  export interface RpcFrameErrorCodeFieldEvent {
    field: '$.error.code'
    value: string
  }

  export interface RpcFrameErrorMessageFieldEvent {
    field: '$.error.message'
    value: string
  }

  export interface RpcFrameErrorRetryableFieldEvent {
    field: '$.error.retryable'
    value: boolean
  }

  export interface RpcFrameErrorOutcomeFieldEvent {
    field: '$.error.outcome'
    value: RpcOutcome
  }

  export function encode (obj: Partial<RpcFrame>): Uint8Array {
    return encodeMessage(obj, RpcFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcFrame>): RpcFrame {
    return decodeMessage(buf, RpcFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcFrame>): Generator<RpcFrameCallFieldEvent | RpcFrameRequestMethodFieldEvent | RpcFrameRequestSizeBytesFieldEvent | RpcFrameRequestDataFieldEvent | RpcFrameRequestPartFieldEvent | RpcFrameResponseSizeBytesFieldEvent | RpcFrameResponseDataFieldEvent | RpcFrameResponsePartFieldEvent | RpcFrameErrorCodeFieldEvent | RpcFrameErrorMessageFieldEvent | RpcFrameErrorRetryableFieldEvent | RpcFrameErrorOutcomeFieldEvent> {
    return streamMessage(buf, RpcFrame.codec(), opts)
  }
}

export interface RpcRequest {
  method: string
  sizeBytes: number
  data: Uint8Array
}

export namespace RpcRequest {
  let _codec: Codec<RpcRequest>

  export const codec = (): Codec<RpcRequest> => {
    if (_codec == null) {
      _codec = message<RpcRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.method != null && obj.method !== '')) {
          w.uint32(10)
          w.string(obj.method)
        }

        if ((obj.sizeBytes != null && obj.sizeBytes !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.sizeBytes)
        }

        if ((obj.data != null && obj.data.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.data)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          method: '',
          sizeBytes: 0,
          data: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.method = reader.string()
              break
            }
            case 2: {
              obj.sizeBytes = reader.uint64Number()
              break
            }
            case 3: {
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
                field: `${prefix}.method`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sizeBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
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

  export interface RpcRequestMethodFieldEvent {
    field: '$.method'
    value: string
  }

  export interface RpcRequestSizeBytesFieldEvent {
    field: '$.sizeBytes'
    value: number
  }

  export interface RpcRequestDataFieldEvent {
    field: '$.data'
    value: Uint8Array
  }

  export function encode (obj: Partial<RpcRequest>): Uint8Array {
    return encodeMessage(obj, RpcRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcRequest>): RpcRequest {
    return decodeMessage(buf, RpcRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcRequest>): Generator<RpcRequestMethodFieldEvent | RpcRequestSizeBytesFieldEvent | RpcRequestDataFieldEvent> {
    return streamMessage(buf, RpcRequest.codec(), opts)
  }
}

export interface RpcResponse {
  sizeBytes: number
  data: Uint8Array
}

export namespace RpcResponse {
  let _codec: Codec<RpcResponse>

  export const codec = (): Codec<RpcResponse> => {
    if (_codec == null) {
      _codec = message<RpcResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sizeBytes != null && obj.sizeBytes !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.sizeBytes)
        }

        if ((obj.data != null && obj.data.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.data)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sizeBytes: 0,
          data: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sizeBytes = reader.uint64Number()
              break
            }
            case 2: {
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
                field: `${prefix}.sizeBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
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

  export interface RpcResponseSizeBytesFieldEvent {
    field: '$.sizeBytes'
    value: number
  }

  export interface RpcResponseDataFieldEvent {
    field: '$.data'
    value: Uint8Array
  }

  export function encode (obj: Partial<RpcResponse>): Uint8Array {
    return encodeMessage(obj, RpcResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcResponse>): RpcResponse {
    return decodeMessage(buf, RpcResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcResponse>): Generator<RpcResponseSizeBytesFieldEvent | RpcResponseDataFieldEvent> {
    return streamMessage(buf, RpcResponse.codec(), opts)
  }
}

export interface RpcCancel {}

export namespace RpcCancel {
  let _codec: Codec<RpcCancel>

  export const codec = (): Codec<RpcCancel> => {
    if (_codec == null) {
      _codec = message<RpcCancel>((obj, w, opts = {}) => {
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

  export function encode (obj: Partial<RpcCancel>): Uint8Array {
    return encodeMessage(obj, RpcCancel.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcCancel>): RpcCancel {
    return decodeMessage(buf, RpcCancel.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcCancel>): Generator<{}> {
    return streamMessage(buf, RpcCancel.codec(), opts)
  }
}

export interface RpcError {
  code: string
  message: string
  retryable: boolean
  outcome: RpcOutcome
}

export namespace RpcError {
  let _codec: Codec<RpcError>

  export const codec = (): Codec<RpcError> => {
    if (_codec == null) {
      _codec = message<RpcError>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.code != null && obj.code !== '')) {
          w.uint32(10)
          w.string(obj.code)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(18)
          w.string(obj.message)
        }

        if ((obj.retryable != null && obj.retryable !== false)) {
          w.uint32(24)
          w.bool(obj.retryable)
        }

        if (obj.outcome != null && __RpcOutcomeValues[obj.outcome] !== 0) {
          w.uint32(32)
          RpcOutcome.codec().encode(obj.outcome, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          code: '',
          message: '',
          retryable: false,
          outcome: RpcOutcome.NOT_APPLIED
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.code = reader.string()
              break
            }
            case 2: {
              obj.message = reader.string()
              break
            }
            case 3: {
              obj.retryable = reader.bool()
              break
            }
            case 4: {
              obj.outcome = RpcOutcome.codec().decode(reader)
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
                field: `${prefix}.code`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.message`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.retryable`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.outcome`,
                value: RpcOutcome.codec().decode(reader)
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

  export interface RpcErrorCodeFieldEvent {
    field: '$.code'
    value: string
  }

  export interface RpcErrorMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export interface RpcErrorRetryableFieldEvent {
    field: '$.retryable'
    value: boolean
  }

  export interface RpcErrorOutcomeFieldEvent {
    field: '$.outcome'
    value: RpcOutcome
  }

  export function encode (obj: Partial<RpcError>): Uint8Array {
    return encodeMessage(obj, RpcError.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcError>): RpcError {
    return decodeMessage(buf, RpcError.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RpcError>): Generator<RpcErrorCodeFieldEvent | RpcErrorMessageFieldEvent | RpcErrorRetryableFieldEvent | RpcErrorOutcomeFieldEvent> {
    return streamMessage(buf, RpcError.codec(), opts)
  }
}

export enum RpcOutcome {
  NOT_APPLIED = 'NOT_APPLIED',
  UNKNOWN = 'UNKNOWN',
  APPLIED = 'APPLIED'
}

enum __RpcOutcomeValues {
  NOT_APPLIED = 0,
  UNKNOWN = 1,
  APPLIED = 2
}

export namespace RpcOutcome {
  export const codec = (): Codec<RpcOutcome> => {
    return enumeration<RpcOutcome>(__RpcOutcomeValues)
  }
}
