/**
 * The changes of rows that wait to be delivered, oldest first: one message for each log entry that changed
 * any. It is part of the replicated state, so whichever node leads can go on where the one before stopped;
 * what was delivered is taken away by a log entry, on all replicas alike.
 *
 * It is bounded. Where nobody takes the messages away, the oldest make room, and one in their place tells
 * that they are missing: an endpoint that is down must not keep the database from being written to.
 */
import type { ChangeEvents } from './change-recorder.ts'
import { CHANGE_LOG_BYTES_MAX, CHANGE_LOG_MESSAGES_MAX } from './limits.ts'
import { compileTableFilter } from './table-filter.ts'

/** What is captured; the same on every replica. */
export interface ChangeSettings {
  /** Told to the endpoint; "" for none. */
  readonly serviceId: string
  /** Leave out what the rows hold. */
  readonly rowIdsOnly: boolean
  /** A regular expression over the names of tables; "" for all. */
  readonly tableFilter: string
}

export interface ChangeMessage {
  /** Of the log entry, and so unlike that of any other message. */
  readonly index: number
  /** The entry's time, milliseconds since the epoch. */
  readonly timeMs: number
  readonly namespace: string
  /** How many there are; for a loss, how many messages it stands for. */
  readonly count: number
  /** It only tells that others are missing. @default false */
  readonly isLoss?: boolean
  /** A JSON array of them, UTF-8. */
  readonly events: Uint8Array
}

export interface ChangePage {
  /** Undefined: nothing is captured. */
  readonly settings: ChangeSettings | undefined
  /** Everything up to this index was delivered. */
  readonly deliveredThrough: number
  /** Oldest first. */
  readonly messages: readonly ChangeMessage[]
  /** All that wait, these included. */
  readonly waiting: number
  readonly waitingBytes: number
}

/** Messages that were dropped to make room. */
export interface LostChanges {
  readonly from: number
  readonly through: number
  readonly timeMs: number
  readonly messages: number
}

/** What a capture holds. Messages never change. */
export interface CapturedChanges {
  readonly settings: ChangeSettings | undefined
  readonly deliveredThrough: number
  readonly lost: LostChanges | undefined
  readonly messages: readonly ChangeMessage[]
}

export const NO_CHANGES: CapturedChanges = Object.freeze({
  settings: undefined,
  deliveredThrough: 0,
  lost: undefined,
  messages: [],
})

export interface ChangeLogLimits {
  readonly bytesMax: number
  readonly messagesMax: number
}

const DEFAULT_LIMITS: ChangeLogLimits = {
  bytesMax: CHANGE_LOG_BYTES_MAX,
  messagesMax: CHANGE_LOG_MESSAGES_MAX,
}

/** Which tables are watched, and for what. Another object for other settings. */
export interface ChangeWatch {
  readonly rowIdsOnly: boolean
  readonly matches: (table: string) => boolean
}

/** Messages before the first one are taken out of the array once they are so many. */
const GONE_MAX = 1024

export class ChangeLog {
  readonly #limits: ChangeLogLimits
  #settings: ChangeSettings | undefined
  #watch: ChangeWatch | undefined
  #deliveredThrough = 0
  #lost: LostChanges | undefined
  #messages: ChangeMessage[] = []
  /** How many at the beginning of `#messages` are gone. */
  #gone = 0
  #bytes = 0

  constructor(limits: ChangeLogLimits = DEFAULT_LIMITS) {
    this.#limits = limits
  }

  /** Undefined while nothing is captured. */
  get watch(): ChangeWatch | undefined {
    return this.#watch
  }

