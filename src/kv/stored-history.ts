/**
 * The history of outcomes as the database and a capture have it: under {@link FORGOTTEN_KEY} the
 * index up to which all was forgotten (8 bytes, big-endian), and one outcome under each
 * {@link outcomeKey}.
 */
import { decodeRememberedOutcome, type OutcomeHistory, type RememberedOutcome } from '../base/index.ts'
import { FORGOTTEN_KEY, outcomeIndex } from './keys.ts'
import { decodeResult } from './result-codec.ts'
import { getUint64 } from './stored-value.ts'

/** Gathers the records of a history, which come in the order of their keys. */
export class StoredHistory {
  readonly #outcomes: RememberedOutcome[] = []
  readonly #ids = new Set<string>()
  #forgottenThrough = 0

  /** Returns false, with nothing gathered, if this machine does not write such a record at this place. */
  add(key: Uint8Array, value: Uint8Array): boolean {
    return Buffer.compare(key, FORGOTTEN_KEY) === 0 ? this.#addForgotten(value) : this.#addOutcome(key, value)
  }

  /** Replaces what the history has. */
  loadInto(history: OutcomeHistory): void {
    history.load(this.#outcomes, this.#forgottenThrough)
  }

  #addForgotten(value: Uint8Array): boolean {
    if (value.byteLength !== 8) return false
    this.#forgottenThrough = getUint64(value)
    return this.#forgottenThrough > 0
  }

  #addOutcome(key: Uint8Array, value: Uint8Array): boolean {
    const index = outcomeIndex(key)
    const decoded = decodeRememberedOutcome(value)
    if (index === undefined || decoded === undefined) return false
    const { remembered, byteLength } = decoded
    if (byteLength !== value.byteLength || remembered.index !== index) return false
    if (index <= (this.#outcomes.at(-1)?.index ?? this.#forgottenThrough)) return false
    if (this.#ids.has(remembered.id)) return false
    if (remembered.outcome !== undefined && decodeResult(remembered.outcome) === undefined) return false
    this.#outcomes.push(remembered)
    this.#ids.add(remembered.id)
    return true
  }
}
