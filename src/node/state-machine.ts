/**
 * The node's state machine: SQL and KV side by side under one log. Each command belongs to one of
 * them; both stand at the same index whenever a snapshot is taken.
 */
import { DebrosError, toError } from '../base/index.ts'
import type { KvApplyItem, KvMachine, KvResult } from '../kv/index.ts'
import type { Callback, Entry, SnapshotCapture, SnapshotMeta, StateMachine } from '../raft/index.ts'
import type { SqlApplyItem, SqlMachine, SqlResult } from '../sql/index.ts'
import { type Command, decodeCommand } from './codec/command-codec.ts'
import { framed, frameHeader, SectionReader } from './snapshot-sections.ts'

/** KV's applied index is stored at least this often, so that a restart has little to replay. */
const KV_INDEX_LAG_MAX = 1_000

export interface NodeStateMachineComponents {
  readonly sql: SqlMachine
  readonly kv: KvMachine
  readonly openSnapshot: (snapshot: SnapshotMeta) => Promise<{ chunks(): AsyncIterable<Uint8Array> }>
}

export interface NodeStateMachineInit {
  /** Whether somebody here waits for the entry's result. */
  readonly awaited: (entry: Entry) => boolean
}

/** What `apply` answers for an entry; undefined for entries that carry no command. */
export type CommandResult =
  | { readonly kind: 'sql'; readonly results: readonly SqlResult[] }
  | { readonly kind: 'kv'; readonly result: KvResult | undefined }

export class NodeStateMachine implements StateMachine {
  readonly #sql: SqlMachine
  readonly #kv: KvMachine
  readonly #openSnapshot: NodeStateMachineComponents['openSnapshot']
  readonly #init: NodeStateMachineInit
  #appliedIndex = 0

  /** Index of the last entry that may have changed a database. */
  dbAppliedIndex = 0
  /** Wall clock when the last SQL command was proposed and when it was applied here. */
  lastCommandTimeMs = 0
  lastAppliedTimeMs = 0

  constructor(components: NodeStateMachineComponents, init: NodeStateMachineInit) {
    this.#sql = components.sql
    this.#kv = components.kv
    this.#openSnapshot = components.openSnapshot
    this.#init = init
  }

  apply(entries: readonly Entry[], done: Callback<readonly unknown[]>): void {
    callBack(this.#apply(entries), done)
  }

  async #apply(entries: readonly Entry[]): Promise<readonly unknown[]> {
    const results: (CommandResult | undefined)[] = new Array(entries.length).fill(undefined)
    const sqlItems: SqlApplyItem[] = []
    const kvItems: KvApplyItem[] = []
    const sqlAt: number[] = []
    const kvAt: number[] = []
    for (const [at, entry] of entries.entries()) {
      if (entry.kind !== 'command') continue
      const command: Command = decodeCommand(entry.data)
      if (command.kind === 'kv') {
        kvAt.push(at)
        kvItems.push({ index: entry.index, command: command.kv })
      } else {
        sqlAt.push(at)
        sqlItems.push({ index: entry.index, command: command.sql, wantResults: this.#init.awaited(entry) })
      }
    }
    const last = (entries.at(-1) as Entry).index
    if (last - this.#kv.appliedIndex > KV_INDEX_LAG_MAX || kvItems.length > 0) this.#moveKvTo(last, kvItems)

    const [sqlResults, kvResults] = await Promise.all([
      sqlItems.length > 0 ? this.#sql.apply(sqlItems) : [],
      kvItems.length > 0 ? this.#kv.apply(kvItems) : [],
    ])
    for (const [i, at] of sqlAt.entries()) {
      const outcome = sqlResults[i]
      results[at] = { kind: 'sql', results: outcome?.kind === 'done' ? outcome.result : [] }
    }
    for (const [i, at] of kvAt.entries()) {
      const outcome = kvResults[i]
      results[at] = { kind: 'kv', result: outcome?.kind === 'done' ? outcome.result : undefined }
    }
    this.#appliedIndex = last
    this.#noteSql(sqlItems)
    return results
  }

  #moveKvTo(index: number, items: KvApplyItem[]): void {
    if (items.at(-1)?.index !== index) items.push({ index, command: undefined })
  }

  #noteSql(items: readonly SqlApplyItem[]): void {
    const last = items.at(-1)
    if (last === undefined) return
    this.dbAppliedIndex =
      items.findLast((item) => item.command.mode !== 'query')?.index ?? this.dbAppliedIndex
    this.lastCommandTimeMs = last.command.timeMs
    this.lastAppliedTimeMs = Date.now()
  }

  capture(done: Callback<SnapshotCapture>): void {
    callBack(this.#capture(), done)
  }

  async #capture(): Promise<SnapshotCapture> {
    if (this.#kv.appliedIndex < this.#appliedIndex) {
      await this.#kv.apply([{ index: this.#appliedIndex, command: undefined }])
    }
    const [sql, kv] = await Promise.all([this.#sql.capture(), this.#kv.capture()])
    // KV is on disk and, while a restarted node replays its log, may be ahead of the rest.
    const about: SnapshotAbout = {
      version: 1,
      dbAppliedIndex: this.dbAppliedIndex,
      kvAppliedIndex: kv.appliedIndex,
    }
    const meta = Buffer.from(JSON.stringify(about))
    return {
      async *chunks() {
        yield frameHeader('meta', meta.length)
        yield meta
        yield* framed('sql', sql.chunks())
        yield* framed('kv', kv.chunks())
        yield frameHeader('end', 0)
      },
      release: () => {
        sql.release()
        kv.release()
      },
    }
  }

  restore(snapshot: SnapshotMeta, done: Callback): void {
    callBack(this.#restore(snapshot), done)
  }

  async #restore(snapshot: SnapshotMeta): Promise<void> {
    const stored = await this.#openSnapshot(snapshot)
    const reader = new SectionReader(stored.chunks())
    try {
      const meta: Uint8Array[] = []
      for await (const chunk of reader.section('meta')) meta.push(chunk)
      const { dbAppliedIndex, kvAppliedIndex } = parseAbout(Buffer.concat(meta).toString())
      await this.#sql.restore(reader.section('sql'))
      // At a start KV may already have all of it, and skips what it applied when the log is replayed.
      if (this.#kv.appliedIndex < kvAppliedIndex) await this.#kv.restore(reader.section('kv'), kvAppliedIndex)
      this.dbAppliedIndex = dbAppliedIndex
      this.#appliedIndex = snapshot.index
    } finally {
      await reader.close()
    }
  }
}

/** A snapshot's meta section. */
interface SnapshotAbout {
  readonly version: 1
  readonly dbAppliedIndex: number
  /** Where its KV part stands; not before the snapshot's own index. */
  readonly kvAppliedIndex: number
}

function parseAbout(text: string): SnapshotAbout {
  const about = JSON.parse(text) as SnapshotAbout // checksummed, so it is what we wrote; its version is checked
  if (about.version !== 1) {
    throw new DebrosError('SNAPSHOT_INVALID', `a snapshot of version ${about.version}; this version reads 1`)
  }
  return about
}

/** The one place where the machines' promises meet the driver's callbacks. */
function callBack<T>(promise: Promise<T>, done: Callback<T>): void {
  promise.then(
    (value) => done(undefined, value),
    (error: unknown) => done(toError(error), undefined as never),
  )
}
