/**
 * What a node has promised about the founding of a cluster before it is a member of one, kept beside the
 * log: a promise that a restart forgets could be given twice.
 */
import type { Callback } from '../types.ts'
import { RaftStorageError } from './errors.ts'
import { foundingKey } from './keys.ts'
import { decodeFounding, encodeFounding, type FoundingRecord } from './meta-codec.ts'
import type { OrderedStore } from './ordered-store.ts'

/** Undefined if nothing is promised. Error: `RAFT_LOG_DAMAGED`. */
export function readFounding(store: OrderedStore, done: Callback<FoundingRecord | undefined>): void {
  const key = foundingKey()
  store.scan(key, Uint8Array.of(...key, 0), (error, [stored]) => {
    if (error !== undefined || stored === undefined) return done(error, undefined)
    let record: FoundingRecord
    try {
      record = decodeFounding(stored.value)
    } catch (cause) {
      const { location: path } = store
      const message = `the record of a founding in ${path} is damaged`
      return done(new RaftStorageError('RAFT_LOG_DAMAGED', message, { path, cause }), undefined)
    }
    done(undefined, record)
  })
}

/** Undefined takes back what was promised. */
export function writeFounding(store: OrderedStore, record: FoundingRecord | undefined, done: Callback): void {
  const key = foundingKey()
  const operation =
    record === undefined
      ? ({ type: 'delete', key } as const)
      : ({ type: 'put', key, value: encodeFounding(record) } as const)
  store.batch([operation], done)
}
