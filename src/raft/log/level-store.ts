/** The ordered store on LevelDB (or any other abstract-level database). */
import { Level } from 'level'
import { assert, errorMessage, hasErrorCode } from '../../base/index.ts'
import type { Callback } from '../types.ts'
import { plainBytes } from './bytes.ts'
import { RaftStorageError } from './errors.ts'
import type { OrderedStore, StoreOperation, StoreRecord } from './ordered-store.ts'

/** How much one step of a scan reads ahead. */
const SCAN_STEP_RECORDS = 1000
const SCAN_STEP_BYTES = 1024 * 1024

type LevelOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

interface LevelRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
  readonly highWaterMarkBytes?: number
}

/** The part of abstract-level we use; keys and values must be encoded as `view`. */
export interface LevelDatabase {
  open(): Promise<void>
  close(): Promise<void>
  batch(operations: LevelOperation[], options: { sync: boolean }): Promise<void>
  iterator(options: LevelRange): {
    nextv(size: number): Promise<[Uint8Array, Uint8Array][]>
    close(): Promise<void>
  }
  keys(options: LevelRange): { all(): Promise<Uint8Array[]> }
}

export interface LevelStore extends OrderedStore {
  /** Rejects with `DATA_DIR_IN_USE` or `DATA_DIR_UNREADABLE`. Repeatable. */
  open(): Promise<void>
  /** Waits for what is under way. Repeatable. */
  close(): Promise<void>
}

/** A store in the directory `path`, which `open` creates if need be. */
export function createLevelStore(path: string): LevelStore {
  const database = () =>
    new Level<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view' })
  return levelStoreOver({ database }, { location: path })
}

export interface LevelStoreComponents {
  /** Makes the database; called once, by the first `open`, since abstract-level opens what it constructs. */
  readonly database: () => LevelDatabase
}

export interface LevelStoreInit {
  readonly location: string
}

/** The same over any database. */
export function levelStoreOver({ database }: LevelStoreComponents, { location }: LevelStoreInit): LevelStore {
  let made: LevelDatabase | undefined
  const db = () => {
    assert(made !== undefined, 'a store is opened before it is used')
    return made
  }
  return {
    location,
    open: async () => {
      made ??= database()
      await made.open().catch((error: unknown) => Promise.reject(openError(location, error)))
    },
    close: async () => made?.close(),
    batch: (operations, done) =>
      settle(runBatch(db(), operations), done, undefined, `cannot write to ${location}`, location),
    scan: (from, to, done) => settle(runScan(db(), from, to), done, [], `cannot read ${location}`, location),
  }
}

async function runBatch(db: LevelDatabase, operations: readonly StoreOperation[]): Promise<void> {
  const batch: LevelOperation[] = []
  for (const operation of operations) {
    if (operation.type === 'put') {
      batch.push({ type: 'put', key: operation.key, value: operation.value })
    } else if (operation.type === 'delete') {
      batch.push({ type: 'del', key: operation.key })
    } else {
      // LevelDB has no ranged delete inside a batch. Calls come one at a time, so the keys found now
      // are those there will be; keys put earlier in this batch are not stored yet and join them.
      const { from, to } = operation
      const pending = batch.filter(({ key }) => Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0)
      const stored = await db.keys({ gte: from, lt: to }).all()
      for (const key of stored) batch.push({ type: 'del', key })
      for (const { key } of pending) batch.push({ type: 'del', key })
    }
  }
  await db.batch(batch, { sync: true })
}

async function runScan(db: LevelDatabase, from: Uint8Array, to: Uint8Array): Promise<StoreRecord[]> {
  const records: StoreRecord[] = []
  const iterator = db.iterator({ gte: from, lt: to, highWaterMarkBytes: SCAN_STEP_BYTES })
  try {
    for (;;) {
      const step = await iterator.nextv(SCAN_STEP_RECORDS)
      if (step.length === 0) return records
      for (const [key, value] of step) records.push({ key: plainBytes(key), value: plainBytes(value) })
    }
  } finally {
    await iterator.close()
  }
}

/** Both outcomes are handled by one `then`, so that an error thrown by `done` is not handed to it again. */
function settle<T>(
  promise: Promise<T>,
  done: Callback<T>,
  valueOnError: T,
  problem: string,
  path: string,
): void {
  promise.then(
    (value) => done(undefined, value),
    (cause: unknown) => {
      const message = `${problem}: ${errorMessage(cause)}`
      done(
        new RaftStorageError('RAFT_STORAGE_FAILED', message, { path, outcome: 'unknown', cause }),
        valueOnError,
      )
    },
  )
}

function openError(path: string, error: unknown): RaftStorageError {
  // abstract-level says "failed to open" and carries the reason, with its code, as the cause.
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (hasErrorCode(reason, 'LEVEL_LOCKED')) {
    return new RaftStorageError(
      'DATA_DIR_IN_USE',
      `${path} is used by another process: stop that process, or give this node a data directory of its own`,
      { path, cause: error },
    )
  }
  return new RaftStorageError(
    'DATA_DIR_UNREADABLE',
    `cannot open ${path}: ${errorMessage(reason)}. Check that the directory exists, belongs to this user and is on a ` +
      'healthy disk with free space; a node whose directory is lost can rejoin as a new member with an empty one',
    { path, cause: error },
  )
}
