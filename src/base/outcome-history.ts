/**
 * What became of recent requests, so that one that is made again gets its first outcome and is not
 * carried out twice. Part of a state machine: every replica remembers and forgets the same things at
 * the same log index, and a snapshot carries the history along.
 *
 * The history is bounded, so an outcome may be forgotten. A request therefore also says which index
 * was committed when it was first made (`since`): its entry, if there is one, stands behind that. If
 * everything forgotten stands at or before it, a request that is not known was never carried out;
 * otherwise nobody can tell any more, and it is refused rather than carried out a second time.
 */
import { assert } from './assert.ts'

/** Names one request; the same for every attempt at it. */
export interface RequestTag {
  /** One character per byte, {@link REQUEST_ID_BYTES} of them, drawn at random by whoever asks. */
  readonly id: string
  /** A commit index known to the asking side before its first attempt. */
  readonly since: number
  /** Wall clock of the proposer, milliseconds since the epoch; only for forgetting by age. */
  readonly timeMs: number
}

export const REQUEST_ID_BYTES = 16

export interface RememberedOutcome {
  readonly id: string
  /** Log index at which the request was carried out. */
  readonly index: number
  readonly timeMs: number
  /** As the state machine encoded it; undefined if it was too large to keep. */
  readonly outcome: Uint8Array | undefined
}

export type Recollection =
  /** Never carried out: now is the time. */
  | { readonly kind: 'new' }
  | { readonly kind: 'known'; readonly remembered: RememberedOutcome }
  /** Too long ago to tell. It must not be carried out. */
  | { readonly kind: 'forgotten' }

/** What became of one attempt at a request. `T` is the state machine's result. */
export type RequestOutcome<T> =
  /** Carried out at `index`: now, or by an earlier attempt, in which case this is its result. */
  | { readonly kind: 'done'; readonly index: number; readonly result: T }
  /** Carried out by an earlier attempt at `index`; the result was too large to keep. */
  | { readonly kind: 'done-before'; readonly index: number }
  /** Not carried out now. Whether an earlier attempt was is no longer known. */
  | { readonly kind: 'forgotten' }

export interface OutcomeLimits {
  readonly countMax: number
  /** Of all outcomes together, with what it takes to keep them. */
  readonly bytesMax: number
  /** Of one outcome; a larger one is remembered without its content. */
  readonly outcomeBytesMax: number
  readonly ageMaxMs: number
}

/** Part of the replicated state: replicas with other limits would forget other things. */
export const OUTCOME_LIMITS: OutcomeLimits = {
  countMax: 100_000,
  bytesMax: 32 * 1024 * 1024,
  outcomeBytesMax: 16 * 1024,
  ageMaxMs: 15 * 60_000,
}

/** What an outcome takes besides its content, for the byte limit. */
const OUTCOME_OVERHEAD_BYTES = 64

export class OutcomeHistory {
  readonly #limits: OutcomeLimits
  /** By request id. */
  readonly #outcomes = new Map<string, RememberedOutcome>()
  /**
   * The same in the order of their indexes, the oldest at `#first`; what was there before it is gone.
   * To find the oldest in the map would mean to step over all that were deleted in front of it.
   */
  #queue: (RememberedOutcome | undefined)[] = []
  #first = 0
  #bytes = 0
  #forgottenThrough = 0
  #trial: Trial | undefined

  constructor(limits: OutcomeLimits = OUTCOME_LIMITS) {
    this.#limits = limits
  }

  /** Everything remembered stands behind this index; 0 while nothing was forgotten. */
  get forgottenThrough(): number {
    return this.#forgottenThrough
  }

  get size(): number {
    return this.#outcomes.size
  }

  recall({ id, since }: RequestTag): Recollection {
    const remembered = this.#outcomes.get(id)
    if (remembered !== undefined) return { kind: 'known', remembered }
    return this.#forgottenThrough > since ? { kind: 'forgotten' } : { kind: 'new' }
  }

