/** Pages of a namespace's keys, in key order. */
import { DebrosError } from '../base/index.ts'
import type { KvDatabase, KvDatabaseSnapshot } from './database.ts'
import { concat, isInRange, type KeyRange, namespacePrefix, prefixRange } from './keys.ts'
import { KV_LIST_LIMIT_DEFAULT, KV_LIST_LIMIT_MAX, KV_PAGE_BYTES_MAX, KvLimitError } from './limits.ts'
import { decodeRevision, decodeStored } from './stored-value.ts'
import type { KvEntry, KvListOptions, KvPage } from './types.ts'

/** What a cursor begins with, should there ever be another kind. */
const CURSOR_VERSION = 1
/** How much one step reads ahead. */
const STEP_ENTRIES = 256
const STEP_BYTES = 128 * 1024

/** A request whose options were checked. */
export interface ListQuery {
  readonly range: { readonly gt?: Uint8Array; readonly gte?: Uint8Array; readonly lt: Uint8Array }
  /** Bytes of the namespace's prefix before each of the caller's keys. */
  readonly prefixBytes: number
  readonly limit: number
  readonly keysOnly: boolean
}

/** Throws `NAMESPACE_INVALID`, `KV_LIMIT_INVALID` or `KV_CURSOR_INVALID`. */
export function parseList(namespace: string, options: KvListOptions): ListQuery {
  const { prefix = new Uint8Array(0), limit = KV_LIST_LIMIT_DEFAULT, cursor, keysOnly = false } = options
  const namespaceStart = namespacePrefix(namespace)
  if (!Number.isInteger(limit) || limit < 1 || limit > KV_LIST_LIMIT_MAX) {
    const message = `a limit is a number from 1 to ${KV_LIST_LIMIT_MAX}, not ${limit}`
    throw new KvLimitError('KV_LIMIT_INVALID', message, KV_LIST_LIMIT_MAX)
  }
  const { gte, lt } = prefixRange(concat(namespaceStart, prefix))
  const range = cursor === undefined ? { gte, lt } : { gt: keyAfter(cursor, namespaceStart, { gte, lt }), lt }
  return { range, prefixBytes: namespaceStart.byteLength, limit, keysOnly }
}

export async function readPage(
  db: KvDatabase,
  snapshot: KvDatabaseSnapshot | undefined,
  { range, prefixBytes, limit, keysOnly }: ListQuery,
): Promise<KvPage> {
  const entries: KvEntry[] = []
  let sizeBytes = 0
  // One more than asked for tells whether there is a next page.
  const iterator = db.iterator({ ...range, limit: limit + 1, snapshot, highWaterMarkBytes: STEP_BYTES })
  try {
    for (;;) {
      const step = await iterator.nextv(STEP_ENTRIES)
      if (step.length === 0) return { entries, cursor: undefined }
      for (const [storedKey, stored] of step) {
        if (entries.length === limit || sizeBytes >= KV_PAGE_BYTES_MAX) {
          return { entries, cursor: cursorAt(entries) }
        }
        const key = new Uint8Array(storedKey.subarray(prefixBytes))
        const entry = keysOnly ? decodeRevision(key, stored) : decodeStored(key, stored)
        sizeBytes += key.byteLength + entry.value.byteLength
        entries.push(entry)
      }
    }
  } finally {
    await iterator.close()
  }
}

/** The next page begins behind the last key of this one, whether or not it is still there by then. */
function cursorAt(entries: readonly KvEntry[]): Uint8Array {
  const last = entries.at(-1)?.key ?? new Uint8Array(0)
  return concat(Uint8Array.of(CURSOR_VERSION), last)
}

function keyAfter(cursor: Uint8Array, namespaceStart: Uint8Array, range: KeyRange): Uint8Array {
  const key = concat(namespaceStart, cursor.subarray(1))
  if (cursor[0] !== CURSOR_VERSION || !isInRange(key, range)) {
    throw new DebrosError('KV_CURSOR_INVALID', 'the cursor is not one of a page with this prefix')
  }
  return key
}