  /**
   * From the log entry at `index` on. Undefined ends it and forgets what waits; other settings than before
   * leave it waiting.
   */
  configure(settings: ChangeSettings | undefined, index: number): void {
    if (settings === undefined) {
      this.restore(NO_CHANGES)
      return
    }
    if (this.#settings === undefined) this.#deliveredThrough = index
    this.#settings = settings
    this.#watch = watchOf(settings)
  }

  append(index: number, timeMs: number, namespace: string, { count, events }: ChangeEvents): void {
    this.#messages.push({ index, timeMs, namespace, count, events })
    this.#bytes += events.length
    while (this.#bytes > this.#limits.bytesMax || this.#count > this.#limits.messagesMax) this.#dropOldest()
  }

  /** Everything up to and with the entry at `index` was delivered. */
  trim(index: number): void {
    if (this.#settings === undefined || index <= this.#deliveredThrough) return
    this.#deliveredThrough = index
    if (this.#lost !== undefined && this.#lost.through <= index) this.#lost = undefined
    while (this.#count > 0 && this.#oldest.index <= index) this.#takeOldest()
  }

  /** The first messages behind `after`, one at least if there are any. */
  read(after: number, limits: ChangeLogLimits): ChangePage {
    const messages: ChangeMessage[] = []
    let bytes = 0
    for (const message of this.#from(after)) {
      bytes += message.events.length
      if (messages.length > 0 && (bytes > limits.bytesMax || messages.length >= limits.messagesMax)) break
      messages.push(message)
    }
    return {
      settings: this.#settings,
      deliveredThrough: this.#deliveredThrough,
      messages,
      waiting: this.#count + (this.#lost === undefined ? 0 : 1),
      waitingBytes: this.#bytes,
    }
  }

  /** As it is now. */
  capture(): CapturedChanges {
    return {
      settings: this.#settings,
      deliveredThrough: this.#deliveredThrough,
      lost: this.#lost,
      messages: this.#messages.slice(this.#gone),
    }
  }

  restore({ settings, deliveredThrough, lost, messages }: CapturedChanges): void {
    this.#settings = settings
    this.#watch = settings && watchOf(settings)
    this.#deliveredThrough = deliveredThrough
    this.#lost = lost
    this.#messages = [...messages]
    this.#gone = 0
    this.#bytes = messages.reduce((sum, { events }) => sum + events.length, 0)
  }

  get #count(): number {
    return this.#messages.length - this.#gone
  }

  get #oldest(): ChangeMessage {
    return this.#messages[this.#gone] as ChangeMessage // asked for where there is one
  }

  *#from(after: number): Generator<ChangeMessage> {
    if (this.#lost !== undefined && this.#lost.through > after) yield lossMessage(this.#lost)
    for (let at = this.#firstBehind(after); at < this.#messages.length; at++) {
      yield this.#messages[at] as ChangeMessage // below the length
    }
  }

  /** Position of the first message behind an index; they are in order. */
  #firstBehind(index: number): number {
    let low = this.#gone
    let high = this.#messages.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#messages[middle] as ChangeMessage).index <= index) low = middle + 1
      else high = middle
    }
    return low
  }

  #takeOldest(): ChangeMessage {
    const oldest = this.#oldest
    this.#bytes -= oldest.events.length
    this.#gone++
    if (this.#gone > GONE_MAX && this.#gone * 2 > this.#messages.length) {
      this.#messages.splice(0, this.#gone)
      this.#gone = 0
    }
    return oldest
  }

  #dropOldest(): void {
    const { index, timeMs } = this.#takeOldest()
    const { from = index, messages = 0 } = this.#lost ?? {}
    this.#lost = { from, through: index, timeMs, messages: messages + 1 }
  }
}

function watchOf({ rowIdsOnly, tableFilter }: ChangeSettings): ChangeWatch {
  const filter = compileTableFilter(tableFilter)
  return { rowIdsOnly, matches: (table) => filter.test(table) }
}

function lossMessage({ from, through, timeMs, messages }: LostChanges): ChangeMessage {
  const error =
    `the changes of ${messages} log entries, from ${from} to ${through}, are missing: ` +
    'too many waited to be delivered'
  const events = new TextEncoder().encode(JSON.stringify([{ error }]))
  return { index: through, timeMs, namespace: '', count: messages, isLoss: true, events }
}
