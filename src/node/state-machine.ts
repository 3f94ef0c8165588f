/**
 * The node's state machine: SQL and KV side by side under one log. Each command belongs to one of
 * them; both stand at the same index whenever a snapshot is taken.
 */
import { assert, DebrosError, type RequestOutcome, toError } from '../base/index.ts'
import type { KvApplyItem, KvMachine, KvResult } from '../kv/index.ts'
import type { Callback, Entry, SnapshotCapture, SnapshotMeta, StateMachine } from '../raft/index.ts'
import type { SqlApplyItem, SqlEntryItem, SqlMachine, SqlResult } from '../sql/index.ts'
import { type Command, readCommand } from './codec/command-codec.ts'
import type { IntegrityReport } from './integrity-report.ts'
import { framed, frameHeader, SectionReader } from './snapshot-sections.ts'
import { StateDigests } from './state-digests.ts'

/** KV's applied index is stored at least this often, so that a restart has little to replay. */
const KV_INDEX_LAG_MAX = 1_000

export interface NodeStateMachineComponents {
  readonly sql: SqlMachine
  readonly kv: KvMachine
  readonly openSnapshot: (snapshot: SnapshotMeta) => Promise<{ chunks(): AsyncIterable<Uint8Array> }>
  /** Wall clock, milliseconds since the epoch; nothing replicated depends on it. @default Date.now */
  readonly now?: () => number
}

export interface NodeStateMachineInit {
  /** Whether somebody here waits for the entry's result. */
  readonly awaited: (entry: Entry) => boolean
  /** The replicas' states were compared. Called again for old reports when the log is replayed. */
  readonly onIntegrityReport?: (report: IntegrityReport) => void
  /** The databases may have changed. */
  readonly onSqlApplied?: () => void
}

/** What `apply` answers for an entry; undefined for entries that carry no command. */
export type CommandResult =
  | { readonly kind: 'sql'; readonly outcome: RequestOutcome<readonly SqlResult[]> }
  | { readonly kind: 'kv'; readonly outcome: RequestOutcome<KvResult> }
  | { readonly kind: 'digest' }
  | { readonly kind: 'report' }
  | { readonly kind: 'changes' }

type LogCommand = ReturnType<typeof readCommand>
type AboutState = Extract<Command, { kind: 'digest' | 'changes-configure' | 'changes-delivered' }>

function isAboutState(command: LogCommand | undefined): command is AboutState {
  return (
    command?.kind === 'digest' ||
    command?.kind === 'changes-configure' ||
    command?.kind === 'changes-delivered'
  )
}

interface Decoded {
  readonly entry: Entry
  readonly command: LogCommand | undefined
}

/** What is told of an SQL command once it is applied. */
interface SqlNote {
  readonly index: number
  readonly timeMs: number
  readonly mayChangeDatabase: boolean
}

export class NodeStateMachine implements StateMachine {
  readonly #sql: SqlMachine
  readonly #kv: KvMachine
  readonly #openSnapshot: NodeStateMachineComponents['openSnapshot']
  readonly #now: () => number
  readonly #init: NodeStateMachineInit
  /** What each of the last digest entries found here. */
  readonly digests: StateDigests
  #appliedIndex = 0

  /** Index of the last entry that may have changed a database. */
  dbAppliedIndex = 0
  /** Wall clock when the last SQL command was proposed and when it was applied here. */
  lastCommandTimeMs = 0
  lastAppliedTimeMs = 0
  /** What came of the last comparison of the replicas. */
  integrity: IntegrityReport | undefined

  constructor(components: NodeStateMachineComponents, init: NodeStateMachineInit) {
    this.#sql = components.sql
    this.#kv = components.kv
    this.#openSnapshot = components.openSnapshot
    this.#now = components.now ?? Date.now
    this.#init = init
    this.digests = new StateDigests(components)
  }

