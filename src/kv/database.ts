/** The part of abstract-level the machine uses, and LevelDB as one that has it. */
import { Level } from 'level'
import { DebrosError, errorMessage, hasErrorCode } from '../base/index.ts'
import type { KeyRange } from './keys.ts'

export type KvDatabaseOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export interface KvDatabaseSnapshot {
  close(): Promise<void>
}

export interface KvDatabaseReadOptions {
  readonly snapshot: KvDatabaseSnapshot | undefined
}

export interface KvDatabaseIteratorOptions extends KvDatabaseReadOptions {
  readonly gt?: Uint8Array
  readonly gte?: Uint8Array
  readonly lt: Uint8Array
  readonly limit?: number
  readonly highWaterMarkBytes?: number
}

/**
 * An abstract-level database with explicit snapshots, whose keys and values are encoded as `view`,
 * and which was not opened yet: `new Level(path, KV_ENCODINGS)` or `new MemoryLevel(KV_ENCODINGS)`.
 */
export interface KvDatabase {
  open(): Promise<void>
  close(): Promise<void>
  get(key: Uint8Array, options: KvDatabaseReadOptions): Promise<Uint8Array | undefined>
  getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>
  has(key: Uint8Array, options: KvDatabaseReadOptions): Promise<boolean>
  hasMany(keys: Uint8Array[]): Promise<boolean[]>
  batch(operations: KvDatabaseOperation[], options: { sync: boolean }): Promise<void>
  clear(range: KeyRange): Promise<void>
  snapshot(): KvDatabaseSnapshot
  iterator(options: KvDatabaseIteratorOptions): {
    nextv(size: number): Promise<[Uint8Array, Uint8Array][]>
    close(): Promise<void>
  }
}

export const KV_ENCODINGS = { keyEncoding: 'view', valueEncoding: 'view' } as const

/** Makes LevelDB databases in the directory `path`, created if need be when opened. */
export function levelDatabase(path: string): () => KvDatabase {
  return () => new Level<Uint8Array, Uint8Array>(path, KV_ENCODINGS)
}

/** What `open` failed with, for people: `DATA_DIR_IN_USE` or `DATA_DIR_UNREADABLE`. */
export function openError(location: string, error: unknown): DebrosError {
  // abstract-level says "failed to open" and carries the reason, with its code, as the cause.
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (hasErrorCode(reason, 'LEVEL_LOCKED')) {
    return new DebrosError(
      'DATA_DIR_IN_USE',
      `${location} is used by another process: stop that process, or give this node a data directory of its own`,
      { cause: error },
    )
  }
  return new DebrosError(
    'DATA_DIR_UNREADABLE',
    `cannot open ${location}: ${errorMessage(reason)}. The key-value store is rebuilt from the Raft log and its ` +
      'snapshot: with the disk in order, this directory alone may be deleted',
    { cause: error },
  )
}
