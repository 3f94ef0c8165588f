/**
 * The history of outcomes as records. In the database those that were added together lie together, which
 * costs LevelDB much less: under {@link outcomeKey} of the first, one behind the other. A record goes when all
 * in it are forgotten; until then, what stands under {@link FORGOTTEN_KEY} (an index, 8 bytes, big-endian)
 * tells which of them are. In a capture each outcome has a record of its own, and none is forgotten, since
 * replicas do not add the same ones together.
 */
import {
  decodeRememberedOutcome,
  encodeRememberedOutcome,
  type OutcomeHistory,
  type RememberedOutcome,
} from '../base/index.ts'
import type { KvDatabaseOperation } from './database.ts'
import { FORGOTTEN_KEY, outcomeIndex, outcomeKey } from './keys.ts'
import { decodeResult } from './result-codec.ts'
import { getUint64, putUint64 } from './stored-value.ts'

/** Outcomes that come out of a capture are put together by so many. */
const OUTCOMES_PER_RECORD = 256

/** The indexes of the first and the last outcome in it. */
interface StoredRecord {
  readonly first: number
  readonly last: number
}

/** Which records the database has. */
export class OutcomeRecords {
  /** Oldest first; what was in front of `#begin` is gone. */
  #records: StoredRecord[] = []
  #begin = 0

  load(records: readonly StoredRecord[]): void {
    this.#records = [...records]
    this.#begin = 0
  }

  /** Stores what is to be remembered, in the order of the log. */
  add(outcomes: readonly RememberedOutcome[]): KvDatabaseOperation[] {
    const first = outcomes[0]
    const last = outcomes.at(-1)
    if (first === undefined || last === undefined) return []
    this.#records.push({ first: first.index, last: last.index })
    return [putRecord(outcomes)]
  }

  /** What is stored no more once everything up to this index was forgotten. */
  forget(through: number): KvDatabaseOperation[] {
    const operations: KvDatabaseOperation[] = [putForgotten(through)]
    for (;;) {
      const oldest = this.#records[this.#begin]
      if (oldest === undefined || oldest.last > through) break
      operations.push({ type: 'del', key: outcomeKey(oldest.first) })
      this.#begin++
    }
    if (this.#begin > this.#records.length / 2) {
      this.#records = this.#records.slice(this.#begin)
      this.#begin = 0
    }
    return operations
  }
}

/** Gathers the records of a history, which come in the order of their keys. */
export class StoredHistory {
  readonly #outcomes: RememberedOutcome[] = []
  readonly #records: StoredRecord[] = []
  readonly #ids = new Set<string>()
  #forgottenThrough = 0

  /** A record of the database. Returns false if this machine does not write such a record at this place. */
  addStored(key: Uint8Array, value: Uint8Array): boolean {
    if (isForgottenKey(key)) return this.#addForgotten(value)
    const first = outcomeIndex(key)
    let last = this.#records.at(-1)?.last ?? 0
    if (first === undefined || first <= last || value.byteLength === 0) return false
    for (let at = 0; at < value.byteLength; ) {
      const decoded = decodeRememberedOutcome(value.subarray(at))
      if (decoded === undefined) return false
      const { index } = decoded.remembered
      if (at === 0 ? index !== first : index <= last) return false
      if (index > this.#forgottenThrough && !this.#add(decoded.remembered)) return false
      last = index
      at += decoded.byteLength
    }
    this.#records.push({ first, last })
    return true
  }

  /** A record of a capture, likewise. */
  addCaptured(key: Uint8Array, value: Uint8Array): boolean {
    if (isForgottenKey(key)) return this.#addForgotten(value)
    const decoded = decodeRememberedOutcome(value)
    if (decoded?.byteLength !== value.byteLength) return false
    const { remembered } = decoded
    return remembered.index === outcomeIndex(key) && this.#add(remembered)
  }

  #addForgotten(value: Uint8Array): boolean {
    if (value.byteLength !== 8) return false
    this.#forgottenThrough = getUint64(value)
    return this.#forgottenThrough > 0
  }

  #add(remembered: RememberedOutcome): boolean {
    if (remembered.index <= (this.#outcomes.at(-1)?.index ?? this.#forgottenThrough)) return false
    if (this.#ids.has(remembered.id)) return false
    if (remembered.outcome !== undefined && decodeResult(remembered.outcome) === undefined) return false
    this.#outcomes.push(remembered)
    this.#ids.add(remembered.id)
    return true
  }

  /** Writes what came out of a capture into a database that has none of it. */
  *writes(): Generator<Extract<KvDatabaseOperation, { type: 'put' }>> {
    if (this.#forgottenThrough > 0) yield putForgotten(this.#forgottenThrough)
    for (let at = 0; at < this.#outcomes.length; at += OUTCOMES_PER_RECORD) {
      const outcomes = this.#outcomes.slice(at, at + OUTCOMES_PER_RECORD)
      const [first, last] = [outcomes[0], outcomes.at(-1)] as [RememberedOutcome, RememberedOutcome]
      this.#records.push({ first: first.index, last: last.index })
      yield putRecord(outcomes)
    }
  }

  /** Replaces what the history has, and what is known of the database. */
  loadInto(history: OutcomeHistory, records: OutcomeRecords): void {
    history.load(this.#outcomes, this.#forgottenThrough)
    records.load(this.#records)
  }
}

/** The records of a capture, in the order of their keys, a few at a time. */
export function* capturedHistory(
  outcomes: readonly RememberedOutcome[],
  forgottenThrough: number,
): Generator<(readonly [Uint8Array, Uint8Array])[]> {
  if (forgottenThrough > 0) {
    const { key, value } = putForgotten(forgottenThrough)
    yield [[key, value]]
  }
  for (let at = 0; at < outcomes.length; at += OUTCOMES_PER_RECORD) {
    const step = outcomes.slice(at, at + OUTCOMES_PER_RECORD)
    yield step.map((remembered) => [outcomeKey(remembered.index), encodeRememberedOutcome(remembered)])
  }
}

function isForgottenKey(key: Uint8Array): boolean {
  return Buffer.compare(key, FORGOTTEN_KEY) === 0
}

function putForgotten(through: number): Extract<KvDatabaseOperation, { type: 'put' }> {
  const value = new Uint8Array(8)
  putUint64(value, through)
  return { type: 'put', key: FORGOTTEN_KEY, value }
}

/** At least one outcome. */
function putRecord(outcomes: readonly RememberedOutcome[]): Extract<KvDatabaseOperation, { type: 'put' }> {
  const [first] = outcomes as [RememberedOutcome]
  const encoded = outcomes.map(encodeRememberedOutcome)
  return { type: 'put', key: outcomeKey(first.index), value: Buffer.concat(encoded) }
}