  apply(entries: readonly Entry[], done: Callback<readonly unknown[]>): void {
    callBack(this.#apply(entries), done)
  }

  async #apply(entries: readonly Entry[]): Promise<readonly unknown[]> {
    const results: (CommandResult | undefined)[] = []
    let batch: Decoded[] = []
    for (const entry of entries) {
      const command = entry.kind === 'command' ? readCommand(entry.data) : undefined
      batch.push({ entry, command })
      // What is about the state at its own index comes before anything behind it is applied.
      if (!isAboutState(command)) continue
      results.push(...(await this.#applyBatch(batch)))
      await this.#applyToState(command, entry.index)
      batch = []
    }
    if (batch.length > 0) results.push(...(await this.#applyBatch(batch)))
    return results
  }

  async #applyToState(command: AboutState, index: number): Promise<void> {
    switch (command.kind) {
      case 'digest':
        this.digests.take(index)
        return
      case 'changes-configure':
        await this.#sql.configureChanges(command.settings, index)
        this.#init.onSqlApplied?.()
        return
      case 'changes-delivered':
        await this.#sql.trimChanges(command.through)
    }
  }

  async #applyBatch(batch: readonly Decoded[]): Promise<(CommandResult | undefined)[]> {
    const results: (CommandResult | undefined)[] = new Array(batch.length).fill(undefined)
    const sqlItems: (SqlApplyItem | SqlEntryItem)[] = []
    const sqlNotes: SqlNote[] = []
    const kvItems: KvApplyItem[] = []
    const sqlAt: number[] = []
    const kvAt: number[] = []
    for (const [at, { entry, command }] of batch.entries()) {
      const { index } = entry
      switch (command?.kind) {
        case 'sql-entry': {
          const { mode, timeMs } = command.head
          sqlAt.push(at)
          sqlNotes.push({ index, timeMs, mayChangeDatabase: mode !== 'query' })
          // A read has its place in the log, and is carried out beside it, at a state that holds what came before.
          const wantResults = mode !== 'query' && this.#init.awaited(entry)
          sqlItems.push({ index, entry: entry.data, wantResults })
          break
        }
        case 'load': {
          const { load, request } = command
          sqlAt.push(at)
          sqlNotes.push({ index, timeMs: load.timeMs, mayChangeDatabase: load.step === 'commit' })
          sqlItems.push({ index, command: load, request, wantResults: this.#init.awaited(entry) })
          break
        }
        case 'kv':
          kvAt.push(at)
          kvItems.push({ index, command: command.kv, request: command.request })
          break
        case 'report':
          this.#noteReport(command.report)
          results[at] = { kind: 'report' }
          break
        case 'digest':
          results[at] = { kind: 'digest' }
          break
        case 'changes-configure':
        case 'changes-delivered':
          results[at] = { kind: 'changes' }
          break
        case undefined:
          break
      }
    }
    const last = (batch.at(-1) as Decoded).entry.index
    if (last - this.#kv.appliedIndex > KV_INDEX_LAG_MAX || kvItems.length > 0) this.#moveKvTo(last, kvItems)

    const [sqlOutcomes, kvOutcomes] = await Promise.all([
      sqlItems.length > 0 ? this.#sql.apply(sqlItems) : [],
      kvItems.length > 0 ? this.#kv.apply(kvItems) : [],
    ])
    for (const [i, at] of sqlAt.entries()) {
      const outcome = sqlOutcomes[i]
      assert(outcome !== undefined, 'every SQL command has an outcome')
      results[at] = { kind: 'sql', outcome }
    }
    for (const [i, at] of kvAt.entries()) {
      const outcome = kvOutcomes[i]
      // Replayed, and forgotten since; whoever asked is not waiting for this process.
      if (outcome !== undefined) results[at] = { kind: 'kv', outcome }
    }
    this.#appliedIndex = last
    this.#noteSql(sqlNotes)
    return results
  }

  #noteReport(report: IntegrityReport): void {
    this.integrity = report
    this.#init.onIntegrityReport?.(report)
  }

  #moveKvTo(index: number, items: KvApplyItem[]): void {
    if (items.at(-1)?.index !== index) items.push({ index, command: undefined })
  }

  #noteSql(notes: readonly SqlNote[]): void {
    const last = notes.at(-1)
    if (last === undefined) return
    this.dbAppliedIndex = notes.findLast((note) => note.mayChangeDatabase)?.index ?? this.dbAppliedIndex
    this.lastCommandTimeMs = last.timeMs
    this.lastAppliedTimeMs = this.#now()
    this.#init.onSqlApplied?.()
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
      ...(this.integrity && { integrity: this.integrity }),
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
      const { dbAppliedIndex, kvAppliedIndex, integrity } = parseAbout(Buffer.concat(meta).toString())
      await this.#sql.restore(reader.section('sql'))
      // At a start KV may already have all of it, and skips what it applied when the log is replayed.
      if (this.#kv.appliedIndex < kvAppliedIndex) await this.#kv.restore(reader.section('kv'), kvAppliedIndex)
      this.dbAppliedIndex = dbAppliedIndex
      this.#appliedIndex = snapshot.index
      if (integrity !== undefined) this.#noteReport(integrity)
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
  readonly integrity?: IntegrityReport
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
