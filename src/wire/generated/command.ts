// @ts-nocheck
// Generated from proto/command.proto by scripts/generate-proto.ts; do not edit.
import { writeSint64 } from '../sint64.ts'
/* eslint-disable require-yield */

import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Command {
  requestId: Uint8Array
  timeMs: number
  seed: number
  sinceIndex: number
  sql?: SqlRequest
  kv?: KvRequest
  digest?: DigestRequest
  report?: IntegrityReport
  load?: LoadStep
  changesConfigure?: ChangesConfigure
  changesDelivered?: ChangesDelivered
}

export namespace Command {
  let _codec: Codec<Command>

  export const codec = (): Codec<Command> => {
    if (_codec == null) {
      _codec = message<Command>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.changesDelivered != null) {
          obj.changesConfigure = undefined
          obj.load = undefined
          obj.report = undefined
          obj.digest = undefined
          obj.kv = undefined
          obj.sql = undefined
        }

        if (obj.changesConfigure != null) {
          obj.changesDelivered = undefined
          obj.load = undefined
          obj.report = undefined
          obj.digest = undefined
          obj.kv = undefined
          obj.sql = undefined
        }

        if (obj.load != null) {
          obj.changesDelivered = undefined
          obj.changesConfigure = undefined
          obj.report = undefined
          obj.digest = undefined
          obj.kv = undefined
          obj.sql = undefined
        }

        if (obj.report != null) {
          obj.changesDelivered = undefined
          obj.changesConfigure = undefined
          obj.load = undefined
          obj.digest = undefined
          obj.kv = undefined
          obj.sql = undefined
        }

        if (obj.digest != null) {
          obj.changesDelivered = undefined
          obj.changesConfigure = undefined
          obj.load = undefined
          obj.report = undefined
          obj.kv = undefined
          obj.sql = undefined
        }

        if (obj.kv != null) {
          obj.changesDelivered = undefined
          obj.changesConfigure = undefined
          obj.load = undefined
          obj.report = undefined
          obj.digest = undefined
          obj.sql = undefined
        }

        if (obj.sql != null) {
          obj.changesDelivered = undefined
          obj.changesConfigure = undefined
          obj.load = undefined
          obj.report = undefined
          obj.digest = undefined
          obj.kv = undefined
        }

        if ((obj.requestId != null && obj.requestId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.requestId)
        }

        if ((obj.timeMs != null && obj.timeMs !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.timeMs)
        }

        if ((obj.seed != null && obj.seed !== 0)) {
          w.uint32(24)
          w.uint32(obj.seed)
        }

        if ((obj.sinceIndex != null && obj.sinceIndex !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.sinceIndex)
        }

        if (obj.sql != null) {
          w.uint32(34)
          SqlRequest.codec().encode(obj.sql, w)
        }

        if (obj.kv != null) {
          w.uint32(42)
          KvRequest.codec().encode(obj.kv, w)
        }

        if (obj.digest != null) {
          w.uint32(58)
          DigestRequest.codec().encode(obj.digest, w)
        }

        if (obj.report != null) {
          w.uint32(66)
          IntegrityReport.codec().encode(obj.report, w)
        }

        if (obj.load != null) {
          w.uint32(74)
          LoadStep.codec().encode(obj.load, w)
        }

        if (obj.changesConfigure != null) {
          w.uint32(90)
          ChangesConfigure.codec().encode(obj.changesConfigure, w)
        }

        if (obj.changesDelivered != null) {
          w.uint32(98)
          ChangesDelivered.codec().encode(obj.changesDelivered, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          requestId: uint8ArrayAlloc(0),
          timeMs: 0,
          seed: 0,
          sinceIndex: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.requestId = reader.bytes()
              break
            }
            case 2: {
              obj.timeMs = reader.uint64Number()
              break
            }
            case 3: {
              obj.seed = reader.uint32()
              break
            }
            case 6: {
              obj.sinceIndex = reader.uint64Number()
              break
            }
            case 4: {
              obj.sql = SqlRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.sql
              })
              break
            }
            case 5: {
              obj.kv = KvRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.kv
              })
              break
            }
            case 7: {
              obj.digest = DigestRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.digest
              })
              break
            }
            case 8: {
              obj.report = IntegrityReport.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.report
              })
              break
            }
            case 9: {
              obj.load = LoadStep.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.load
              })
              break
            }
            case 11: {
              obj.changesConfigure = ChangesConfigure.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.changesConfigure
              })
              break
            }
            case 12: {
              obj.changesDelivered = ChangesDelivered.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.changesDelivered
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.changesDelivered != null) {
          delete obj.changesConfigure
          delete obj.load
          delete obj.report
          delete obj.digest
          delete obj.kv
          delete obj.sql
        }

        if (obj.changesConfigure != null) {
          delete obj.changesDelivered
          delete obj.load
          delete obj.report
          delete obj.digest
          delete obj.kv
          delete obj.sql
        }

        if (obj.load != null) {
          delete obj.changesDelivered
          delete obj.changesConfigure
          delete obj.report
          delete obj.digest
          delete obj.kv
          delete obj.sql
        }

        if (obj.report != null) {
          delete obj.changesDelivered
          delete obj.changesConfigure
          delete obj.load
          delete obj.digest
          delete obj.kv
          delete obj.sql
        }

        if (obj.digest != null) {
          delete obj.changesDelivered
          delete obj.changesConfigure
          delete obj.load
          delete obj.report
          delete obj.kv
          delete obj.sql
        }

        if (obj.kv != null) {
          delete obj.changesDelivered
          delete obj.changesConfigure
          delete obj.load
          delete obj.report
          delete obj.digest
          delete obj.sql
        }

        if (obj.sql != null) {
          delete obj.changesDelivered
          delete obj.changesConfigure
          delete obj.load
          delete obj.report
          delete obj.digest
          delete obj.kv
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.requestId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.timeMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.seed`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.sinceIndex`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield * SqlRequest.codec().stream(reader, reader.uint32(), `${prefix}.sql`, {
                limits: opts.limits?.sql
              })

              break
            }
            case 5: {
              yield * KvRequest.codec().stream(reader, reader.uint32(), `${prefix}.kv`, {
                limits: opts.limits?.kv
              })

              break
            }
            case 7: {
              yield * DigestRequest.codec().stream(reader, reader.uint32(), `${prefix}.digest`, {
                limits: opts.limits?.digest
              })

              break
            }
            case 8: {
              yield * IntegrityReport.codec().stream(reader, reader.uint32(), `${prefix}.report`, {
                limits: opts.limits?.report
              })

              break
            }
            case 9: {
              yield * LoadStep.codec().stream(reader, reader.uint32(), `${prefix}.load`, {
                limits: opts.limits?.load
              })

              break
            }
            case 11: {
              yield * ChangesConfigure.codec().stream(reader, reader.uint32(), `${prefix}.changesConfigure`, {
                limits: opts.limits?.changesConfigure
              })

              break
            }
            case 12: {
              yield * ChangesDelivered.codec().stream(reader, reader.uint32(), `${prefix}.changesDelivered`, {
                limits: opts.limits?.changesDelivered
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

  export interface CommandRequestIdFieldEvent {
    field: '$.requestId'
    value: Uint8Array
  }

  export interface CommandTimeMsFieldEvent {
    field: '$.timeMs'
    value: number
  }

  export interface CommandSeedFieldEvent {
    field: '$.seed'
    value: number
  }

  export interface CommandSinceIndexFieldEvent {
    field: '$.sinceIndex'
    value: number
  }

  export interface CommandSqlNamespaceFieldEvent {
    field: '$.sql.namespace'
    value: string
  }

  export interface CommandSqlModeFieldEvent {
    field: '$.sql.mode'
    value: SqlMode
  }

  export interface CommandSqlTransactionFieldEvent {
    field: '$.sql.transaction'
    value: boolean
  }

  export interface CommandSqlStatementsSqlFieldEvent {
    field: '$.sql.statements[].sql'
    value: string
    index: number
  }

  export interface CommandSqlStatementsPositionalIntegerFieldEvent {
    field: '$.sql.statements[].positional[].integer'
    value: bigint
    index: number
  }

  export interface CommandSqlStatementsPositionalRealFieldEvent {
    field: '$.sql.statements[].positional[].real'
    value: number
    index: number
  }

  export interface CommandSqlStatementsPositionalTextFieldEvent {
    field: '$.sql.statements[].positional[].text'
    value: string
    index: number
  }

  export interface CommandSqlStatementsPositionalBlobFieldEvent {
    field: '$.sql.statements[].positional[].blob'
    value: Uint8Array
    index: number
  }

  export interface CommandSqlStatementsNamedNameFieldEvent {
    field: '$.sql.statements[].named[].name'
    value: string
    index: number
  }

  export interface CommandSqlStatementsNamedValueIntegerFieldEvent {
    field: '$.sql.statements[].named[].value.integer'
    value: bigint
    index: number
  }

  export interface CommandSqlStatementsNamedValueRealFieldEvent {
    field: '$.sql.statements[].named[].value.real'
    value: number
    index: number
  }

  export interface CommandSqlStatementsNamedValueTextFieldEvent {
    field: '$.sql.statements[].named[].value.text'
    value: string
    index: number
  }

  export interface CommandSqlStatementsNamedValueBlobFieldEvent {
    field: '$.sql.statements[].named[].value.blob'
    value: Uint8Array
    index: number
  }

  export interface CommandSqlStatementsSameSqlFieldEvent {
    field: '$.sql.statements[].sameSql'
    value: boolean
    index: number
  }

  export interface CommandSqlStepsMaxFieldEvent {
    field: '$.sql.stepsMax'
    value: number
  }

  export interface CommandSqlQualifyColumnsFieldEvent {
    field: '$.sql.qualifyColumns'
    value: boolean
  }

  export interface CommandKvNamespaceFieldEvent {
    field: '$.kv.namespace'
    value: string
  }

  export interface CommandKvOperationsPutKeyFieldEvent {
    field: '$.kv.operations[].put.key'
    value: Uint8Array
    index: number
  }

  export interface CommandKvOperationsPutValueFieldEvent {
    field: '$.kv.operations[].put.value'
    value: Uint8Array
    index: number
  }

  export interface CommandKvOperationsDeleteFieldEvent {
    field: '$.kv.operations[].delete'
    value: Uint8Array
    index: number
  }

  export interface CommandKvOperationsCompareAndSwapKeyFieldEvent {
    field: '$.kv.operations[].compareAndSwap.key'
    value: Uint8Array
    index: number
  }

  export interface CommandKvOperationsCompareAndSwapExpectedValueFieldEvent {
    field: '$.kv.operations[].compareAndSwap.expectedValue'
    value: Uint8Array
    index: number
  }

  export interface CommandKvOperationsCompareAndSwapExpectedRevisionFieldEvent {
    field: '$.kv.operations[].compareAndSwap.expectedRevision'
    value: number
    index: number
  }

  export interface CommandKvOperationsCompareAndSwapValueFieldEvent {
    field: '$.kv.operations[].compareAndSwap.value'
    value: Uint8Array
    index: number
  }

  export interface CommandReportIndexFieldEvent {
    field: '$.report.index'
    value: number
  }

  export interface CommandReportAgreeingFieldEvent {
    field: '$.report.agreeing[]'
    index: number
    value: string
  }

  export interface CommandReportDivergedFieldEvent {
    field: '$.report.diverged[]'
    index: number
    value: string
  }

  export interface CommandReportUncheckedFieldEvent {
    field: '$.report.unchecked[]'
    index: number
    value: string
  }

  export interface CommandLoadNamespaceFieldEvent {
    field: '$.load.namespace'
    value: string
  }

  export interface CommandLoadLoadIdFieldEvent {
    field: '$.load.loadId'
    value: Uint8Array
  }

  export interface CommandLoadActionFieldEvent {
    field: '$.load.action'
    value: LoadAction
  }

  export interface CommandLoadOffsetFieldEvent {
    field: '$.load.offset'
    value: number
  }

  export interface CommandLoadDataFieldEvent {
    field: '$.load.data'
    value: Uint8Array
  }

  export interface CommandChangesConfigureEnabledFieldEvent {
    field: '$.changesConfigure.enabled'
    value: boolean
  }

  export interface CommandChangesConfigureServiceIdFieldEvent {
    field: '$.changesConfigure.serviceId'
    value: string
  }

  export interface CommandChangesConfigureRowIdsOnlyFieldEvent {
    field: '$.changesConfigure.rowIdsOnly'
    value: boolean
  }

  export interface CommandChangesConfigureTableFilterFieldEvent {
    field: '$.changesConfigure.tableFilter'
    value: string
  }

  export interface CommandChangesDeliveredThroughFieldEvent {
    field: '$.changesDelivered.through'
    value: number
  }

  export function encode (obj: Partial<Command>): Uint8Array {
    return encodeMessage(obj, Command.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Command>): Command {
    return decodeMessage(buf, Command.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Command>): Generator<CommandRequestIdFieldEvent | CommandTimeMsFieldEvent | CommandSeedFieldEvent | CommandSinceIndexFieldEvent | CommandSqlNamespaceFieldEvent | CommandSqlModeFieldEvent | CommandSqlTransactionFieldEvent | CommandSqlStatementsSqlFieldEvent | CommandSqlStatementsPositionalIntegerFieldEvent | CommandSqlStatementsPositionalRealFieldEvent | CommandSqlStatementsPositionalTextFieldEvent | CommandSqlStatementsPositionalBlobFieldEvent | CommandSqlStatementsNamedNameFieldEvent | CommandSqlStatementsNamedValueIntegerFieldEvent | CommandSqlStatementsNamedValueRealFieldEvent | CommandSqlStatementsNamedValueTextFieldEvent | CommandSqlStatementsNamedValueBlobFieldEvent | CommandSqlStatementsSameSqlFieldEvent | CommandSqlStepsMaxFieldEvent | CommandSqlQualifyColumnsFieldEvent | CommandKvNamespaceFieldEvent | CommandKvOperationsPutKeyFieldEvent | CommandKvOperationsPutValueFieldEvent | CommandKvOperationsDeleteFieldEvent | CommandKvOperationsCompareAndSwapKeyFieldEvent | CommandKvOperationsCompareAndSwapExpectedValueFieldEvent | CommandKvOperationsCompareAndSwapExpectedRevisionFieldEvent | CommandKvOperationsCompareAndSwapValueFieldEvent | CommandReportIndexFieldEvent | CommandReportAgreeingFieldEvent | CommandReportDivergedFieldEvent | CommandReportUncheckedFieldEvent | CommandLoadNamespaceFieldEvent | CommandLoadLoadIdFieldEvent | CommandLoadActionFieldEvent | CommandLoadOffsetFieldEvent | CommandLoadDataFieldEvent | CommandChangesConfigureEnabledFieldEvent | CommandChangesConfigureServiceIdFieldEvent | CommandChangesConfigureRowIdsOnlyFieldEvent | CommandChangesConfigureTableFilterFieldEvent | CommandChangesDeliveredThroughFieldEvent> {
    return streamMessage(buf, Command.codec(), opts)
  }
}

export interface ChangesConfigure {
  enabled: boolean
  serviceId: string
  rowIdsOnly: boolean
  tableFilter: string
}

export namespace ChangesConfigure {
  let _codec: Codec<ChangesConfigure>

  export const codec = (): Codec<ChangesConfigure> => {
    if (_codec == null) {
      _codec = message<ChangesConfigure>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.enabled != null && obj.enabled !== false)) {
          w.uint32(8)
          w.bool(obj.enabled)
        }

        if ((obj.serviceId != null && obj.serviceId !== '')) {
          w.uint32(18)
          w.string(obj.serviceId)
        }

        if ((obj.rowIdsOnly != null && obj.rowIdsOnly !== false)) {
          w.uint32(24)
          w.bool(obj.rowIdsOnly)
        }

        if ((obj.tableFilter != null && obj.tableFilter !== '')) {
          w.uint32(34)
          w.string(obj.tableFilter)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          enabled: false,
          serviceId: '',
          rowIdsOnly: false,
          tableFilter: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.enabled = reader.bool()
              break
            }
            case 2: {
              obj.serviceId = reader.string()
              break
            }
            case 3: {
              obj.rowIdsOnly = reader.bool()
              break
            }
            case 4: {
              obj.tableFilter = reader.string()
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
                field: `${prefix}.enabled`,
                value: reader.bool()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.serviceId`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.rowIdsOnly`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.tableFilter`,
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

  export interface ChangesConfigureEnabledFieldEvent {
    field: '$.enabled'
    value: boolean
  }

  export interface ChangesConfigureServiceIdFieldEvent {
    field: '$.serviceId'
    value: string
  }

  export interface ChangesConfigureRowIdsOnlyFieldEvent {
    field: '$.rowIdsOnly'
    value: boolean
  }

  export interface ChangesConfigureTableFilterFieldEvent {
    field: '$.tableFilter'
    value: string
  }

  export function encode (obj: Partial<ChangesConfigure>): Uint8Array {
    return encodeMessage(obj, ChangesConfigure.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChangesConfigure>): ChangesConfigure {
    return decodeMessage(buf, ChangesConfigure.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChangesConfigure>): Generator<ChangesConfigureEnabledFieldEvent | ChangesConfigureServiceIdFieldEvent | ChangesConfigureRowIdsOnlyFieldEvent | ChangesConfigureTableFilterFieldEvent> {
    return streamMessage(buf, ChangesConfigure.codec(), opts)
  }
}

export interface ChangesDelivered {
  through: number
}

export namespace ChangesDelivered {
  let _codec: Codec<ChangesDelivered>

  export const codec = (): Codec<ChangesDelivered> => {
    if (_codec == null) {
      _codec = message<ChangesDelivered>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.through != null && obj.through !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.through)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          through: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.through = reader.uint64Number()
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
                field: `${prefix}.through`,
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

  export interface ChangesDeliveredThroughFieldEvent {
    field: '$.through'
    value: number
  }

  export function encode (obj: Partial<ChangesDelivered>): Uint8Array {
    return encodeMessage(obj, ChangesDelivered.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChangesDelivered>): ChangesDelivered {
    return decodeMessage(buf, ChangesDelivered.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChangesDelivered>): Generator<ChangesDeliveredThroughFieldEvent> {
    return streamMessage(buf, ChangesDelivered.codec(), opts)
  }
}

export interface DigestRequest {}

export namespace DigestRequest {
  let _codec: Codec<DigestRequest>

  export const codec = (): Codec<DigestRequest> => {
    if (_codec == null) {
      _codec = message<DigestRequest>((obj, w, opts = {}) => {
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

  export function encode (obj: Partial<DigestRequest>): Uint8Array {
    return encodeMessage(obj, DigestRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DigestRequest>): DigestRequest {
    return decodeMessage(buf, DigestRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DigestRequest>): Generator<{}> {
    return streamMessage(buf, DigestRequest.codec(), opts)
  }
}

export interface IntegrityReport {
  index: number
  agreeing: string[]
  diverged: string[]
  unchecked: string[]
}

export namespace IntegrityReport {
  let _codec: Codec<IntegrityReport>

  export const codec = (): Codec<IntegrityReport> => {
    if (_codec == null) {
      _codec = message<IntegrityReport>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.index)
        }

        if (obj.agreeing != null && obj.agreeing.length > 0) {
          for (const value of obj.agreeing) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.diverged != null && obj.diverged.length > 0) {
          for (const value of obj.diverged) {
            w.uint32(26)
            w.string(value)
          }
        }

        if (obj.unchecked != null && obj.unchecked.length > 0) {
          for (const value of obj.unchecked) {
            w.uint32(34)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          agreeing: [],
          diverged: [],
          unchecked: []
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
              if (opts.limits?.agreeing != null && obj.agreeing.length === opts.limits.agreeing) {
                throw new MaxLengthError('Decode error - repeated field "agreeing" had too many elements')
              }

              obj.agreeing.push(reader.string())
              break
            }
            case 3: {
              if (opts.limits?.diverged != null && obj.diverged.length === opts.limits.diverged) {
                throw new MaxLengthError('Decode error - repeated field "diverged" had too many elements')
              }

              obj.diverged.push(reader.string())
              break
            }
            case 4: {
              if (opts.limits?.unchecked != null && obj.unchecked.length === opts.limits.unchecked) {
                throw new MaxLengthError('Decode error - repeated field "unchecked" had too many elements')
              }

              obj.unchecked.push(reader.string())
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
          agreeing: 0,
          diverged: 0,
          unchecked: 0
        }

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
              if (opts.limits?.agreeing != null && obj.agreeing === opts.limits.agreeing) {
                throw new MaxLengthError('Streaming decode error - repeated field "agreeing" had too many elements')
              }

              yield {
                field: `${prefix}.agreeing[]`,
                index: obj.agreeing,
                value: reader.string()
              }

              obj.agreeing++

              break
            }
            case 3: {
              if (opts.limits?.diverged != null && obj.diverged === opts.limits.diverged) {
                throw new MaxLengthError('Streaming decode error - repeated field "diverged" had too many elements')
              }

              yield {
                field: `${prefix}.diverged[]`,
                index: obj.diverged,
                value: reader.string()
              }

              obj.diverged++

              break
            }
            case 4: {
              if (opts.limits?.unchecked != null && obj.unchecked === opts.limits.unchecked) {
                throw new MaxLengthError('Streaming decode error - repeated field "unchecked" had too many elements')
              }

              yield {
                field: `${prefix}.unchecked[]`,
                index: obj.unchecked,
                value: reader.string()
              }

              obj.unchecked++

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

  export interface IntegrityReportIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface IntegrityReportAgreeingFieldEvent {
    field: '$.agreeing[]'
    index: number
    value: string
  }

  export interface IntegrityReportDivergedFieldEvent {
    field: '$.diverged[]'
    index: number
    value: string
  }

  export interface IntegrityReportUncheckedFieldEvent {
    field: '$.unchecked[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<IntegrityReport>): Uint8Array {
    return encodeMessage(obj, IntegrityReport.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<IntegrityReport>): IntegrityReport {
    return decodeMessage(buf, IntegrityReport.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<IntegrityReport>): Generator<IntegrityReportIndexFieldEvent | IntegrityReportAgreeingFieldEvent | IntegrityReportDivergedFieldEvent | IntegrityReportUncheckedFieldEvent> {
    return streamMessage(buf, IntegrityReport.codec(), opts)
  }
}

export interface DigestQuery {
  index: number
  timeoutMs: number
}

export namespace DigestQuery {
  let _codec: Codec<DigestQuery>

  export const codec = (): Codec<DigestQuery> => {
    if (_codec == null) {
      _codec = message<DigestQuery>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.index)
        }

        if ((obj.timeoutMs != null && obj.timeoutMs !== 0)) {
          w.uint32(16)
          w.uint32(obj.timeoutMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          timeoutMs: 0
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
              obj.timeoutMs = reader.uint32()
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
                field: `${prefix}.timeoutMs`,
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

  export interface DigestQueryIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface DigestQueryTimeoutMsFieldEvent {
    field: '$.timeoutMs'
    value: number
  }

  export function encode (obj: Partial<DigestQuery>): Uint8Array {
    return encodeMessage(obj, DigestQuery.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DigestQuery>): DigestQuery {
    return decodeMessage(buf, DigestQuery.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DigestQuery>): Generator<DigestQueryIndexFieldEvent | DigestQueryTimeoutMsFieldEvent> {
    return streamMessage(buf, DigestQuery.codec(), opts)
  }
}

export interface DigestAnswer {
  sql: string
  kv: string
}

export namespace DigestAnswer {
  let _codec: Codec<DigestAnswer>

  export const codec = (): Codec<DigestAnswer> => {
    if (_codec == null) {
      _codec = message<DigestAnswer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sql != null && obj.sql !== '')) {
          w.uint32(10)
          w.string(obj.sql)
        }

        if ((obj.kv != null && obj.kv !== '')) {
          w.uint32(18)
          w.string(obj.kv)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sql: '',
          kv: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sql = reader.string()
              break
            }
            case 2: {
              obj.kv = reader.string()
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
                field: `${prefix}.sql`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.kv`,
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

  export interface DigestAnswerSqlFieldEvent {
    field: '$.sql'
    value: string
  }

  export interface DigestAnswerKvFieldEvent {
    field: '$.kv'
    value: string
  }

  export function encode (obj: Partial<DigestAnswer>): Uint8Array {
    return encodeMessage(obj, DigestAnswer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DigestAnswer>): DigestAnswer {
    return decodeMessage(buf, DigestAnswer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DigestAnswer>): Generator<DigestAnswerSqlFieldEvent | DigestAnswerKvFieldEvent> {
    return streamMessage(buf, DigestAnswer.codec(), opts)
  }
}

export enum SqlMode {
  EXECUTE = 'EXECUTE',
  QUERY = 'QUERY',
  REQUEST = 'REQUEST'
}

enum __SqlModeValues {
  EXECUTE = 0,
  QUERY = 1,
  REQUEST = 2
}

export namespace SqlMode {
  export const codec = (): Codec<SqlMode> => {
    return enumeration<SqlMode>(__SqlModeValues)
  }
}

export interface SqlRequest {
  namespace: string
  mode: SqlMode
  transaction: boolean
  statements: SqlStatement[]
  stepsMax: number
  qualifyColumns: boolean
}

export namespace SqlRequest {
  let _codec: Codec<SqlRequest>

  export const codec = (): Codec<SqlRequest> => {
    if (_codec == null) {
      _codec = message<SqlRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.namespace != null && obj.namespace !== '')) {
          w.uint32(10)
          w.string(obj.namespace)
        }

        if (obj.mode != null && __SqlModeValues[obj.mode] !== 0) {
          w.uint32(16)
          SqlMode.codec().encode(obj.mode, w)
        }

        if ((obj.transaction != null && obj.transaction !== false)) {
          w.uint32(24)
          w.bool(obj.transaction)
        }

        if (obj.statements != null && obj.statements.length > 0) {
          for (const value of obj.statements) {
            w.uint32(34)
            SqlStatement.codec().encode(value, w)
          }
        }

        if ((obj.stepsMax != null && obj.stepsMax !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.stepsMax)
        }

        if ((obj.qualifyColumns != null && obj.qualifyColumns !== false)) {
          w.uint32(48)
          w.bool(obj.qualifyColumns)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          namespace: '',
          mode: SqlMode.EXECUTE,
          transaction: false,
          statements: [],
          stepsMax: 0,
          qualifyColumns: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.namespace = reader.string()
              break
            }
            case 2: {
              obj.mode = SqlMode.codec().decode(reader)
              break
            }
            case 3: {
              obj.transaction = reader.bool()
              break
            }
            case 4: {
              if (opts.limits?.statements != null && obj.statements.length === opts.limits.statements) {
                throw new MaxLengthError('Decode error - repeated field "statements" had too many elements')
              }

              obj.statements.push(SqlStatement.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.statements$
              }))
              break
            }
            case 5: {
              obj.stepsMax = reader.uint64Number()
              break
            }
            case 6: {
              obj.qualifyColumns = reader.bool()
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
          statements: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.namespace`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.mode`,
                value: SqlMode.codec().decode(reader)
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.transaction`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              if (opts.limits?.statements != null && obj.statements === opts.limits.statements) {
                throw new MaxLengthError('Streaming decode error - repeated field "statements" had too many elements')
              }

              for (const evt of SqlStatement.codec().stream(reader, reader.uint32(), `${prefix}.statements[]`, {
                limits: opts.limits?.statements$
              })) {
                yield {
                  ...evt,
                  index: obj.statements
                }
              }

              obj.statements++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.stepsMax`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.qualifyColumns`,
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

  export interface SqlRequestNamespaceFieldEvent {
    field: '$.namespace'
    value: string
  }

  export interface SqlRequestModeFieldEvent {
    field: '$.mode'
    value: SqlMode
  }

  export interface SqlRequestTransactionFieldEvent {
    field: '$.transaction'
    value: boolean
  }

  export interface SqlRequestStatementsSqlFieldEvent {
    field: '$.statements[].sql'
    value: string
    index: number
  }

  export interface SqlRequestStatementsPositionalIntegerFieldEvent {
    field: '$.statements[].positional[].integer'
    value: bigint
    index: number
  }

  export interface SqlRequestStatementsPositionalRealFieldEvent {
    field: '$.statements[].positional[].real'
    value: number
    index: number
  }

  export interface SqlRequestStatementsPositionalTextFieldEvent {
    field: '$.statements[].positional[].text'
    value: string
    index: number
  }

  export interface SqlRequestStatementsPositionalBlobFieldEvent {
    field: '$.statements[].positional[].blob'
    value: Uint8Array
    index: number
  }

  export interface SqlRequestStatementsNamedNameFieldEvent {
    field: '$.statements[].named[].name'
    value: string
    index: number
  }

  export interface SqlRequestStatementsNamedValueIntegerFieldEvent {
    field: '$.statements[].named[].value.integer'
    value: bigint
    index: number
  }

  export interface SqlRequestStatementsNamedValueRealFieldEvent {
    field: '$.statements[].named[].value.real'
    value: number
    index: number
  }

  export interface SqlRequestStatementsNamedValueTextFieldEvent {
    field: '$.statements[].named[].value.text'
    value: string
    index: number
  }

  export interface SqlRequestStatementsNamedValueBlobFieldEvent {
    field: '$.statements[].named[].value.blob'
    value: Uint8Array
    index: number
  }

  export interface SqlRequestStatementsSameSqlFieldEvent {
    field: '$.statements[].sameSql'
    value: boolean
    index: number
  }

  export interface SqlRequestStepsMaxFieldEvent {
    field: '$.stepsMax'
    value: number
  }

  export interface SqlRequestQualifyColumnsFieldEvent {
    field: '$.qualifyColumns'
    value: boolean
  }

  export function encode (obj: Partial<SqlRequest>): Uint8Array {
    return encodeMessage(obj, SqlRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlRequest>): SqlRequest {
    return decodeMessage(buf, SqlRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlRequest>): Generator<SqlRequestNamespaceFieldEvent | SqlRequestModeFieldEvent | SqlRequestTransactionFieldEvent | SqlRequestStatementsSqlFieldEvent | SqlRequestStatementsPositionalIntegerFieldEvent | SqlRequestStatementsPositionalRealFieldEvent | SqlRequestStatementsPositionalTextFieldEvent | SqlRequestStatementsPositionalBlobFieldEvent | SqlRequestStatementsNamedNameFieldEvent | SqlRequestStatementsNamedValueIntegerFieldEvent | SqlRequestStatementsNamedValueRealFieldEvent | SqlRequestStatementsNamedValueTextFieldEvent | SqlRequestStatementsNamedValueBlobFieldEvent | SqlRequestStatementsSameSqlFieldEvent | SqlRequestStepsMaxFieldEvent | SqlRequestQualifyColumnsFieldEvent> {
    return streamMessage(buf, SqlRequest.codec(), opts)
  }
}

export interface SqlStatement {
  sql: string
  positional: SqlValue[]
  named: SqlNamed[]
  sameSql: boolean
}

export namespace SqlStatement {
  let _codec: Codec<SqlStatement>

  export const codec = (): Codec<SqlStatement> => {
    if (_codec == null) {
      _codec = message<SqlStatement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sql != null && obj.sql !== '')) {
          w.uint32(10)
          w.string(obj.sql)
        }

        if (obj.positional != null && obj.positional.length > 0) {
          for (const value of obj.positional) {
            w.uint32(18)
            SqlValue.codec().encode(value, w)
          }
        }

        if (obj.named != null && obj.named.length > 0) {
          for (const value of obj.named) {
            w.uint32(26)
            SqlNamed.codec().encode(value, w)
          }
        }

        if ((obj.sameSql != null && obj.sameSql !== false)) {
          w.uint32(32)
          w.bool(obj.sameSql)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sql: '',
          positional: [],
          named: [],
          sameSql: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sql = reader.string()
              break
            }
            case 2: {
              if (opts.limits?.positional != null && obj.positional.length === opts.limits.positional) {
                throw new MaxLengthError('Decode error - repeated field "positional" had too many elements')
              }

              obj.positional.push(SqlValue.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.positional$
              }))
              break
            }
            case 3: {
              if (opts.limits?.named != null && obj.named.length === opts.limits.named) {
                throw new MaxLengthError('Decode error - repeated field "named" had too many elements')
              }

              obj.named.push(SqlNamed.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.named$
              }))
              break
            }
            case 4: {
              obj.sameSql = reader.bool()
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
          positional: 0,
          named: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sql`,
                value: reader.string()
              }
              break
            }
            case 2: {
              if (opts.limits?.positional != null && obj.positional === opts.limits.positional) {
                throw new MaxLengthError('Streaming decode error - repeated field "positional" had too many elements')
              }

              for (const evt of SqlValue.codec().stream(reader, reader.uint32(), `${prefix}.positional[]`, {
                limits: opts.limits?.positional$
              })) {
                yield {
                  ...evt,
                  index: obj.positional
                }
              }

              obj.positional++

              break
            }
            case 3: {
              if (opts.limits?.named != null && obj.named === opts.limits.named) {
                throw new MaxLengthError('Streaming decode error - repeated field "named" had too many elements')
              }

              for (const evt of SqlNamed.codec().stream(reader, reader.uint32(), `${prefix}.named[]`, {
                limits: opts.limits?.named$
              })) {
                yield {
                  ...evt,
                  index: obj.named
                }
              }

              obj.named++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.sameSql`,
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

  export interface SqlStatementSqlFieldEvent {
    field: '$.sql'
    value: string
  }

  export interface SqlStatementPositionalIntegerFieldEvent {
    field: '$.positional[].integer'
    value: bigint
    index: number
  }

  export interface SqlStatementPositionalRealFieldEvent {
    field: '$.positional[].real'
    value: number
    index: number
  }

  export interface SqlStatementPositionalTextFieldEvent {
    field: '$.positional[].text'
    value: string
    index: number
  }

  export interface SqlStatementPositionalBlobFieldEvent {
    field: '$.positional[].blob'
    value: Uint8Array
    index: number
  }

  export interface SqlStatementNamedNameFieldEvent {
    field: '$.named[].name'
    value: string
    index: number
  }

  export interface SqlStatementNamedValueIntegerFieldEvent {
    field: '$.named[].value.integer'
    value: bigint
    index: number
  }

  export interface SqlStatementNamedValueRealFieldEvent {
    field: '$.named[].value.real'
    value: number
    index: number
  }

  export interface SqlStatementNamedValueTextFieldEvent {
    field: '$.named[].value.text'
    value: string
    index: number
  }

  export interface SqlStatementNamedValueBlobFieldEvent {
    field: '$.named[].value.blob'
    value: Uint8Array
    index: number
  }

  export interface SqlStatementSameSqlFieldEvent {
    field: '$.sameSql'
    value: boolean
  }

  export function encode (obj: Partial<SqlStatement>): Uint8Array {
    return encodeMessage(obj, SqlStatement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlStatement>): SqlStatement {
    return decodeMessage(buf, SqlStatement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlStatement>): Generator<SqlStatementSqlFieldEvent | SqlStatementPositionalIntegerFieldEvent | SqlStatementPositionalRealFieldEvent | SqlStatementPositionalTextFieldEvent | SqlStatementPositionalBlobFieldEvent | SqlStatementNamedNameFieldEvent | SqlStatementNamedValueIntegerFieldEvent | SqlStatementNamedValueRealFieldEvent | SqlStatementNamedValueTextFieldEvent | SqlStatementNamedValueBlobFieldEvent | SqlStatementSameSqlFieldEvent> {
    return streamMessage(buf, SqlStatement.codec(), opts)
  }
}

export interface SqlNamed {
  name: string
  value?: SqlValue
}

export namespace SqlNamed {
  let _codec: Codec<SqlNamed>

  export const codec = (): Codec<SqlNamed> => {
    if (_codec == null) {
      _codec = message<SqlNamed>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(10)
          w.string(obj.name)
        }

        if (obj.value != null) {
          w.uint32(18)
          SqlValue.codec().encode(obj.value, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.name = reader.string()
              break
            }
            case 2: {
              obj.value = SqlValue.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.value
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
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield * SqlValue.codec().stream(reader, reader.uint32(), `${prefix}.value`, {
                limits: opts.limits?.value
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

  export interface SqlNamedNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface SqlNamedValueIntegerFieldEvent {
    field: '$.value.integer'
    value: bigint
  }

  export interface SqlNamedValueRealFieldEvent {
    field: '$.value.real'
    value: number
  }

  export interface SqlNamedValueTextFieldEvent {
    field: '$.value.text'
    value: string
  }

  export interface SqlNamedValueBlobFieldEvent {
    field: '$.value.blob'
    value: Uint8Array
  }

  export function encode (obj: Partial<SqlNamed>): Uint8Array {
    return encodeMessage(obj, SqlNamed.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlNamed>): SqlNamed {
    return decodeMessage(buf, SqlNamed.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlNamed>): Generator<SqlNamedNameFieldEvent | SqlNamedValueIntegerFieldEvent | SqlNamedValueRealFieldEvent | SqlNamedValueTextFieldEvent | SqlNamedValueBlobFieldEvent> {
    return streamMessage(buf, SqlNamed.codec(), opts)
  }
}

export interface SqlValue {
  integer?: bigint
  real?: number
  text?: string
  blob?: Uint8Array
}

export namespace SqlValue {
  let _codec: Codec<SqlValue>

  export const codec = (): Codec<SqlValue> => {
    if (_codec == null) {
      _codec = message<SqlValue>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.blob != null) {
          obj.text = undefined
          obj.real = undefined
          obj.integer = undefined
        }

        if (obj.text != null) {
          obj.blob = undefined
          obj.real = undefined
          obj.integer = undefined
        }

        if (obj.real != null) {
          obj.blob = undefined
          obj.text = undefined
          obj.integer = undefined
        }

        if (obj.integer != null) {
          obj.blob = undefined
          obj.text = undefined
          obj.real = undefined
        }

        if (obj.integer != null) {
          w.uint32(8)
          writeSint64(w, obj.integer)
        }

        if (obj.real != null) {
          w.uint32(17)
          w.double(obj.real)
        }

        if (obj.text != null) {
          w.uint32(26)
          w.string(obj.text)
        }

        if (obj.blob != null) {
          w.uint32(34)
          w.bytes(obj.blob)
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
              obj.integer = reader.sint64()
              break
            }
            case 2: {
              obj.real = reader.double()
              break
            }
            case 3: {
              obj.text = reader.string()
              break
            }
            case 4: {
              obj.blob = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.blob != null) {
          delete obj.text
          delete obj.real
          delete obj.integer
        }

        if (obj.text != null) {
          delete obj.blob
          delete obj.real
          delete obj.integer
        }

        if (obj.real != null) {
          delete obj.blob
          delete obj.text
          delete obj.integer
        }

        if (obj.integer != null) {
          delete obj.blob
          delete obj.text
          delete obj.real
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.integer`,
                value: reader.sint64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.real`,
                value: reader.double()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.blob`,
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

  export interface SqlValueIntegerFieldEvent {
    field: '$.integer'
    value: bigint
  }

  export interface SqlValueRealFieldEvent {
    field: '$.real'
    value: number
  }

  export interface SqlValueTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface SqlValueBlobFieldEvent {
    field: '$.blob'
    value: Uint8Array
  }

  export function encode (obj: Partial<SqlValue>): Uint8Array {
    return encodeMessage(obj, SqlValue.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlValue>): SqlValue {
    return decodeMessage(buf, SqlValue.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlValue>): Generator<SqlValueIntegerFieldEvent | SqlValueRealFieldEvent | SqlValueTextFieldEvent | SqlValueBlobFieldEvent> {
    return streamMessage(buf, SqlValue.codec(), opts)
  }
}

export enum LoadAction {
  STAGE = 'STAGE',
  COMMIT_FILE = 'COMMIT_FILE',
  COMMIT_TEXT = 'COMMIT_TEXT',
  ABORT = 'ABORT'
}

enum __LoadActionValues {
  STAGE = 0,
  COMMIT_FILE = 1,
  COMMIT_TEXT = 2,
  ABORT = 3
}

export namespace LoadAction {
  export const codec = (): Codec<LoadAction> => {
    return enumeration<LoadAction>(__LoadActionValues)
  }
}

export interface LoadStep {
  namespace: string
  loadId: Uint8Array
  action: LoadAction
  offset: number
  data: Uint8Array
}

export namespace LoadStep {
  let _codec: Codec<LoadStep>

  export const codec = (): Codec<LoadStep> => {
    if (_codec == null) {
      _codec = message<LoadStep>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.namespace != null && obj.namespace !== '')) {
          w.uint32(10)
          w.string(obj.namespace)
        }

        if ((obj.loadId != null && obj.loadId.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.loadId)
        }

        if (obj.action != null && __LoadActionValues[obj.action] !== 0) {
          w.uint32(24)
          LoadAction.codec().encode(obj.action, w)
        }

        if ((obj.offset != null && obj.offset !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.offset)
        }

        if ((obj.data != null && obj.data.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.data)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          namespace: '',
          loadId: uint8ArrayAlloc(0),
          action: LoadAction.STAGE,
          offset: 0,
          data: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.namespace = reader.string()
              break
            }
            case 2: {
              obj.loadId = reader.bytes()
              break
            }
            case 3: {
              obj.action = LoadAction.codec().decode(reader)
              break
            }
            case 4: {
              obj.offset = reader.uint64Number()
              break
            }
            case 5: {
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
                field: `${prefix}.namespace`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.loadId`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.action`,
                value: LoadAction.codec().decode(reader)
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.offset`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
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

  export interface LoadStepNamespaceFieldEvent {
    field: '$.namespace'
    value: string
  }

  export interface LoadStepLoadIdFieldEvent {
    field: '$.loadId'
    value: Uint8Array
  }

  export interface LoadStepActionFieldEvent {
    field: '$.action'
    value: LoadAction
  }

  export interface LoadStepOffsetFieldEvent {
    field: '$.offset'
    value: number
  }

  export interface LoadStepDataFieldEvent {
    field: '$.data'
    value: Uint8Array
  }

  export function encode (obj: Partial<LoadStep>): Uint8Array {
    return encodeMessage(obj, LoadStep.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LoadStep>): LoadStep {
    return decodeMessage(buf, LoadStep.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LoadStep>): Generator<LoadStepNamespaceFieldEvent | LoadStepLoadIdFieldEvent | LoadStepActionFieldEvent | LoadStepOffsetFieldEvent | LoadStepDataFieldEvent> {
    return streamMessage(buf, LoadStep.codec(), opts)
  }
}

export interface LoadRequest {
  requestId: Uint8Array
  sinceIndex: number
  timeoutMs: number
  step?: LoadStep
  username?: string
  password?: string
}

export namespace LoadRequest {
  let _codec: Codec<LoadRequest>

  export const codec = (): Codec<LoadRequest> => {
    if (_codec == null) {
      _codec = message<LoadRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.requestId != null && obj.requestId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.requestId)
        }

        if ((obj.sinceIndex != null && obj.sinceIndex !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.sinceIndex)
        }

        if ((obj.timeoutMs != null && obj.timeoutMs !== 0)) {
          w.uint32(24)
          w.uint32(obj.timeoutMs)
        }

        if (obj.step != null) {
          w.uint32(34)
          LoadStep.codec().encode(obj.step, w)
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
          requestId: uint8ArrayAlloc(0),
          sinceIndex: 0,
          timeoutMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.requestId = reader.bytes()
              break
            }
            case 2: {
              obj.sinceIndex = reader.uint64Number()
              break
            }
            case 3: {
              obj.timeoutMs = reader.uint32()
              break
            }
            case 4: {
              obj.step = LoadStep.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.step
              })
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
                field: `${prefix}.requestId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sinceIndex`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.timeoutMs`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield * LoadStep.codec().stream(reader, reader.uint32(), `${prefix}.step`, {
                limits: opts.limits?.step
              })

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

  export interface LoadRequestRequestIdFieldEvent {
    field: '$.requestId'
    value: Uint8Array
  }

  export interface LoadRequestSinceIndexFieldEvent {
    field: '$.sinceIndex'
    value: number
  }

  export interface LoadRequestTimeoutMsFieldEvent {
    field: '$.timeoutMs'
    value: number
  }

  export interface LoadRequestStepNamespaceFieldEvent {
    field: '$.step.namespace'
    value: string
  }

  export interface LoadRequestStepLoadIdFieldEvent {
    field: '$.step.loadId'
    value: Uint8Array
  }

  export interface LoadRequestStepActionFieldEvent {
    field: '$.step.action'
    value: LoadAction
  }

  export interface LoadRequestStepOffsetFieldEvent {
    field: '$.step.offset'
    value: number
  }

  export interface LoadRequestStepDataFieldEvent {
    field: '$.step.data'
    value: Uint8Array
  }

  export interface LoadRequestUsernameFieldEvent {
    field: '$.username'
    value: string
  }

  export interface LoadRequestPasswordFieldEvent {
    field: '$.password'
    value: string
  }

  export function encode (obj: Partial<LoadRequest>): Uint8Array {
    return encodeMessage(obj, LoadRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LoadRequest>): LoadRequest {
    return decodeMessage(buf, LoadRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LoadRequest>): Generator<LoadRequestRequestIdFieldEvent | LoadRequestSinceIndexFieldEvent | LoadRequestTimeoutMsFieldEvent | LoadRequestStepNamespaceFieldEvent | LoadRequestStepLoadIdFieldEvent | LoadRequestStepActionFieldEvent | LoadRequestStepOffsetFieldEvent | LoadRequestStepDataFieldEvent | LoadRequestUsernameFieldEvent | LoadRequestPasswordFieldEvent> {
    return streamMessage(buf, LoadRequest.codec(), opts)
  }
}

export interface KvRequest {
  namespace: string
  operations: KvOperation[]
}

export namespace KvRequest {
  let _codec: Codec<KvRequest>

  export const codec = (): Codec<KvRequest> => {
    if (_codec == null) {
      _codec = message<KvRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.namespace != null && obj.namespace !== '')) {
          w.uint32(10)
          w.string(obj.namespace)
        }

        if (obj.operations != null && obj.operations.length > 0) {
          for (const value of obj.operations) {
            w.uint32(18)
            KvOperation.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          namespace: '',
          operations: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.namespace = reader.string()
              break
            }
            case 2: {
              if (opts.limits?.operations != null && obj.operations.length === opts.limits.operations) {
                throw new MaxLengthError('Decode error - repeated field "operations" had too many elements')
              }

              obj.operations.push(KvOperation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.operations$
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
          operations: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.namespace`,
                value: reader.string()
              }
              break
            }
            case 2: {
              if (opts.limits?.operations != null && obj.operations === opts.limits.operations) {
                throw new MaxLengthError('Streaming decode error - repeated field "operations" had too many elements')
              }

              for (const evt of KvOperation.codec().stream(reader, reader.uint32(), `${prefix}.operations[]`, {
                limits: opts.limits?.operations$
              })) {
                yield {
                  ...evt,
                  index: obj.operations
                }
              }

              obj.operations++

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

  export interface KvRequestNamespaceFieldEvent {
    field: '$.namespace'
    value: string
  }

  export interface KvRequestOperationsPutKeyFieldEvent {
    field: '$.operations[].put.key'
    value: Uint8Array
    index: number
  }

  export interface KvRequestOperationsPutValueFieldEvent {
    field: '$.operations[].put.value'
    value: Uint8Array
    index: number
  }

  export interface KvRequestOperationsDeleteFieldEvent {
    field: '$.operations[].delete'
    value: Uint8Array
    index: number
  }

  export interface KvRequestOperationsCompareAndSwapKeyFieldEvent {
    field: '$.operations[].compareAndSwap.key'
    value: Uint8Array
    index: number
  }

  export interface KvRequestOperationsCompareAndSwapExpectedValueFieldEvent {
    field: '$.operations[].compareAndSwap.expectedValue'
    value: Uint8Array
    index: number
  }

  export interface KvRequestOperationsCompareAndSwapExpectedRevisionFieldEvent {
    field: '$.operations[].compareAndSwap.expectedRevision'
    value: number
    index: number
  }

  export interface KvRequestOperationsCompareAndSwapValueFieldEvent {
    field: '$.operations[].compareAndSwap.value'
    value: Uint8Array
    index: number
  }

  export function encode (obj: Partial<KvRequest>): Uint8Array {
    return encodeMessage(obj, KvRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvRequest>): KvRequest {
    return decodeMessage(buf, KvRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvRequest>): Generator<KvRequestNamespaceFieldEvent | KvRequestOperationsPutKeyFieldEvent | KvRequestOperationsPutValueFieldEvent | KvRequestOperationsDeleteFieldEvent | KvRequestOperationsCompareAndSwapKeyFieldEvent | KvRequestOperationsCompareAndSwapExpectedValueFieldEvent | KvRequestOperationsCompareAndSwapExpectedRevisionFieldEvent | KvRequestOperationsCompareAndSwapValueFieldEvent> {
    return streamMessage(buf, KvRequest.codec(), opts)
  }
}

export interface KvOperation {
  put?: KvPut
  delete?: Uint8Array
  compareAndSwap?: KvCompareAndSwap
}

export namespace KvOperation {
  let _codec: Codec<KvOperation>

  export const codec = (): Codec<KvOperation> => {
    if (_codec == null) {
      _codec = message<KvOperation>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.compareAndSwap != null) {
          obj.delete = undefined
          obj.put = undefined
        }

        if (obj.delete != null) {
          obj.compareAndSwap = undefined
          obj.put = undefined
        }

        if (obj.put != null) {
          obj.compareAndSwap = undefined
          obj.delete = undefined
        }

        if (obj.put != null) {
          w.uint32(10)
          KvPut.codec().encode(obj.put, w)
        }

        if (obj.delete != null) {
          w.uint32(18)
          w.bytes(obj.delete)
        }

        if (obj.compareAndSwap != null) {
          w.uint32(26)
          KvCompareAndSwap.codec().encode(obj.compareAndSwap, w)
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
              obj.put = KvPut.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.put
              })
              break
            }
            case 2: {
              obj.delete = reader.bytes()
              break
            }
            case 3: {
              obj.compareAndSwap = KvCompareAndSwap.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.compareAndSwap
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.compareAndSwap != null) {
          delete obj.delete
          delete obj.put
        }

        if (obj.delete != null) {
          delete obj.compareAndSwap
          delete obj.put
        }

        if (obj.put != null) {
          delete obj.compareAndSwap
          delete obj.delete
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * KvPut.codec().stream(reader, reader.uint32(), `${prefix}.put`, {
                limits: opts.limits?.put
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.delete`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield * KvCompareAndSwap.codec().stream(reader, reader.uint32(), `${prefix}.compareAndSwap`, {
                limits: opts.limits?.compareAndSwap
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

  export interface KvOperationPutKeyFieldEvent {
    field: '$.put.key'
    value: Uint8Array
  }

  export interface KvOperationPutValueFieldEvent {
    field: '$.put.value'
    value: Uint8Array
  }

  export interface KvOperationDeleteFieldEvent {
    field: '$.delete'
    value: Uint8Array
  }

  export interface KvOperationCompareAndSwapKeyFieldEvent {
    field: '$.compareAndSwap.key'
    value: Uint8Array
  }

  export interface KvOperationCompareAndSwapExpectedValueFieldEvent {
    field: '$.compareAndSwap.expectedValue'
    value: Uint8Array
  }

  export interface KvOperationCompareAndSwapExpectedRevisionFieldEvent {
    field: '$.compareAndSwap.expectedRevision'
    value: number
  }

  export interface KvOperationCompareAndSwapValueFieldEvent {
    field: '$.compareAndSwap.value'
    value: Uint8Array
  }

  export function encode (obj: Partial<KvOperation>): Uint8Array {
    return encodeMessage(obj, KvOperation.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvOperation>): KvOperation {
    return decodeMessage(buf, KvOperation.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvOperation>): Generator<KvOperationPutKeyFieldEvent | KvOperationPutValueFieldEvent | KvOperationDeleteFieldEvent | KvOperationCompareAndSwapKeyFieldEvent | KvOperationCompareAndSwapExpectedValueFieldEvent | KvOperationCompareAndSwapExpectedRevisionFieldEvent | KvOperationCompareAndSwapValueFieldEvent> {
    return streamMessage(buf, KvOperation.codec(), opts)
  }
}

export interface KvPut {
  key: Uint8Array
  value: Uint8Array
}

export namespace KvPut {
  let _codec: Codec<KvPut>

  export const codec = (): Codec<KvPut> => {
    if (_codec == null) {
      _codec = message<KvPut>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.key != null && obj.key.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.key)
        }

        if ((obj.value != null && obj.value.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.value)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          key: uint8ArrayAlloc(0),
          value: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = reader.bytes()
              break
            }
            case 2: {
              obj.value = reader.bytes()
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
                field: `${prefix}.key`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.value`,
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

  export interface KvPutKeyFieldEvent {
    field: '$.key'
    value: Uint8Array
  }

  export interface KvPutValueFieldEvent {
    field: '$.value'
    value: Uint8Array
  }

  export function encode (obj: Partial<KvPut>): Uint8Array {
    return encodeMessage(obj, KvPut.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvPut>): KvPut {
    return decodeMessage(buf, KvPut.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvPut>): Generator<KvPutKeyFieldEvent | KvPutValueFieldEvent> {
    return streamMessage(buf, KvPut.codec(), opts)
  }
}

export interface KvCompareAndSwap {
  key: Uint8Array
  expectedValue?: Uint8Array
  expectedRevision?: number
  value?: Uint8Array
}

export namespace KvCompareAndSwap {
  let _codec: Codec<KvCompareAndSwap>

  export const codec = (): Codec<KvCompareAndSwap> => {
    if (_codec == null) {
      _codec = message<KvCompareAndSwap>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.expectedRevision != null) {
          obj.expectedValue = undefined
        }

        if (obj.expectedValue != null) {
          obj.expectedRevision = undefined
        }

        if ((obj.key != null && obj.key.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.key)
        }

        if (obj.expectedValue != null) {
          w.uint32(18)
          w.bytes(obj.expectedValue)
        }

        if (obj.expectedRevision != null) {
          w.uint32(24)
          w.uint64Number(obj.expectedRevision)
        }

        if (obj.value != null) {
          w.uint32(34)
          w.bytes(obj.value)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          key: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = reader.bytes()
              break
            }
            case 2: {
              obj.expectedValue = reader.bytes()
              break
            }
            case 3: {
              obj.expectedRevision = reader.uint64Number()
              break
            }
            case 4: {
              obj.value = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.expectedRevision != null) {
          delete obj.expectedValue
        }

        if (obj.expectedValue != null) {
          delete obj.expectedRevision
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.key`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.expectedValue`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.expectedRevision`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.value`,
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

  export interface KvCompareAndSwapKeyFieldEvent {
    field: '$.key'
    value: Uint8Array
  }

  export interface KvCompareAndSwapExpectedValueFieldEvent {
    field: '$.expectedValue'
    value: Uint8Array
  }

  export interface KvCompareAndSwapExpectedRevisionFieldEvent {
    field: '$.expectedRevision'
    value: number
  }

  export interface KvCompareAndSwapValueFieldEvent {
    field: '$.value'
    value: Uint8Array
  }

  export function encode (obj: Partial<KvCompareAndSwap>): Uint8Array {
    return encodeMessage(obj, KvCompareAndSwap.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvCompareAndSwap>): KvCompareAndSwap {
    return decodeMessage(buf, KvCompareAndSwap.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvCompareAndSwap>): Generator<KvCompareAndSwapKeyFieldEvent | KvCompareAndSwapExpectedValueFieldEvent | KvCompareAndSwapExpectedRevisionFieldEvent | KvCompareAndSwapValueFieldEvent> {
    return streamMessage(buf, KvCompareAndSwap.codec(), opts)
  }
}

export interface DatabaseRequest {
  requestId: Uint8Array
  sql?: SqlRequest
  logged: boolean
  timeoutMs: number
  sinceIndex: number
  executionTimeoutMs: number
  username?: string
  password?: string
}

export namespace DatabaseRequest {
  let _codec: Codec<DatabaseRequest>

  export const codec = (): Codec<DatabaseRequest> => {
    if (_codec == null) {
      _codec = message<DatabaseRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.requestId != null && obj.requestId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.requestId)
        }

        if (obj.sql != null) {
          w.uint32(18)
          SqlRequest.codec().encode(obj.sql, w)
        }

        if ((obj.logged != null && obj.logged !== false)) {
          w.uint32(24)
          w.bool(obj.logged)
        }

        if ((obj.timeoutMs != null && obj.timeoutMs !== 0)) {
          w.uint32(32)
          w.uint32(obj.timeoutMs)
        }

        if ((obj.sinceIndex != null && obj.sinceIndex !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.sinceIndex)
        }

        if ((obj.executionTimeoutMs != null && obj.executionTimeoutMs !== 0)) {
          w.uint32(97)
          w.double(obj.executionTimeoutMs)
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
          requestId: uint8ArrayAlloc(0),
          logged: false,
          timeoutMs: 0,
          sinceIndex: 0,
          executionTimeoutMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.requestId = reader.bytes()
              break
            }
            case 2: {
              obj.sql = SqlRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.sql
              })
              break
            }
            case 3: {
              obj.logged = reader.bool()
              break
            }
            case 4: {
              obj.timeoutMs = reader.uint32()
              break
            }
            case 5: {
              obj.sinceIndex = reader.uint64Number()
              break
            }
            case 12: {
              obj.executionTimeoutMs = reader.double()
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
                field: `${prefix}.requestId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield * SqlRequest.codec().stream(reader, reader.uint32(), `${prefix}.sql`, {
                limits: opts.limits?.sql
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.logged`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.timeoutMs`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.sinceIndex`,
                value: reader.uint64Number()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.executionTimeoutMs`,
                value: reader.double()
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

  export interface DatabaseRequestRequestIdFieldEvent {
    field: '$.requestId'
    value: Uint8Array
  }

  export interface DatabaseRequestSqlNamespaceFieldEvent {
    field: '$.sql.namespace'
    value: string
  }

  export interface DatabaseRequestSqlModeFieldEvent {
    field: '$.sql.mode'
    value: SqlMode
  }

  export interface DatabaseRequestSqlTransactionFieldEvent {
    field: '$.sql.transaction'
    value: boolean
  }

  export interface DatabaseRequestSqlStatementsSqlFieldEvent {
    field: '$.sql.statements[].sql'
    value: string
    index: number
  }

  export interface DatabaseRequestSqlStatementsPositionalIntegerFieldEvent {
    field: '$.sql.statements[].positional[].integer'
    value: bigint
    index: number
  }

  export interface DatabaseRequestSqlStatementsPositionalRealFieldEvent {
    field: '$.sql.statements[].positional[].real'
    value: number
    index: number
  }

  export interface DatabaseRequestSqlStatementsPositionalTextFieldEvent {
    field: '$.sql.statements[].positional[].text'
    value: string
    index: number
  }

  export interface DatabaseRequestSqlStatementsPositionalBlobFieldEvent {
    field: '$.sql.statements[].positional[].blob'
    value: Uint8Array
    index: number
  }

  export interface DatabaseRequestSqlStatementsNamedNameFieldEvent {
    field: '$.sql.statements[].named[].name'
    value: string
    index: number
  }

  export interface DatabaseRequestSqlStatementsNamedValueIntegerFieldEvent {
    field: '$.sql.statements[].named[].value.integer'
    value: bigint
    index: number
  }

  export interface DatabaseRequestSqlStatementsNamedValueRealFieldEvent {
    field: '$.sql.statements[].named[].value.real'
    value: number
    index: number
  }

  export interface DatabaseRequestSqlStatementsNamedValueTextFieldEvent {
    field: '$.sql.statements[].named[].value.text'
    value: string
    index: number
  }

  export interface DatabaseRequestSqlStatementsNamedValueBlobFieldEvent {
    field: '$.sql.statements[].named[].value.blob'
    value: Uint8Array
    index: number
  }

  export interface DatabaseRequestSqlStatementsSameSqlFieldEvent {
    field: '$.sql.statements[].sameSql'
    value: boolean
    index: number
  }

  export interface DatabaseRequestSqlStepsMaxFieldEvent {
    field: '$.sql.stepsMax'
    value: number
  }

  export interface DatabaseRequestSqlQualifyColumnsFieldEvent {
    field: '$.sql.qualifyColumns'
    value: boolean
  }

  export interface DatabaseRequestLoggedFieldEvent {
    field: '$.logged'
    value: boolean
  }

  export interface DatabaseRequestTimeoutMsFieldEvent {
    field: '$.timeoutMs'
    value: number
  }

  export interface DatabaseRequestSinceIndexFieldEvent {
    field: '$.sinceIndex'
    value: number
  }

  export interface DatabaseRequestExecutionTimeoutMsFieldEvent {
    field: '$.executionTimeoutMs'
    value: number
  }

  export interface DatabaseRequestUsernameFieldEvent {
    field: '$.username'
    value: string
  }

  export interface DatabaseRequestPasswordFieldEvent {
    field: '$.password'
    value: string
  }

  export function encode (obj: Partial<DatabaseRequest>): Uint8Array {
    return encodeMessage(obj, DatabaseRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DatabaseRequest>): DatabaseRequest {
    return decodeMessage(buf, DatabaseRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DatabaseRequest>): Generator<DatabaseRequestRequestIdFieldEvent | DatabaseRequestSqlNamespaceFieldEvent | DatabaseRequestSqlModeFieldEvent | DatabaseRequestSqlTransactionFieldEvent | DatabaseRequestSqlStatementsSqlFieldEvent | DatabaseRequestSqlStatementsPositionalIntegerFieldEvent | DatabaseRequestSqlStatementsPositionalRealFieldEvent | DatabaseRequestSqlStatementsPositionalTextFieldEvent | DatabaseRequestSqlStatementsPositionalBlobFieldEvent | DatabaseRequestSqlStatementsNamedNameFieldEvent | DatabaseRequestSqlStatementsNamedValueIntegerFieldEvent | DatabaseRequestSqlStatementsNamedValueRealFieldEvent | DatabaseRequestSqlStatementsNamedValueTextFieldEvent | DatabaseRequestSqlStatementsNamedValueBlobFieldEvent | DatabaseRequestSqlStatementsSameSqlFieldEvent | DatabaseRequestSqlStepsMaxFieldEvent | DatabaseRequestSqlQualifyColumnsFieldEvent | DatabaseRequestLoggedFieldEvent | DatabaseRequestTimeoutMsFieldEvent | DatabaseRequestSinceIndexFieldEvent | DatabaseRequestExecutionTimeoutMsFieldEvent | DatabaseRequestUsernameFieldEvent | DatabaseRequestPasswordFieldEvent> {
    return streamMessage(buf, DatabaseRequest.codec(), opts)
  }
}

export interface DatabaseResponse {
  results: SqlResult[]
  raftIndex: number
}

export namespace DatabaseResponse {
  let _codec: Codec<DatabaseResponse>

  export const codec = (): Codec<DatabaseResponse> => {
    if (_codec == null) {
      _codec = message<DatabaseResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.results != null && obj.results.length > 0) {
          for (const value of obj.results) {
            w.uint32(10)
            SqlResult.codec().encode(value, w)
          }
        }

        if ((obj.raftIndex != null && obj.raftIndex !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.raftIndex)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          results: [],
          raftIndex: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.results != null && obj.results.length === opts.limits.results) {
                throw new MaxLengthError('Decode error - repeated field "results" had too many elements')
              }

              obj.results.push(SqlResult.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.results$
              }))
              break
            }
            case 2: {
              obj.raftIndex = reader.uint64Number()
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
          results: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.results != null && obj.results === opts.limits.results) {
                throw new MaxLengthError('Streaming decode error - repeated field "results" had too many elements')
              }

              for (const evt of SqlResult.codec().stream(reader, reader.uint32(), `${prefix}.results[]`, {
                limits: opts.limits?.results$
              })) {
                yield {
                  ...evt,
                  index: obj.results
                }
              }

              obj.results++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.raftIndex`,
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

  export interface DatabaseResponseResultsWriteLastInsertIdFieldEvent {
    field: '$.results[].write.lastInsertId'
    value: bigint
    index: number
  }

  export interface DatabaseResponseResultsWriteRowsAffectedFieldEvent {
    field: '$.results[].write.rowsAffected'
    value: number
    index: number
  }

  export interface DatabaseResponseResultsWriteTimeFieldEvent {
    field: '$.results[].write.time'
    value: number
    index: number
  }

  export interface DatabaseResponseResultsRowsColumnsFieldEvent {
    field: '$.results[].rows.columns[]'
    index: number
    value: string
  }

  export interface DatabaseResponseResultsRowsTypesFieldEvent {
    field: '$.results[].rows.types[]'
    index: number
    value: string
  }

  export interface DatabaseResponseResultsRowsRowsValuesIntegerFieldEvent {
    field: '$.results[].rows.rows[].values[].integer'
    value: bigint
    index: number
  }

  export interface DatabaseResponseResultsRowsRowsValuesRealFieldEvent {
    field: '$.results[].rows.rows[].values[].real'
    value: number
    index: number
  }

  export interface DatabaseResponseResultsRowsRowsValuesTextFieldEvent {
    field: '$.results[].rows.rows[].values[].text'
    value: string
    index: number
  }

  export interface DatabaseResponseResultsRowsRowsValuesBlobFieldEvent {
    field: '$.results[].rows.rows[].values[].blob'
    value: Uint8Array
    index: number
  }

  export interface DatabaseResponseResultsRowsTimeFieldEvent {
    field: '$.results[].rows.time'
    value: number
    index: number
  }

  export interface DatabaseResponseResultsEmptyTimeFieldEvent {
    field: '$.results[].empty.time'
    value: number
    index: number
  }

  export interface DatabaseResponseResultsErrorFieldEvent {
    field: '$.results[].error'
    value: string
    index: number
  }

  export interface DatabaseResponseRaftIndexFieldEvent {
    field: '$.raftIndex'
    value: number
  }

  export function encode (obj: Partial<DatabaseResponse>): Uint8Array {
    return encodeMessage(obj, DatabaseResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DatabaseResponse>): DatabaseResponse {
    return decodeMessage(buf, DatabaseResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DatabaseResponse>): Generator<DatabaseResponseResultsWriteLastInsertIdFieldEvent | DatabaseResponseResultsWriteRowsAffectedFieldEvent | DatabaseResponseResultsWriteTimeFieldEvent | DatabaseResponseResultsRowsColumnsFieldEvent | DatabaseResponseResultsRowsTypesFieldEvent | DatabaseResponseResultsRowsRowsValuesIntegerFieldEvent | DatabaseResponseResultsRowsRowsValuesRealFieldEvent | DatabaseResponseResultsRowsRowsValuesTextFieldEvent | DatabaseResponseResultsRowsRowsValuesBlobFieldEvent | DatabaseResponseResultsRowsTimeFieldEvent | DatabaseResponseResultsEmptyTimeFieldEvent | DatabaseResponseResultsErrorFieldEvent | DatabaseResponseRaftIndexFieldEvent> {
    return streamMessage(buf, DatabaseResponse.codec(), opts)
  }
}

export interface SqlResult {
  write?: SqlWriteResult
  rows?: SqlRowsResult
  empty?: SqlEmptyResult
  error?: string
}

export namespace SqlResult {
  let _codec: Codec<SqlResult>

  export const codec = (): Codec<SqlResult> => {
    if (_codec == null) {
      _codec = message<SqlResult>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.error != null) {
          obj.empty = undefined
          obj.rows = undefined
          obj.write = undefined
        }

        if (obj.empty != null) {
          obj.error = undefined
          obj.rows = undefined
          obj.write = undefined
        }

        if (obj.rows != null) {
          obj.error = undefined
          obj.empty = undefined
          obj.write = undefined
        }

        if (obj.write != null) {
          obj.error = undefined
          obj.empty = undefined
          obj.rows = undefined
        }

        if (obj.write != null) {
          w.uint32(10)
          SqlWriteResult.codec().encode(obj.write, w)
        }

        if (obj.rows != null) {
          w.uint32(18)
          SqlRowsResult.codec().encode(obj.rows, w)
        }

        if (obj.empty != null) {
          w.uint32(26)
          SqlEmptyResult.codec().encode(obj.empty, w)
        }

        if (obj.error != null) {
          w.uint32(34)
          w.string(obj.error)
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
              obj.write = SqlWriteResult.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.write
              })
              break
            }
            case 2: {
              obj.rows = SqlRowsResult.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rows
              })
              break
            }
            case 3: {
              obj.empty = SqlEmptyResult.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.empty
              })
              break
            }
            case 4: {
              obj.error = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.error != null) {
          delete obj.empty
          delete obj.rows
          delete obj.write
        }

        if (obj.empty != null) {
          delete obj.error
          delete obj.rows
          delete obj.write
        }

        if (obj.rows != null) {
          delete obj.error
          delete obj.empty
          delete obj.write
        }

        if (obj.write != null) {
          delete obj.error
          delete obj.empty
          delete obj.rows
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * SqlWriteResult.codec().stream(reader, reader.uint32(), `${prefix}.write`, {
                limits: opts.limits?.write
              })

              break
            }
            case 2: {
              yield * SqlRowsResult.codec().stream(reader, reader.uint32(), `${prefix}.rows`, {
                limits: opts.limits?.rows
              })

              break
            }
            case 3: {
              yield * SqlEmptyResult.codec().stream(reader, reader.uint32(), `${prefix}.empty`, {
                limits: opts.limits?.empty
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.error`,
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

  export interface SqlResultWriteLastInsertIdFieldEvent {
    field: '$.write.lastInsertId'
    value: bigint
  }

  export interface SqlResultWriteRowsAffectedFieldEvent {
    field: '$.write.rowsAffected'
    value: number
  }

  export interface SqlResultWriteTimeFieldEvent {
    field: '$.write.time'
    value: number
  }

  export interface SqlResultRowsColumnsFieldEvent {
    field: '$.rows.columns[]'
    index: number
    value: string
  }

  export interface SqlResultRowsTypesFieldEvent {
    field: '$.rows.types[]'
    index: number
    value: string
  }

  export interface SqlResultRowsRowsValuesIntegerFieldEvent {
    field: '$.rows.rows[].values[].integer'
    value: bigint
    index: number
  }

  export interface SqlResultRowsRowsValuesRealFieldEvent {
    field: '$.rows.rows[].values[].real'
    value: number
    index: number
  }

  export interface SqlResultRowsRowsValuesTextFieldEvent {
    field: '$.rows.rows[].values[].text'
    value: string
    index: number
  }

  export interface SqlResultRowsRowsValuesBlobFieldEvent {
    field: '$.rows.rows[].values[].blob'
    value: Uint8Array
    index: number
  }

  export interface SqlResultRowsTimeFieldEvent {
    field: '$.rows.time'
    value: number
  }

  export interface SqlResultEmptyTimeFieldEvent {
    field: '$.empty.time'
    value: number
  }

  export interface SqlResultErrorFieldEvent {
    field: '$.error'
    value: string
  }

  export function encode (obj: Partial<SqlResult>): Uint8Array {
    return encodeMessage(obj, SqlResult.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlResult>): SqlResult {
    return decodeMessage(buf, SqlResult.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlResult>): Generator<SqlResultWriteLastInsertIdFieldEvent | SqlResultWriteRowsAffectedFieldEvent | SqlResultWriteTimeFieldEvent | SqlResultRowsColumnsFieldEvent | SqlResultRowsTypesFieldEvent | SqlResultRowsRowsValuesIntegerFieldEvent | SqlResultRowsRowsValuesRealFieldEvent | SqlResultRowsRowsValuesTextFieldEvent | SqlResultRowsRowsValuesBlobFieldEvent | SqlResultRowsTimeFieldEvent | SqlResultEmptyTimeFieldEvent | SqlResultErrorFieldEvent> {
    return streamMessage(buf, SqlResult.codec(), opts)
  }
}

export interface SqlWriteResult {
  lastInsertId: bigint
  rowsAffected: number
  time: number
}

export namespace SqlWriteResult {
  let _codec: Codec<SqlWriteResult>

  export const codec = (): Codec<SqlWriteResult> => {
    if (_codec == null) {
      _codec = message<SqlWriteResult>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.lastInsertId != null && obj.lastInsertId !== 0n)) {
          w.uint32(8)
          writeSint64(w, obj.lastInsertId)
        }

        if ((obj.rowsAffected != null && obj.rowsAffected !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.rowsAffected)
        }

        if ((obj.time != null && obj.time !== 0)) {
          w.uint32(25)
          w.double(obj.time)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          lastInsertId: 0n,
          rowsAffected: 0,
          time: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.lastInsertId = reader.sint64()
              break
            }
            case 2: {
              obj.rowsAffected = reader.uint64Number()
              break
            }
            case 3: {
              obj.time = reader.double()
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
                field: `${prefix}.lastInsertId`,
                value: reader.sint64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.rowsAffected`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.time`,
                value: reader.double()
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

  export interface SqlWriteResultLastInsertIdFieldEvent {
    field: '$.lastInsertId'
    value: bigint
  }

  export interface SqlWriteResultRowsAffectedFieldEvent {
    field: '$.rowsAffected'
    value: number
  }

  export interface SqlWriteResultTimeFieldEvent {
    field: '$.time'
    value: number
  }

  export function encode (obj: Partial<SqlWriteResult>): Uint8Array {
    return encodeMessage(obj, SqlWriteResult.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlWriteResult>): SqlWriteResult {
    return decodeMessage(buf, SqlWriteResult.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlWriteResult>): Generator<SqlWriteResultLastInsertIdFieldEvent | SqlWriteResultRowsAffectedFieldEvent | SqlWriteResultTimeFieldEvent> {
    return streamMessage(buf, SqlWriteResult.codec(), opts)
  }
}

export interface SqlRowsResult {
  columns: string[]
  types: string[]
  rows: SqlRow[]
  time: number
}

export namespace SqlRowsResult {
  let _codec: Codec<SqlRowsResult>

  export const codec = (): Codec<SqlRowsResult> => {
    if (_codec == null) {
      _codec = message<SqlRowsResult>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.columns != null && obj.columns.length > 0) {
          for (const value of obj.columns) {
            w.uint32(10)
            w.string(value)
          }
        }

        if (obj.types != null && obj.types.length > 0) {
          for (const value of obj.types) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.rows != null && obj.rows.length > 0) {
          for (const value of obj.rows) {
            w.uint32(26)
            SqlRow.codec().encode(value, w)
          }
        }

        if ((obj.time != null && obj.time !== 0)) {
          w.uint32(33)
          w.double(obj.time)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          columns: [],
          types: [],
          rows: [],
          time: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.columns != null && obj.columns.length === opts.limits.columns) {
                throw new MaxLengthError('Decode error - repeated field "columns" had too many elements')
              }

              obj.columns.push(reader.string())
              break
            }
            case 2: {
              if (opts.limits?.types != null && obj.types.length === opts.limits.types) {
                throw new MaxLengthError('Decode error - repeated field "types" had too many elements')
              }

              obj.types.push(reader.string())
              break
            }
            case 3: {
              if (opts.limits?.rows != null && obj.rows.length === opts.limits.rows) {
                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements')
              }

              obj.rows.push(SqlRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rows$
              }))
              break
            }
            case 4: {
              obj.time = reader.double()
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
          columns: 0,
          types: 0,
          rows: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.columns != null && obj.columns === opts.limits.columns) {
                throw new MaxLengthError('Streaming decode error - repeated field "columns" had too many elements')
              }

              yield {
                field: `${prefix}.columns[]`,
                index: obj.columns,
                value: reader.string()
              }

              obj.columns++

              break
            }
            case 2: {
              if (opts.limits?.types != null && obj.types === opts.limits.types) {
                throw new MaxLengthError('Streaming decode error - repeated field "types" had too many elements')
              }

              yield {
                field: `${prefix}.types[]`,
                index: obj.types,
                value: reader.string()
              }

              obj.types++

              break
            }
            case 3: {
              if (opts.limits?.rows != null && obj.rows === opts.limits.rows) {
                throw new MaxLengthError('Streaming decode error - repeated field "rows" had too many elements')
              }

              for (const evt of SqlRow.codec().stream(reader, reader.uint32(), `${prefix}.rows[]`, {
                limits: opts.limits?.rows$
              })) {
                yield {
                  ...evt,
                  index: obj.rows
                }
              }

              obj.rows++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.time`,
                value: reader.double()
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

  export interface SqlRowsResultColumnsFieldEvent {
    field: '$.columns[]'
    index: number
    value: string
  }

  export interface SqlRowsResultTypesFieldEvent {
    field: '$.types[]'
    index: number
    value: string
  }

  export interface SqlRowsResultRowsValuesIntegerFieldEvent {
    field: '$.rows[].values[].integer'
    value: bigint
    index: number
  }

  export interface SqlRowsResultRowsValuesRealFieldEvent {
    field: '$.rows[].values[].real'
    value: number
    index: number
  }

  export interface SqlRowsResultRowsValuesTextFieldEvent {
    field: '$.rows[].values[].text'
    value: string
    index: number
  }

  export interface SqlRowsResultRowsValuesBlobFieldEvent {
    field: '$.rows[].values[].blob'
    value: Uint8Array
    index: number
  }

  export interface SqlRowsResultTimeFieldEvent {
    field: '$.time'
    value: number
  }

  export function encode (obj: Partial<SqlRowsResult>): Uint8Array {
    return encodeMessage(obj, SqlRowsResult.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlRowsResult>): SqlRowsResult {
    return decodeMessage(buf, SqlRowsResult.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlRowsResult>): Generator<SqlRowsResultColumnsFieldEvent | SqlRowsResultTypesFieldEvent | SqlRowsResultRowsValuesIntegerFieldEvent | SqlRowsResultRowsValuesRealFieldEvent | SqlRowsResultRowsValuesTextFieldEvent | SqlRowsResultRowsValuesBlobFieldEvent | SqlRowsResultTimeFieldEvent> {
    return streamMessage(buf, SqlRowsResult.codec(), opts)
  }
}

export interface SqlRow {
  values: SqlValue[]
}

export namespace SqlRow {
  let _codec: Codec<SqlRow>

  export const codec = (): Codec<SqlRow> => {
    if (_codec == null) {
      _codec = message<SqlRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.values != null && obj.values.length > 0) {
          for (const value of obj.values) {
            w.uint32(10)
            SqlValue.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          values: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.values != null && obj.values.length === opts.limits.values) {
                throw new MaxLengthError('Decode error - repeated field "values" had too many elements')
              }

              obj.values.push(SqlValue.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.values$
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
          values: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.values != null && obj.values === opts.limits.values) {
                throw new MaxLengthError('Streaming decode error - repeated field "values" had too many elements')
              }

              for (const evt of SqlValue.codec().stream(reader, reader.uint32(), `${prefix}.values[]`, {
                limits: opts.limits?.values$
              })) {
                yield {
                  ...evt,
                  index: obj.values
                }
              }

              obj.values++

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

  export interface SqlRowValuesIntegerFieldEvent {
    field: '$.values[].integer'
    value: bigint
    index: number
  }

  export interface SqlRowValuesRealFieldEvent {
    field: '$.values[].real'
    value: number
    index: number
  }

  export interface SqlRowValuesTextFieldEvent {
    field: '$.values[].text'
    value: string
    index: number
  }

  export interface SqlRowValuesBlobFieldEvent {
    field: '$.values[].blob'
    value: Uint8Array
    index: number
  }

  export function encode (obj: Partial<SqlRow>): Uint8Array {
    return encodeMessage(obj, SqlRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlRow>): SqlRow {
    return decodeMessage(buf, SqlRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlRow>): Generator<SqlRowValuesIntegerFieldEvent | SqlRowValuesRealFieldEvent | SqlRowValuesTextFieldEvent | SqlRowValuesBlobFieldEvent> {
    return streamMessage(buf, SqlRow.codec(), opts)
  }
}

export interface SqlEmptyResult {
  time: number
}

export namespace SqlEmptyResult {
  let _codec: Codec<SqlEmptyResult>

  export const codec = (): Codec<SqlEmptyResult> => {
    if (_codec == null) {
      _codec = message<SqlEmptyResult>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.time != null && obj.time !== 0)) {
          w.uint32(9)
          w.double(obj.time)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          time: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.time = reader.double()
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
                field: `${prefix}.time`,
                value: reader.double()
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

  export interface SqlEmptyResultTimeFieldEvent {
    field: '$.time'
    value: number
  }

  export function encode (obj: Partial<SqlEmptyResult>): Uint8Array {
    return encodeMessage(obj, SqlEmptyResult.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlEmptyResult>): SqlEmptyResult {
    return decodeMessage(buf, SqlEmptyResult.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SqlEmptyResult>): Generator<SqlEmptyResultTimeFieldEvent> {
    return streamMessage(buf, SqlEmptyResult.codec(), opts)
  }
}

export interface KvWriteRequest {
  requestId: Uint8Array
  kv?: KvRequest
  timeoutMs: number
  sinceIndex: number
}

export namespace KvWriteRequest {
  let _codec: Codec<KvWriteRequest>

  export const codec = (): Codec<KvWriteRequest> => {
    if (_codec == null) {
      _codec = message<KvWriteRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.requestId != null && obj.requestId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.requestId)
        }

        if (obj.kv != null) {
          w.uint32(18)
          KvRequest.codec().encode(obj.kv, w)
        }

        if ((obj.timeoutMs != null && obj.timeoutMs !== 0)) {
          w.uint32(24)
          w.uint32(obj.timeoutMs)
        }

        if ((obj.sinceIndex != null && obj.sinceIndex !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.sinceIndex)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          requestId: uint8ArrayAlloc(0),
          timeoutMs: 0,
          sinceIndex: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.requestId = reader.bytes()
              break
            }
            case 2: {
              obj.kv = KvRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.kv
              })
              break
            }
            case 3: {
              obj.timeoutMs = reader.uint32()
              break
            }
            case 4: {
              obj.sinceIndex = reader.uint64Number()
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
                field: `${prefix}.requestId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield * KvRequest.codec().stream(reader, reader.uint32(), `${prefix}.kv`, {
                limits: opts.limits?.kv
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.timeoutMs`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sinceIndex`,
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

  export interface KvWriteRequestRequestIdFieldEvent {
    field: '$.requestId'
    value: Uint8Array
  }

  export interface KvWriteRequestKvNamespaceFieldEvent {
    field: '$.kv.namespace'
    value: string
  }

  export interface KvWriteRequestKvOperationsPutKeyFieldEvent {
    field: '$.kv.operations[].put.key'
    value: Uint8Array
    index: number
  }

  export interface KvWriteRequestKvOperationsPutValueFieldEvent {
    field: '$.kv.operations[].put.value'
    value: Uint8Array
    index: number
  }

  export interface KvWriteRequestKvOperationsDeleteFieldEvent {
    field: '$.kv.operations[].delete'
    value: Uint8Array
    index: number
  }

  export interface KvWriteRequestKvOperationsCompareAndSwapKeyFieldEvent {
    field: '$.kv.operations[].compareAndSwap.key'
    value: Uint8Array
    index: number
  }

  export interface KvWriteRequestKvOperationsCompareAndSwapExpectedValueFieldEvent {
    field: '$.kv.operations[].compareAndSwap.expectedValue'
    value: Uint8Array
    index: number
  }

  export interface KvWriteRequestKvOperationsCompareAndSwapExpectedRevisionFieldEvent {
    field: '$.kv.operations[].compareAndSwap.expectedRevision'
    value: number
    index: number
  }

  export interface KvWriteRequestKvOperationsCompareAndSwapValueFieldEvent {
    field: '$.kv.operations[].compareAndSwap.value'
    value: Uint8Array
    index: number
  }

  export interface KvWriteRequestTimeoutMsFieldEvent {
    field: '$.timeoutMs'
    value: number
  }

  export interface KvWriteRequestSinceIndexFieldEvent {
    field: '$.sinceIndex'
    value: number
  }

  export function encode (obj: Partial<KvWriteRequest>): Uint8Array {
    return encodeMessage(obj, KvWriteRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvWriteRequest>): KvWriteRequest {
    return decodeMessage(buf, KvWriteRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvWriteRequest>): Generator<KvWriteRequestRequestIdFieldEvent | KvWriteRequestKvNamespaceFieldEvent | KvWriteRequestKvOperationsPutKeyFieldEvent | KvWriteRequestKvOperationsPutValueFieldEvent | KvWriteRequestKvOperationsDeleteFieldEvent | KvWriteRequestKvOperationsCompareAndSwapKeyFieldEvent | KvWriteRequestKvOperationsCompareAndSwapExpectedValueFieldEvent | KvWriteRequestKvOperationsCompareAndSwapExpectedRevisionFieldEvent | KvWriteRequestKvOperationsCompareAndSwapValueFieldEvent | KvWriteRequestTimeoutMsFieldEvent | KvWriteRequestSinceIndexFieldEvent> {
    return streamMessage(buf, KvWriteRequest.codec(), opts)
  }
}

export interface KvWriteResponse {
  revision: number
  existed: boolean[]
  conflict?: KvConflict
}

export namespace KvWriteResponse {
  let _codec: Codec<KvWriteResponse>

  export const codec = (): Codec<KvWriteResponse> => {
    if (_codec == null) {
      _codec = message<KvWriteResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.revision != null && obj.revision !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.revision)
        }

        if (obj.existed != null && obj.existed.length > 0) {
          for (const value of obj.existed) {
            w.uint32(16)
            w.bool(value)
          }
        }

        if (obj.conflict != null) {
          w.uint32(26)
          KvConflict.codec().encode(obj.conflict, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          revision: 0,
          existed: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.revision = reader.uint64Number()
              break
            }
            case 2: {
              if (opts.limits?.existed != null && obj.existed.length === opts.limits.existed) {
                throw new MaxLengthError('Decode error - repeated field "existed" had too many elements')
              }

              obj.existed.push(reader.bool())
              break
            }
            case 3: {
              obj.conflict = KvConflict.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.conflict
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
          existed: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.revision`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              if (opts.limits?.existed != null && obj.existed === opts.limits.existed) {
                throw new MaxLengthError('Streaming decode error - repeated field "existed" had too many elements')
              }

              yield {
                field: `${prefix}.existed[]`,
                index: obj.existed,
                value: reader.bool()
              }

              obj.existed++

              break
            }
            case 3: {
              yield * KvConflict.codec().stream(reader, reader.uint32(), `${prefix}.conflict`, {
                limits: opts.limits?.conflict
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

  export interface KvWriteResponseRevisionFieldEvent {
    field: '$.revision'
    value: number
  }

  export interface KvWriteResponseExistedFieldEvent {
    field: '$.existed[]'
    index: number
    value: boolean
  }

  export interface KvWriteResponseConflictOperationFieldEvent {
    field: '$.conflict.operation'
    value: number
  }

  export interface KvWriteResponseConflictActualKeyFieldEvent {
    field: '$.conflict.actual.key'
    value: Uint8Array
  }

  export interface KvWriteResponseConflictActualValueFieldEvent {
    field: '$.conflict.actual.value'
    value: Uint8Array
  }

  export interface KvWriteResponseConflictActualRevisionFieldEvent {
    field: '$.conflict.actual.revision'
    value: number
  }

  export function encode (obj: Partial<KvWriteResponse>): Uint8Array {
    return encodeMessage(obj, KvWriteResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvWriteResponse>): KvWriteResponse {
    return decodeMessage(buf, KvWriteResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvWriteResponse>): Generator<KvWriteResponseRevisionFieldEvent | KvWriteResponseExistedFieldEvent | KvWriteResponseConflictOperationFieldEvent | KvWriteResponseConflictActualKeyFieldEvent | KvWriteResponseConflictActualValueFieldEvent | KvWriteResponseConflictActualRevisionFieldEvent> {
    return streamMessage(buf, KvWriteResponse.codec(), opts)
  }
}

export interface KvConflict {
  operation: number
  actual?: KvEntry
}

export namespace KvConflict {
  let _codec: Codec<KvConflict>

  export const codec = (): Codec<KvConflict> => {
    if (_codec == null) {
      _codec = message<KvConflict>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.operation != null && obj.operation !== 0)) {
          w.uint32(8)
          w.uint32(obj.operation)
        }

        if (obj.actual != null) {
          w.uint32(18)
          KvEntry.codec().encode(obj.actual, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          operation: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.operation = reader.uint32()
              break
            }
            case 2: {
              obj.actual = KvEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.actual
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
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.operation`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield * KvEntry.codec().stream(reader, reader.uint32(), `${prefix}.actual`, {
                limits: opts.limits?.actual
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

  export interface KvConflictOperationFieldEvent {
    field: '$.operation'
    value: number
  }

  export interface KvConflictActualKeyFieldEvent {
    field: '$.actual.key'
    value: Uint8Array
  }

  export interface KvConflictActualValueFieldEvent {
    field: '$.actual.value'
    value: Uint8Array
  }

  export interface KvConflictActualRevisionFieldEvent {
    field: '$.actual.revision'
    value: number
  }

  export function encode (obj: Partial<KvConflict>): Uint8Array {
    return encodeMessage(obj, KvConflict.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvConflict>): KvConflict {
    return decodeMessage(buf, KvConflict.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvConflict>): Generator<KvConflictOperationFieldEvent | KvConflictActualKeyFieldEvent | KvConflictActualValueFieldEvent | KvConflictActualRevisionFieldEvent> {
    return streamMessage(buf, KvConflict.codec(), opts)
  }
}

export interface KvEntry {
  key: Uint8Array
  value: Uint8Array
  revision: number
}

export namespace KvEntry {
  let _codec: Codec<KvEntry>

  export const codec = (): Codec<KvEntry> => {
    if (_codec == null) {
      _codec = message<KvEntry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.key != null && obj.key.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.key)
        }

        if ((obj.value != null && obj.value.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.value)
        }

        if ((obj.revision != null && obj.revision !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.revision)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          key: uint8ArrayAlloc(0),
          value: uint8ArrayAlloc(0),
          revision: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = reader.bytes()
              break
            }
            case 2: {
              obj.value = reader.bytes()
              break
            }
            case 3: {
              obj.revision = reader.uint64Number()
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
                field: `${prefix}.key`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.value`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.revision`,
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

  export interface KvEntryKeyFieldEvent {
    field: '$.key'
    value: Uint8Array
  }

  export interface KvEntryValueFieldEvent {
    field: '$.value'
    value: Uint8Array
  }

  export interface KvEntryRevisionFieldEvent {
    field: '$.revision'
    value: number
  }

  export function encode (obj: Partial<KvEntry>): Uint8Array {
    return encodeMessage(obj, KvEntry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvEntry>): KvEntry {
    return decodeMessage(buf, KvEntry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvEntry>): Generator<KvEntryKeyFieldEvent | KvEntryValueFieldEvent | KvEntryRevisionFieldEvent> {
    return streamMessage(buf, KvEntry.codec(), opts)
  }
}

export interface KvReadRequest {
  namespace: string
  get?: Uint8Array
  list?: KvListRequest
}

export namespace KvReadRequest {
  let _codec: Codec<KvReadRequest>

  export const codec = (): Codec<KvReadRequest> => {
    if (_codec == null) {
      _codec = message<KvReadRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.list != null) {
          obj.get = undefined
        }

        if (obj.get != null) {
          obj.list = undefined
        }

        if ((obj.namespace != null && obj.namespace !== '')) {
          w.uint32(10)
          w.string(obj.namespace)
        }

        if (obj.get != null) {
          w.uint32(18)
          w.bytes(obj.get)
        }

        if (obj.list != null) {
          w.uint32(26)
          KvListRequest.codec().encode(obj.list, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          namespace: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.namespace = reader.string()
              break
            }
            case 2: {
              obj.get = reader.bytes()
              break
            }
            case 3: {
              obj.list = KvListRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.list
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.list != null) {
          delete obj.get
        }

        if (obj.get != null) {
          delete obj.list
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.namespace`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.get`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield * KvListRequest.codec().stream(reader, reader.uint32(), `${prefix}.list`, {
                limits: opts.limits?.list
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

  export interface KvReadRequestNamespaceFieldEvent {
    field: '$.namespace'
    value: string
  }

  export interface KvReadRequestGetFieldEvent {
    field: '$.get'
    value: Uint8Array
  }

  export interface KvReadRequestListPrefixFieldEvent {
    field: '$.list.prefix'
    value: Uint8Array
  }

  export interface KvReadRequestListLimitFieldEvent {
    field: '$.list.limit'
    value: number
  }

  export interface KvReadRequestListCursorFieldEvent {
    field: '$.list.cursor'
    value: Uint8Array
  }

  export interface KvReadRequestListKeysOnlyFieldEvent {
    field: '$.list.keysOnly'
    value: boolean
  }

  export function encode (obj: Partial<KvReadRequest>): Uint8Array {
    return encodeMessage(obj, KvReadRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvReadRequest>): KvReadRequest {
    return decodeMessage(buf, KvReadRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvReadRequest>): Generator<KvReadRequestNamespaceFieldEvent | KvReadRequestGetFieldEvent | KvReadRequestListPrefixFieldEvent | KvReadRequestListLimitFieldEvent | KvReadRequestListCursorFieldEvent | KvReadRequestListKeysOnlyFieldEvent> {
    return streamMessage(buf, KvReadRequest.codec(), opts)
  }
}

export interface KvListRequest {
  prefix: Uint8Array
  limit: number
  cursor?: Uint8Array
  keysOnly: boolean
}

export namespace KvListRequest {
  let _codec: Codec<KvListRequest>

  export const codec = (): Codec<KvListRequest> => {
    if (_codec == null) {
      _codec = message<KvListRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.prefix != null && obj.prefix.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.prefix)
        }

        if ((obj.limit != null && obj.limit !== 0)) {
          w.uint32(16)
          w.uint32(obj.limit)
        }

        if (obj.cursor != null) {
          w.uint32(26)
          w.bytes(obj.cursor)
        }

        if ((obj.keysOnly != null && obj.keysOnly !== false)) {
          w.uint32(32)
          w.bool(obj.keysOnly)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          prefix: uint8ArrayAlloc(0),
          limit: 0,
          keysOnly: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.prefix = reader.bytes()
              break
            }
            case 2: {
              obj.limit = reader.uint32()
              break
            }
            case 3: {
              obj.cursor = reader.bytes()
              break
            }
            case 4: {
              obj.keysOnly = reader.bool()
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
                field: `${prefix}.prefix`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.limit`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.cursor`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.keysOnly`,
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

  export interface KvListRequestPrefixFieldEvent {
    field: '$.prefix'
    value: Uint8Array
  }

  export interface KvListRequestLimitFieldEvent {
    field: '$.limit'
    value: number
  }

  export interface KvListRequestCursorFieldEvent {
    field: '$.cursor'
    value: Uint8Array
  }

  export interface KvListRequestKeysOnlyFieldEvent {
    field: '$.keysOnly'
    value: boolean
  }

  export function encode (obj: Partial<KvListRequest>): Uint8Array {
    return encodeMessage(obj, KvListRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvListRequest>): KvListRequest {
    return decodeMessage(buf, KvListRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvListRequest>): Generator<KvListRequestPrefixFieldEvent | KvListRequestLimitFieldEvent | KvListRequestCursorFieldEvent | KvListRequestKeysOnlyFieldEvent> {
    return streamMessage(buf, KvListRequest.codec(), opts)
  }
}

export interface KvReadResponse {
  entries: KvEntry[]
  cursor?: Uint8Array
}

export namespace KvReadResponse {
  let _codec: Codec<KvReadResponse>

  export const codec = (): Codec<KvReadResponse> => {
    if (_codec == null) {
      _codec = message<KvReadResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(10)
            KvEntry.codec().encode(value, w)
          }
        }

        if (obj.cursor != null) {
          w.uint32(18)
          w.bytes(obj.cursor)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          entries: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(KvEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries$
              }))
              break
            }
            case 2: {
              obj.cursor = reader.bytes()
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
          entries: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              for (const evt of KvEntry.codec().stream(reader, reader.uint32(), `${prefix}.entries[]`, {
                limits: opts.limits?.entries$
              })) {
                yield {
                  ...evt,
                  index: obj.entries
                }
              }

              obj.entries++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.cursor`,
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

  export interface KvReadResponseEntriesKeyFieldEvent {
    field: '$.entries[].key'
    value: Uint8Array
    index: number
  }

  export interface KvReadResponseEntriesValueFieldEvent {
    field: '$.entries[].value'
    value: Uint8Array
    index: number
  }

  export interface KvReadResponseEntriesRevisionFieldEvent {
    field: '$.entries[].revision'
    value: number
    index: number
  }

  export interface KvReadResponseCursorFieldEvent {
    field: '$.cursor'
    value: Uint8Array
  }

  export function encode (obj: Partial<KvReadResponse>): Uint8Array {
    return encodeMessage(obj, KvReadResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvReadResponse>): KvReadResponse {
    return decodeMessage(buf, KvReadResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KvReadResponse>): Generator<KvReadResponseEntriesKeyFieldEvent | KvReadResponseEntriesValueFieldEvent | KvReadResponseEntriesRevisionFieldEvent | KvReadResponseCursorFieldEvent> {
    return streamMessage(buf, KvReadResponse.codec(), opts)
  }
}

export interface NodeInfoRequest {}

export namespace NodeInfoRequest {
  let _codec: Codec<NodeInfoRequest>

  export const codec = (): Codec<NodeInfoRequest> => {
    if (_codec == null) {
      _codec = message<NodeInfoRequest>((obj, w, opts = {}) => {
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

  export function encode (obj: Partial<NodeInfoRequest>): Uint8Array {
    return encodeMessage(obj, NodeInfoRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeInfoRequest>): NodeInfoRequest {
    return decodeMessage(buf, NodeInfoRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeInfoRequest>): Generator<{}> {
    return streamMessage(buf, NodeInfoRequest.codec(), opts)
  }
}

export interface NodeInfo {
  id: string
  apiAddress: string
  version: string
  commitIndex: number
}

export namespace NodeInfo {
  let _codec: Codec<NodeInfo>

  export const codec = (): Codec<NodeInfo> => {
    if (_codec == null) {
      _codec = message<NodeInfo>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(10)
          w.string(obj.id)
        }

        if ((obj.apiAddress != null && obj.apiAddress !== '')) {
          w.uint32(18)
          w.string(obj.apiAddress)
        }

        if ((obj.version != null && obj.version !== '')) {
          w.uint32(26)
          w.string(obj.version)
        }

        if ((obj.commitIndex != null && obj.commitIndex !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.commitIndex)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          apiAddress: '',
          version: '',
          commitIndex: 0
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
              obj.apiAddress = reader.string()
              break
            }
            case 3: {
              obj.version = reader.string()
              break
            }
            case 4: {
              obj.commitIndex = reader.uint64Number()
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
                field: `${prefix}.apiAddress`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.version`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.commitIndex`,
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

  export interface NodeInfoIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface NodeInfoApiAddressFieldEvent {
    field: '$.apiAddress'
    value: string
  }

  export interface NodeInfoVersionFieldEvent {
    field: '$.version'
    value: string
  }

  export interface NodeInfoCommitIndexFieldEvent {
    field: '$.commitIndex'
    value: number
  }

  export function encode (obj: Partial<NodeInfo>): Uint8Array {
    return encodeMessage(obj, NodeInfo.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeInfo>): NodeInfo {
    return decodeMessage(buf, NodeInfo.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeInfo>): Generator<NodeInfoIdFieldEvent | NodeInfoApiAddressFieldEvent | NodeInfoVersionFieldEvent | NodeInfoCommitIndexFieldEvent> {
    return streamMessage(buf, NodeInfo.codec(), opts)
  }
}
