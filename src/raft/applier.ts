/**
 * Feeds committed entries to the state machine, one batch at a time, and takes or installs snapshots
 * between batches. What was applied is reported in order.
 */
import { assert } from '../base/index.ts'
import { entryBytes } from './core/log.ts'
import type { Entry, SnapshotMeta } from './core/types.ts'
import type { SnapshotCapture, StateMachine } from './types.ts'

export interface ApplierComponents {
  readonly stateMachine: StateMachine
}

export interface ApplierInit {
  readonly entriesMax: number
  readonly bytesMax: number
  /** A batch was applied; `results` has one per entry. */
  readonly onApplied: (entries: readonly Entry[], results: readonly unknown[]) => void
  /** The state machine now stands at this received snapshot. */
  readonly onInstalled: (snapshot: SnapshotMeta) => void
  readonly onFatal: (error: Error) => void
}

export class Applier {
  readonly #stateMachine: StateMachine
  readonly #init: ApplierInit
  #queue: Entry[] = []
  #queueBytes = 0
  #busy = false
  /** A received snapshot that must be durable, then restored, before anything else is applied. */
  #install: { readonly snapshot: SnapshotMeta; durable: boolean } | undefined
  #capture: ((error: Error | undefined, capture: SnapshotCapture) => void) | undefined
  #stopped = false
  #idle: (() => void) | undefined

  constructor(components: ApplierComponents, init: ApplierInit) {
    this.#stateMachine = components.stateMachine
    this.#init = init
  }

  /** Bytes of entries that are committed and not handed to the state machine yet. */
  get backlogBytes(): number {
    return this.#queueBytes
  }

  get backlogEntries(): number {
    return this.#queue.length
  }

  get installing(): boolean {
    return this.#install !== undefined
  }

  /** Queues what is committed; {@link proceed} begins with it. */
  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#queue.push(entry)
      this.#queueBytes += entryBytes(entry)
    }
  }

  /** Begins the next batch unless one is under way. */
  proceed(): void {
    this.#next()
  }

  /** A snapshot replaces everything queued; it is restored once {@link installDurable} is called. */
  install(snapshot: SnapshotMeta): void {
    this.#queue = []
    this.#queueBytes = 0
    this.#install = { snapshot, durable: false }
  }

  installDurable(snapshot: SnapshotMeta): void {
    if (this.#install?.snapshot !== snapshot) return
    this.#install.durable = true
    this.#next()
  }

  /** Captures the state after the batch under way, if any. One at a time. */
  capture(done: (error: Error | undefined, capture: SnapshotCapture) => void): void {
    assert(this.#capture === undefined, 'one capture at a time')
    this.#capture = done
    this.#next()
  }

  /** Nothing more is started; calls back when what is under way is over. */
  stop(idle: () => void): void {
    this.#stopped = true
    if (this.#busy) this.#idle = idle
    else idle()
  }

  #next(): void {
    if (this.#busy || this.#stopped) return
    if (this.#install !== undefined) {
      if (this.#install.durable) this.#restore(this.#install.snapshot)
    } else if (this.#capture !== undefined) {
      this.#takeCapture(this.#capture)
    } else if (this.#queue.length > 0) {
      this.#apply(this.#takeBatch())
    }
  }

  #takeBatch(): Entry[] {
    let count = 0
    let bytes = 0
    while (count < this.#queue.length && count < this.#init.entriesMax) {
      const size = entryBytes(this.#queue[count] as Entry)
      if (count > 0 && bytes + size > this.#init.bytesMax) break
      bytes += size
      count++
    }
    this.#queueBytes -= bytes
    return this.#queue.splice(0, count)
  }

  #apply(batch: Entry[]): void {
    this.#run<readonly unknown[]>(
      (done) => this.#stateMachine.apply(batch, done),
      (results) => {
        assert(results.length === batch.length, 'the state machine answers every entry')
        this.#init.onApplied(batch, results)
      },
    )
  }

  #restore(snapshot: SnapshotMeta): void {
    this.#run<void>(
      (done) => this.#stateMachine.restore(snapshot, done),
      () => {
        // A still newer one may have arrived meanwhile; it is restored next.
        if (this.#install?.snapshot === snapshot) this.#install = undefined
        this.#init.onInstalled(snapshot)
      },
    )
  }

  #takeCapture(done: (error: Error | undefined, capture: SnapshotCapture) => void): void {
    this.#capture = undefined
    this.#run<SnapshotCapture>(
      (finished) => this.#stateMachine.capture(finished),
      (capture) => done(undefined, capture),
    )
  }

  #run<T>(
    start: (done: (error: Error | undefined, value: T) => void) => void,
    then: (value: T) => void,
  ): void {
    this.#busy = true
    start((error, value) => {
      this.#busy = false
      if (error !== undefined) this.#init.onFatal(error)
      else if (!this.#stopped) then(value)
      if (this.#stopped) {
        this.#idle?.()
        this.#idle = undefined
      } else {
        this.#next()
      }
    })
  }
}
