/** What a log entry of kind `command` holds. */
import { assert, type RequestTag } from '../../base/index.ts'
import type { KvCommand } from '../../kv/index.ts'
import {
  type ChangeSettings,
  encodeSqlEntry,
  readSqlEntryHead,
  type SqlCommand,
  SqlEntryDecoder,
  type SqlEntryHead,
  type SqlLoad,
} from '../../sql/index.ts'
import { Command as WireCommand } from '../../wire/index.ts'
import type { IntegrityReport } from '../integrity-report.ts'
import { kvCommandFromWire, kvCommandToWire } from './kv-codec.ts'
import { loadFromWire, loadToWire } from './load-codec.ts'
import { requestIdFromWire, requestIdToWire } from './request-codec.ts'

export type Command =
  | { readonly kind: 'sql'; readonly request: RequestTag; readonly sql: SqlCommand }
  /** Only a commit is a request that must not be carried out twice. */
  | { readonly kind: 'load'; readonly request: RequestTag | undefined; readonly load: SqlLoad }
  | { readonly kind: 'kv'; readonly request: RequestTag; readonly kv: KvCommand }
  /** Every replica takes a digest of its state here. */
  | { readonly kind: 'digest' }
  | { readonly kind: 'report'; readonly report: IntegrityReport }
  /** What is captured of the changes behind it; undefined: nothing. */
  | { readonly kind: 'changes-configure'; readonly settings: ChangeSettings | undefined }
  | { readonly kind: 'changes-delivered'; readonly through: number }

const NO_REQUEST = { requestId: new Uint8Array(0), sinceIndex: 0, timeMs: 0, seed: 0 }

export function encodeCommand(command: Command): Uint8Array {
  switch (command.kind) {
    case 'sql':
      return encodeSqlEntry({ request: command.request, command: command.sql })
    case 'load': {
      const { request, load } = command
      const seed = load.step === 'commit' ? load.seed : 0
      const tag = request === undefined ? NO_REQUEST : requestToWire(request)
      return WireCommand.encode({ ...tag, timeMs: load.timeMs, seed, load: loadToWire(load) })
    }
    case 'kv': {
      const { timeMs } = command.request
      return WireCommand.encode({
        ...requestToWire(command.request),
        timeMs,
        seed: 0,
        kv: kvCommandToWire(command.kv),
      })
    }
    case 'digest':
      return WireCommand.encode({ ...NO_REQUEST, digest: {} })
    case 'report': {
      const { index, agreeing, diverged, unchecked } = command.report
      const report = {
        index,
        agreeing: [...agreeing],
        diverged: [...diverged],
        unchecked: [...unchecked],
      }
      return WireCommand.encode({ ...NO_REQUEST, timeMs: command.report.timeMs, report })
    }
    case 'changes-configure': {
      const { serviceId = '', rowIdsOnly = false, tableFilter = '' } = command.settings ?? {}
      const enabled = command.settings !== undefined
      const changesConfigure = { enabled, serviceId, rowIdsOnly, tableFilter }
      return WireCommand.encode({ ...NO_REQUEST, changesConfigure })
    }
    case 'changes-delivered':
      return WireCommand.encode({ ...NO_REQUEST, changesDelivered: { through: command.through } })
  }
}

/** An SQL command that is decoded where it is applied. */
export interface SqlEntryCommand {
  readonly kind: 'sql-entry'
  readonly head: SqlEntryHead
}

/** As `decodeCommand`, but for SQL, of which it reads no more than has to be known here. */
export function readCommand(bytes: Uint8Array): Exclude<Command, { kind: 'sql' }> | SqlEntryCommand {
  const head = readSqlEntryHead(bytes)
  if (head !== undefined) return { kind: 'sql-entry', head }
  const command = decodeCommand(bytes)
  assert(command.kind !== 'sql', 'SQL commands have a head')
  return command
}

/** Throws on bytes that no version of ours wrote; the replica that meets them cannot go on. */
export function decodeCommand(bytes: Uint8Array): Command {
  if (readSqlEntryHead(bytes) !== undefined) {
    const { request, command } = new SqlEntryDecoder().decode(bytes)
    return { kind: 'sql', request, sql: command }
  }
  const wire = WireCommand.decode(bytes)
  const { timeMs, seed } = wire
  if (wire.kv !== undefined) {
    return { kind: 'kv', request: requestFromWire(wire), kv: kvCommandFromWire(wire.kv) }
  }
  if (wire.load !== undefined) {
    const load = loadFromWire(wire.load, { timeMs, seed })
    return { kind: 'load', request: load.step === 'commit' ? requestFromWire(wire) : undefined, load }
  }
  if (wire.digest !== undefined) return { kind: 'digest' }
  if (wire.report !== undefined) return { kind: 'report', report: { ...wire.report, timeMs } }
  if (wire.changesConfigure !== undefined) {
    const { enabled, ...settings } = wire.changesConfigure
    return { kind: 'changes-configure', settings: enabled ? settings : undefined }
  }
  if (wire.changesDelivered !== undefined) {
    return { kind: 'changes-delivered', through: wire.changesDelivered.through }
  }
  throw new Error('a log entry holds a command of a kind this version does not know')
}

function requestToWire({ id, since }: RequestTag): { requestId: Uint8Array; sinceIndex: number } {
  return { requestId: requestIdToWire(id), sinceIndex: since }
}

function requestFromWire({ requestId, sinceIndex, timeMs }: WireCommand): RequestTag {
  return { id: requestIdFromWire(requestId), since: sinceIndex, timeMs }
}
