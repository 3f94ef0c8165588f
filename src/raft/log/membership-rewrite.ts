/**
 * Recovery by hand of a cluster that lost its majority for good: another membership takes the place of
 * every one that a stored log knows. Terms, indexes and commands stay as they are. So servers that get
 * the same membership still have logs that agree where they agreed before, and what was not committed is
 * settled by an ordinary election, under a configuration that the survivors can fulfil.
 *
 * The log is rewritten in one atomic batch. Snapshot files are not part of it and go first (see
 * snapshot-rewrite.ts): which membership their headers name decides nothing.
 */
import type { ClusterConfig, Entry, HardState, SnapshotMeta } from '../core/types.ts'
import type { Callback } from '../types.ts'
import { encodeEntry } from './entry-codec.ts'
import { RaftStorageError } from './errors.ts'
import { DATA_FORMAT_VERSION } from './identity.ts'
import { entryKey, groupRange, identityKey, recoveryKey, snapshotKey } from './keys.ts'
import { readLog } from './log-load.ts'
import {
  decodeRecovery,
  encodeIdentity,
  encodeRecovery,
  encodeSnapshotMeta,
  type RecoveryRecord,
} from './meta-codec.ts'
import type { OrderedStore, StoreOperation } from './ordered-store.ts'

/** What a stored log holds, as far as a recovery is concerned. */
export interface LogContents {
  readonly hardState: HardState | undefined
  readonly snapshot: SnapshotMeta | undefined
  readonly lastIndex: number
  readonly lastTerm: number
  /** Every configuration, newest first; that is the one in force. None if the log is empty. */
  readonly configs: readonly ClusterConfig[]
}

/** Undefined if there is no log. Errors: `RAFT_LOG_DAMAGED`, `RAFT_STORAGE_FAILED`. */
export function inspectLog(
  store: OrderedStore,
  { groupId }: { readonly groupId: number },
  done: Callback<LogContents | undefined>,
): void {
  scanLog(store, groupId, done, ({ stored, lastIndex }) => {
    const { hardState, snapshot, entries } = stored
    const configs = entries.flatMap(({ config }) => (config === undefined ? [] : [config])).reverse()
    return {
      hardState,
      snapshot,
      lastIndex,
      lastTerm: entries.at(-1)?.term ?? snapshot?.term ?? 0,
      configs: snapshot === undefined ? configs : [...configs, snapshot.config],
    }
  })
}

export interface MembershipRewrite {
  readonly groupId: number
  readonly nodeId: string
  /** Takes the place of every configuration. */
  readonly config: ClusterConfig
  /** Its `clusterId` becomes that of the data directory. */
  readonly recovery: RecoveryRecord
}

/** All of it, or nothing. Doing it again changes nothing. Errors as {@link inspectLog}. */
export function rewriteMembership(
  store: OrderedStore,
  { groupId, nodeId, config, recovery }: MembershipRewrite,
  done: Callback,
): void {
  const rewritten = ({ snapshot, entries }: Stored): StoreOperation[] => [
    ...entries
      .filter(({ kind }) => kind === 'config')
      .map(({ index, term, kind, data }): Entry => ({ index, term, kind, data, config }))
      .map((entry) => put(entryKey(groupId, entry.index), encodeEntry(entry))),
    ...(snapshot === undefined
      ? []
      : [put(snapshotKey(groupId), encodeSnapshotMeta({ ...snapshot, config }))]),
    put(
      identityKey(),
      encodeIdentity({ nodeId, clusterId: recovery.clusterId, formatVersion: DATA_FORMAT_VERSION }),
    ),
    put(recoveryKey(), encodeRecovery(recovery)),
  ]
  scanLog<StoreOperation[]>(
    store,
    groupId,
    (error, operations) => {
      if (error === undefined) store.batch(operations ?? [], done)
      else done(error)
    },
    ({ stored }) => rewritten(stored),
  )
}

/** Undefined if there never was a recovery. Error: `RAFT_LOG_DAMAGED`. */
export function readRecovery(store: OrderedStore, done: Callback<RecoveryRecord | undefined>): void {
  const key = recoveryKey()
  store.scan(key, Uint8Array.of(...key, 0), (error, [stored]) => {
    if (error !== undefined || stored === undefined) return done(error, undefined)
    let record: RecoveryRecord
    try {
      record = decodeRecovery(stored.value)
    } catch (cause) {
      const { location: path } = store
      const message = `the record of the last recovery in ${path} is damaged`
      return done(new RaftStorageError('RAFT_LOG_DAMAGED', message, { path, cause }), undefined)
    }
    done(undefined, record)
  })
}

/** The request for the recovery is put away: from now on the same one would be another. */
export function finishRecovery(store: OrderedStore, recovery: RecoveryRecord, done: Callback): void {
  store.batch([put(recoveryKey(), encodeRecovery({ ...recovery, finished: true }))], done)
}

type Loaded = NonNullable<ReturnType<typeof readLog>>
type Stored = Loaded['stored']

function scanLog<T>(
  store: OrderedStore,
  groupId: number,
  done: Callback<T | undefined>,
  read: (log: Loaded) => T,
): void {
  const { from, to } = groupRange(groupId)
  store.scan(from, to, (error, records) => {
    if (error !== undefined) return done(error, undefined)
    let value: T | undefined
    try {
      const log = readLog(records, store.location)
      value = log && read(log)
    } catch (damage) {
      return done(damage as Error, undefined) // readLog throws Errors only
    }
    done(undefined, value)
  })
}

function put(key: Uint8Array, value: Uint8Array): StoreOperation {
  return { type: 'put', key, value }
}
