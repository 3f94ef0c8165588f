/** Gathers what one log entry changes, as JSON, and takes back what was undone. */
import { CHANGE_MESSAGE_BYTES_MAX } from './limits.ts'

/** Gives each its own memory, which can go from thread to thread by itself. */
const ENCODER = new TextEncoder()

export interface ChangeEvents {
  readonly count: number
  /** A JSON array, UTF-8. */
  readonly events: Uint8Array
}

export class ChangeRecorder {
  readonly #bytesMax: number
  readonly #events: string[] = []
  /** Sizes of the events, up to each of them. */
  readonly #bytes: number[] = []
  #overflown = false

  constructor(bytesMax = CHANGE_MESSAGE_BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  /** Stands for what was recorded up to now. */
  get mark(): number {
    return this.#events.length
  }

  /** A JSON object. */
  add(event: string): void {
    if (this.#overflown) return
    const bytes = (this.#bytes.at(-1) ?? 0) + Buffer.byteLength(event) + 1
    if (bytes > this.#bytesMax) {
      this.#overflown = true
      return
    }
    this.#events.push(event)
    this.#bytes.push(bytes)
  }

  /** Whether something did not fit: nothing of what follows is told either. */
  get isOverflown(): boolean {
    return this.#overflown
  }

  /** To be called for what is known not to fit. */
  overflow(): void {
    this.#overflown = true
  }

  /** Forgets what came after the mark. What did not fit may have been part of it; that stays said. */
  undo(mark: number): void {
    this.#events.length = mark
    this.#bytes.length = mark
  }

  /** Forgets everything: nothing has happened. */
  clear(): void {
    this.undo(0)
    this.#overflown = false
  }

  /** Undefined if there is nothing to tell. */
  take(): ChangeEvents | undefined {
    if (this.#overflown) {
      const error = `the changes of this log entry are missing: they exceed ${this.#bytesMax} bytes`
      return { count: 1, events: ENCODER.encode(JSON.stringify([{ error }])) }
    }
    if (this.#events.length === 0) return undefined
    return { count: this.#events.length, events: ENCODER.encode(`[${this.#events.join()}]`) }
  }
}
