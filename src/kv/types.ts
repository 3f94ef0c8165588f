/** The contract of the key-value state machine. Keys and values are bytes; order is bytewise. */
import type { RequestOutcome, RequestTag } from '../base/index.ts'

export interface KvEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** Log index of the entry that last wrote this key; grows with every write to it. */
  readonly revision: number
}

/** What a compare-and-swap or a guarded batch expects to find. */
export type KvExpectation =
  | { readonly kind: 'absent' }
  | { readonly kind: 'value'; readonly value: Uint8Array }
  | { readonly kind: 'revision'; readonly revision: number }

export type KvOperation =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  /** Checks `expected` and, if it holds, writes `value` (deletes when undefined). */
  | {
      readonly kind: 'compare-and-swap'
      readonly key: Uint8Array
      readonly expected: KvExpectation
      readonly value: Uint8Array | undefined
    }

/**
 * A replicated request: all operations happen, or (a failed comparison, bad input) none does. Every
 * comparison is made with the state before the command; then the writes are made in order.
 */
export interface KvCommand {
  readonly namespace: string
  readonly operations: readonly KvOperation[]
}

export type KvResult =
  /** `existed[i]`: whether operation i's key was there before the command. */
  | { readonly kind: 'applied'; readonly revision: number; readonly existed: readonly boolean[] }
  /** `operation` is the position of the first comparison that failed; `actual` what was there. */
  | { readonly kind: 'conflict'; readonly operation: number; readonly actual: KvEntry | undefined }
  /** Refused by every replica alike. Only a proposer that did not call `checkKvCommand` gets it. */
  | { readonly kind: 'invalid'; readonly code: string; readonly message: string }

export interface KvApplyItem {
  /** Log index; becomes the revision of the keys it writes. */
  readonly index: number
  /** Undefined: an entry of some other kind, which only moves the applied index. */
  readonly command: KvCommand | undefined
  /** If there is one, the command is carried out by the first entry with it, and by no other. */
  readonly request?: RequestTag | undefined
}

export interface KvListOptions {
  readonly prefix?: Uint8Array
  /** 1 to 10,000. @default 100 */
  readonly limit?: number
  /** The `cursor` of the page before. */
  readonly cursor?: Uint8Array
  /** Leave values out. @default false */
  readonly keysOnly?: boolean
}

export interface KvPage {
  readonly entries: readonly KvEntry[]
  /** Pass it on to get the next page; undefined after the last. */
  readonly cursor: Uint8Array | undefined
}

/**
 * Namespaced keys in LevelDB. The applied index and the outcomes of requests are written in the same
 * atomic batch as the data, so a restart replays exactly what is missing. Writes are not synced: the Raft log is the durable copy.
 * After a crash of the whole system, or of the process in the middle of a restore, the machine starts
 * empty, at applied index 0. Before anything is applied, it must therefore be restored if its applied
 * index is below the snapshot's, and must not be if it is above.
 */
export interface KvMachine {
  start(): Promise<void>
  stop(): Promise<void>
  /** The last index whose effects are stored. Items at or below it are skipped by `apply`. */
  readonly appliedIndex: number
  /**
   * Answers for each item what became of it. A request that was carried out before has its first
   * outcome. Undefined where `command` was, and where the item was already applied: then a request's
   * outcome is answered as long as it is remembered.
   */
  apply(items: readonly KvApplyItem[]): Promise<readonly (RequestOutcome<KvResult> | undefined)[]>
  get(namespace: string, key: Uint8Array): Promise<KvEntry | undefined>
  exists(namespace: string, key: Uint8Array): Promise<boolean>
  list(namespace: string, options?: KvListOptions): Promise<KvPage>
  /** A consistent view at `appliedIndex`, readable while later calls go on. */
  capture(): Promise<KvCapture>
  /**
   * Replaces everything by a capture's chunks, however they are cut, and sets `appliedIndex`, which
   * must not go back. Reads see the state from before until it resolves; a restart in the middle
   * starts empty.
   */
  restore(chunks: AsyncIterable<Uint8Array>, appliedIndex: number): Promise<void>
  /** Reads the whole database, taking its time; later calls go on meanwhile. */
  digest(): Promise<KvDigest>
}

export interface KvDigest {
  /** The applied index when `digest` was called. */
  readonly index: number
  /**
   * Hex SHA-256 of the chunks a capture had then: of keys, values, revisions and outcomes. Equal on
   * all machines that applied the same log up to `index`; entries without a command do not change it.
   */
  readonly digest: string
}

export interface KvCapture {
  /**
   * The index the captured state stands for; to be kept with the chunks and given to `restore`. After
   * a restart it may be above what else is being replayed: it is this machine's index that counts.
   */
  readonly appliedIndex: number
  chunks(): AsyncIterable<Uint8Array>
  release(): void
}