  /** Returns what is remembered now, and what had to be forgotten for it, oldest first. */
  remember(
    tag: RequestTag,
    index: number,
    outcome: Uint8Array,
  ): { readonly remembered: RememberedOutcome; readonly forgotten: readonly RememberedOutcome[] } {
    assert(!this.#outcomes.has(tag.id), 'a request is carried out once')
    const kept = outcome.byteLength <= this.#limits.outcomeBytesMax ? outcome : undefined
    const remembered = { id: tag.id, index, timeMs: tag.timeMs, outcome: kept }
    this.#add(remembered)
    if (this.#trial !== undefined) this.#trial.remembered++
    return { remembered, forgotten: this.#forget(tag.timeMs) }
  }

  /** Oldest first. */
  entries(): IterableIterator<RememberedOutcome> {
    return (this.#queue as RememberedOutcome[]).slice(this.#first).values() // no gaps behind the first
  }

  /** What is remembered from now on can be taken back, until `settle`. */
  try(): void {
    this.#trial = { remembered: 0, forgotten: [], forgottenThrough: this.#forgottenThrough }
  }

  settle(): void {
    this.#trial = undefined
    this.#compact()
  }

  /** As if nothing had been remembered since `try`. */
  takeBack(): void {
    assert(this.#trial !== undefined, 'only what was tried is taken back')
    const { remembered, forgotten, forgottenThrough } = this.#trial
    this.#trial = undefined
    for (const entry of forgotten.reverse()) {
      this.#queue[--this.#first] = entry
      this.#outcomes.set(entry.id, entry)
      this.#bytes += sizeOf(entry)
    }
    // What was forgotten of these is back, too.
    const tried = this.#queue.splice(this.#queue.length - remembered) as RememberedOutcome[]
    for (const entry of tried) {
      this.#outcomes.delete(entry.id)
      this.#bytes -= sizeOf(entry)
    }
    this.#forgottenThrough = forgottenThrough
  }

  clear(): void {
    this.#outcomes.clear()
    this.#queue = []
    this.#first = 0
    this.#bytes = 0
    this.#forgottenThrough = 0
  }

  /** Replaces everything by what another history's `entries` (oldest first) and `forgottenThrough` were. */
  load(entries: Iterable<RememberedOutcome>, forgottenThrough: number): void {
    this.clear()
    for (const entry of entries) this.#add(entry)
    this.#forgottenThrough = forgottenThrough
  }

  #add(entry: RememberedOutcome): void {
    this.#outcomes.set(entry.id, entry)
    this.#queue.push(entry)
    this.#bytes += sizeOf(entry)
  }

  /** `nowMs` may go back and forth: it is the clock of whoever leads. */
  #forget(nowMs: number): RememberedOutcome[] {
    const { countMax, bytesMax, ageMaxMs } = this.#limits
    const forgotten: RememberedOutcome[] = []
    for (;;) {
      const oldest = this.#queue[this.#first]
      if (oldest === undefined) break
      const isTooOld = oldest.timeMs < nowMs - ageMaxMs
      if (!isTooOld && this.#outcomes.size <= countMax && this.#bytes <= bytesMax) break
      this.#outcomes.delete(oldest.id)
      this.#bytes -= sizeOf(oldest)
      this.#forgottenThrough = oldest.index
      this.#queue[this.#first++] = undefined
      forgotten.push(oldest)
      this.#trial?.forgotten.push(oldest)
    }
    if (this.#trial === undefined) this.#compact()
    return forgotten
  }

  #compact(): void {
    if (this.#first <= this.#queue.length / 2) return
    this.#queue = this.#queue.slice(this.#first)
    this.#first = 0
  }
}

/** What happened since `try`. */
interface Trial {
  remembered: number
  /** Oldest first. */
  readonly forgotten: RememberedOutcome[]
  readonly forgottenThrough: number
}

function sizeOf({ outcome }: RememberedOutcome): number {
  return OUTCOME_OVERHEAD_BYTES + (outcome?.byteLength ?? 0)
}

const OUTCOME_HEADER_BYTES = REQUEST_ID_BYTES + 8 + 8 + 4
const TOO_LARGE = 0xffff_ffff

/**
 *   16  request id
 *    8  index
 *    8  timeMs
 *    4  length of the outcome; 0xffffffff: it was too large to keep
 *    …  the outcome
 */
export function encodeRememberedOutcome({ id, index, timeMs, outcome }: RememberedOutcome): Uint8Array {
  assert(id.length === REQUEST_ID_BYTES, 'a request id has its length')
  const bytes = new Uint8Array(OUTCOME_HEADER_BYTES + (outcome?.byteLength ?? 0))
  for (let i = 0; i < REQUEST_ID_BYTES; i++) bytes[i] = id.charCodeAt(i)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(REQUEST_ID_BYTES, BigInt(index))
  view.setBigUint64(REQUEST_ID_BYTES + 8, BigInt(timeMs))
  view.setUint32(REQUEST_ID_BYTES + 16, outcome === undefined ? TOO_LARGE : outcome.byteLength)
  if (outcome !== undefined) bytes.set(outcome, OUTCOME_HEADER_BYTES)
  return bytes
}

/** Reads one from the front of `bytes`; undefined if it is cut off. */
export function decodeRememberedOutcome(
  bytes: Uint8Array,
): { readonly remembered: RememberedOutcome; readonly byteLength: number } | undefined {
  if (bytes.byteLength < OUTCOME_HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(REQUEST_ID_BYTES + 16)
  const byteLength = OUTCOME_HEADER_BYTES + (length === TOO_LARGE ? 0 : length)
  if (bytes.byteLength < byteLength) return undefined
  return {
    remembered: {
      id: String.fromCharCode(...bytes.subarray(0, REQUEST_ID_BYTES)),
      index: Number(view.getBigUint64(REQUEST_ID_BYTES)),
      timeMs: Number(view.getBigUint64(REQUEST_ID_BYTES + 8)),
      outcome: length === TOO_LARGE ? undefined : bytes.slice(OUTCOME_HEADER_BYTES, byteLength),
    },
    byteLength,
  }
}
