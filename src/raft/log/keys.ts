/**
 * Keys of the log's store: group id (4 bytes), record class (1 byte), and for entries the index
 * (8 bytes), all big-endian, so that a group is one range and its entries sort by index.
 */
import { assert } from '../../base/index.ts'
import { getUint64, putUint64, viewOf } from './bytes.ts'

const CLASS_STATE = 1
const CLASS_SNAPSHOT = 2
const CLASS_ENTRY = 3
const CLASS_END = 4
const CLASS_IDENTITY = 1
const CLASS_RECOVERY = 2
const CLASS_FOUNDING = 3

/** Records that belong to the node rather than to a group live under this id. */
const NODE_GROUP = 0xffff_ffff

export type LogKey =
  | { readonly kind: 'state' }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'entry'; readonly index: number }

export function stateKey(groupId: number): Uint8Array {
  return classKey(groupId, CLASS_STATE)
}

export function snapshotKey(groupId: number): Uint8Array {
  return classKey(groupId, CLASS_SNAPSHOT)
}

export function entryKey(groupId: number, index: number): Uint8Array {
  const key = new Uint8Array(13)
  const view = viewOf(key)
  view.setUint32(0, groupId)
  view.setUint8(4, CLASS_ENTRY)
  putUint64(view, 5, index)
  return key
}

export function identityKey(): Uint8Array {
  return classKey(NODE_GROUP, CLASS_IDENTITY)
}

export function recoveryKey(): Uint8Array {
  return classKey(NODE_GROUP, CLASS_RECOVERY)
}

export function foundingKey(): Uint8Array {
  return classKey(NODE_GROUP, CLASS_FOUNDING)
}

export interface KeyRange {
  readonly from: Uint8Array
  /** Exclusive. */
  readonly to: Uint8Array
}

export function groupRange(groupId: number): KeyRange {
  return { from: classKey(groupId, 0), to: classKey(groupId, 0xff) }
}

export function entryRange(groupId: number): KeyRange {
  return { from: classKey(groupId, CLASS_ENTRY), to: classKey(groupId, CLASS_END) }
}

/** What a key of a group names; undefined if it is none of ours. */
export function parseLogKey(key: Uint8Array): LogKey | undefined {
  const view = viewOf(key)
  if (key.byteLength === 5) {
    if (key[4] === CLASS_STATE) return { kind: 'state' }
    if (key[4] === CLASS_SNAPSHOT) return { kind: 'snapshot' }
  }
  if (key.byteLength === 13 && key[4] === CLASS_ENTRY) {
    const index = getUint64(view, 5)
    if (index !== undefined) return { kind: 'entry', index }
  }
  return undefined
}

export function checkGroupId(groupId: number): number {
  assert(Number.isInteger(groupId) && groupId >= 0 && groupId < NODE_GROUP, `invalid group id ${groupId}`)
  return groupId
}

function classKey(groupId: number, recordClass: number): Uint8Array {
  const key = new Uint8Array(5)
  const view = viewOf(key)
  view.setUint32(0, groupId)
  view.setUint8(4, recordClass)
  return key
}
