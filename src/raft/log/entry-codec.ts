/** Log entries as records (see record.ts): the same bytes on disk and on the wire. */
import { assert, errorMessage } from '../../base/index.ts'
import type { ClusterConfig, Entry } from '../core/types.ts'
import { decodeClusterConfig, encodeClusterConfig } from './config-codec.ts'
import { damagedRecord, openRecord, recordPayload, sealRecord } from './record.ts'

const EMPTY = new Uint8Array(0)

/**
 * Encodes once: the record is kept in `entry.record` for whoever asks next. The data is from then on a part
 * of it, so that it is in memory once.
 */
export function encodeEntry(entry: Entry): Uint8Array {
  if (entry.record !== undefined) return entry.record
  const record = sealRecord(entry.kind, entry.term, entry.index, entryPayload(entry))
  entry.record = record
  if (entry.kind === 'command') entry.data = recordPayload(record)
  return record
}

/**
 * The entry a record holds; `data` is a view into `bytes`, which the entry keeps as its `record`.
 * Throws `RAFT_RECORD_DAMAGED`, naming `expectedIndex` or else the index the record claims.
 */
export function decodeEntry(bytes: Uint8Array, expectedIndex?: number): Entry {
  const { kind, term, index, payload } = openRecord(bytes, 'log entry', expectedIndex)
  const damaged = (reason: string, cause?: unknown) =>
    damagedRecord('log entry', expectedIndex ?? index, reason, cause)

  if (index === 0) throw damaged('no entry has index 0')
  if (expectedIndex !== undefined && index !== expectedIndex) {
    throw damaged(`the record is that of index ${index}`)
  }
  switch (kind) {
    case 'command':
      return { index, term, kind, data: payload, config: undefined, record: bytes }
    case 'noop':
      if (payload.byteLength > 0) throw damaged('a no-op carries no data')
      return { index, term, kind, data: EMPTY, config: undefined, record: bytes }
    case 'config':
      return { index, term, kind, data: EMPTY, config: decodeConfig(payload, damaged), record: bytes }
    default:
      throw damaged(`a record of kind ${kind} is no entry`)
  }
}

function entryPayload(entry: Entry): Uint8Array {
  assert((entry.kind === 'config') === (entry.config !== undefined), 'exactly config entries have a config')
  if (entry.config !== undefined) return encodeClusterConfig(entry.config)
  assert(entry.kind === 'command' || entry.data.byteLength === 0, 'only commands have data')
  return entry.data
}

function decodeConfig(
  payload: Uint8Array,
  damaged: (reason: string, cause: unknown) => Error,
): ClusterConfig {
  try {
    return decodeClusterConfig(payload)
  } catch (error) {
    throw damaged(errorMessage(error), error)
  }
}
