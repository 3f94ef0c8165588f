/**
 * Ends statements that run for too long. SQLite asks a callback every so many instructions of its virtual
 * machine (VDBE) whether to go on; the functions that set it are not exported, its place in memory is known
 * (`sqlite-layout.ts`).
 *
 * - Reads are held to a time of day, and end when nobody waits for them any more. The callback is asked now
 *   and then, and looks at the clock and at a flag.
 * - Log entries are held to a number of instructions, since replicas have different clocks. The callback is
 *   WebAssembly itself, or that would be slow.
 *   - To count them, it is asked once for every instruction: at wider steps it would matter how many a
 *     statement that is kept (in a full-text table, for one) had carried out before.
 *   - To estimate them, which costs next to nothing, it is asked now and then. What is far below the limit by
 *     an estimate is below it; of anything else, only counting can tell.
 */
import { EngineFailure } from './errors.ts'
import type { SqliteInstance } from './sqlite-binary.ts'
import type { SqliteLayout } from './sqlite-layout.ts'
import { Wasm } from './wasm.ts'

export type ExecutionLimit =
  /** Instructions. */
  { readonly kind: 'steps' | 'steps-estimate'; readonly steps: number } | Deadline

export interface Deadline {
  readonly kind: 'deadline'
  /** On the clock of {@link monotonicMs}; `Infinity`: never. */
  readonly atMs: number
  /** Whether nobody waits any more, which is as good as the time being over. */
  readonly isAbandoned?: (() => boolean) | undefined
}

/** Milliseconds on a clock that all threads of the process share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Instructions between two looks at the clock: some 50 µs. */
const STEPS_PER_LOOK = 1_000
/** Instructions between two counts of an estimate. */
const STEPS_PER_ESTIMATE = 16
/**
 * What an estimate may miss. Each run of a statement can end just before it is counted; those that are seen
 * here are counted for it, and SQLite's own (of full-text tables, and of PRAGMAs that are read like tables) make
 * at most a few of them for each that does count.
 */
const ESTIMATE_FACTOR = 4
const COUNTER_BYTES = 8

/** Fewer instructions than that are counted at once: an estimate of so few would mean little. */
const ESTIMATED_STEPS_MIN = 1_000_000

/** Whether what a command may take is estimated as long as that will do; or not limited at all. */
export function isEstimated({ stepsMax = 0 }: { readonly stepsMax?: number }): boolean {
  return stepsMax === 0 || stepsMax >= ESTIMATED_STEPS_MIN
}

export class ExecutionGuard {
  readonly #instance: SqliteInstance
  readonly #layout: SqliteLayout
  #limit: ExecutionLimit | undefined
  /** Address of the instructions left. */
  #counter = 0
  #countDown = 0
  #lookAtClock = 0
  /** Runs since `begin`, of an estimate. */
  #runs = 0

  constructor(instance: SqliteInstance, layout: SqliteLayout) {
    this.#instance = instance
    this.#layout = layout
  }

  /** From now on, for everything that is guarded together. */
  begin(limit: ExecutionLimit): void {
    this.#limit = limit
    if (limit.kind === 'deadline') {
      this.#lookAtClock ||= this.#instance.api.addFunction((): number => Number(this.isSpent), 'ii')
      return
    }
    if (this.#countDown === 0) this.#addCountDown()
    const isEstimate = limit.kind === 'steps-estimate'
    const calls = isEstimate ? limit.steps / (STEPS_PER_ESTIMATE * ESTIMATE_FACTOR) : limit.steps
    this.#runs = 0
    this.#instance.memory.setInt64(this.#counter, BigInt(Math.floor(calls)))
  }

  /** Whether it only finds out that a statement may have to be ended. */
  get isEstimate(): boolean {
    return this.#limit?.kind === 'steps-estimate'
  }

  /** Instructions that are left of those counted; below 0 if they did not suffice. */
  get stepsLeft(): number {
    return Number(this.#instance.memory.getInt64(this.#counter))
  }

  /** Whether there is no time, or no instruction, left. */
  get isSpent(): boolean {
    if (this.#limit === undefined) return false
    if (this.#limit.kind !== 'deadline') {
      return Number(this.#instance.memory.getInt64(this.#counter)) < this.#runs
    }
    const { atMs, isAbandoned } = this.#limit
    return isAbandoned?.() === true || (atMs !== Number.POSITIVE_INFINITY && monotonicMs() >= atMs)
  }

  /** Lets SQLite ask until `leave`. `handle` is the `sqlite3` pointer. */
  enter(handle: number): void {
    const isClock = this.#limit?.kind === 'deadline'
    if (this.isEstimate) this.#runs++
    const { memory } = this.#instance
    const { progress } = this.#layout
    memory.setUint32(handle + progress + PROGRESS.callback, isClock ? this.#lookAtClock : this.#countDown)
    memory.setUint32(handle + progress + PROGRESS.argument, this.#counter)
    memory.setUint32(handle + progress + PROGRESS.steps, this.#stepsPerCall)
  }

  leave(handle: number): void {
    // Without a callback the other two words mean nothing.
    this.#instance.memory.setUint32(handle + this.#layout.progress + PROGRESS.callback, 0)
  }

  get #stepsPerCall(): number {
    switch (this.#limit?.kind) {
      case 'deadline':
        return STEPS_PER_LOOK
      case 'steps-estimate':
        return STEPS_PER_ESTIMATE
      default:
        return 1
    }
  }

  #addCountDown(): void {
    const { api, memory } = this.#instance
    this.#counter = api._malloc(COUNTER_BYTES)
    if (this.#counter === 0) throw new EngineFailure('out of memory')
    const { down } = new Wasm.Instance(countDownModule, { env: { memory: memory.wasm } }).exports
    this.#countDown = api.addFunction(down as () => number, 'ii') // the module exports it
  }
}

/** Offsets in what `SqliteLayout.progress` points to: xProgress, pProgressArg, nProgressOps. */
export const PROGRESS = { callback: 0, argument: 4, steps: 8 } as const

/**
 *   (import "env" "memory" (memory 0))
 *   (func (export "down") (param $counter i32) (result i32)
 *     (i64.store (local.get $counter) (i64.sub (i64.load (local.get $counter)) (i64.const 1)))
 *     (i64.lt_s (i64.load (local.get $counter)) (i64.const 0)))
 */
const countDownModule = new Wasm.Module(
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
    ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f], // type: i32 → i32
    ...[0x02, 0x0f, 0x01, 0x03, ...ascii('env'), 0x06, ...ascii('memory'), 0x02, 0x00, 0x00], // import
    ...[0x03, 0x02, 0x01, 0x00], // one function, of that type
    ...[0x07, 0x08, 0x01, 0x04, ...ascii('down'), 0x00, 0x00], // export
    ...[0x0a, 0x19, 0x01, 0x17, 0x00], // code, 23 bytes, no locals
    ...[0x20, 0x00, 0x20, 0x00, 0x29, 0x03, 0x00, 0x42, 0x01, 0x7d, 0x37, 0x03, 0x00],
    ...[0x20, 0x00, 0x29, 0x03, 0x00, 0x42, 0x00, 0x53, 0x0b],
  ]),
)

function ascii(text: string): number[] {
  return [...Buffer.from(text)]
}
