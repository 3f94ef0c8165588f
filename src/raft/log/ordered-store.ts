/** What the log needs of a sorted store: small enough that a simulated disk can stand behind it. */
import type { Callback } from '../types.ts'

export type StoreOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: Uint8Array }
  /** Every key in `[from, to)`. */
  | { readonly type: 'delete-range'; readonly from: Uint8Array; readonly to: Uint8Array }

export interface StoreRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * Keys sort bytewise. Calls are made one at a time and call back exactly once, never from inside the
 * call itself. After an error nothing is known about the batch, and nothing may be written any more.
 */
export interface OrderedStore {
  /** Where it is, for messages to people: a directory, or some other name. */
  readonly location: string
  /** The operations in order, as one atomic step that is on disk when `done` is called. */
  batch(operations: readonly StoreOperation[], done: Callback): void
  /** All records with keys in `[from, to)`, in key order; none on error. */
  scan(from: Uint8Array, to: Uint8Array, done: Callback<readonly StoreRecord[]>): void
}
