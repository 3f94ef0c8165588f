/**
 * Append messages and their frames.
 *
 * A leader sends the same run of entries to several followers, one after the other. The entries' part of
 * the frame is therefore encoded apart and kept, and the few fields that differ go before it: protobuf
 * defines a concatenation of encoded messages to mean their merger. One run is enough to remember, since
 * all followers that keep up are sent it within one pass of the driver.
 */
import { assert, DebrosError } from '../base/index.ts'
import type { Entry, Message } from '../raft/index.ts'
import {
  APPEND_FRAME_BYTES_MAX,
  APPEND_FRAME_ENTRIES_MAX,
  AppendFrame,
  checkInteger,
  decodeFrame,
  malformed,
  RECORD_BYTES_MAX,
} from '../wire/index.ts'
import type { Frame } from './outbound-queue.ts'
import { checkGroup, type StreamContext } from './raft-codec-control.ts'

export type AppendMessage = Extract<Message, { type: 'append' }>

/** The log's own codec: a record is self-checking, and kept in `entry.record` once made. */
export interface EntryCodec {
  encodeEntry(entry: Entry): Uint8Array
  /** Throws if the bytes are not a whole, undamaged record. */
  decodeEntry(record: Uint8Array): Entry
}

/** Bytes of a record's field besides the record: tag and length. */
const FIELD_BYTES = 6

/** Bytes set aside for the fields before the records. */
const HEADER_BYTES = 64

export class AppendEncoder {
  readonly #codec: EntryCodec
  readonly #group: number
  /** The run encoded last, named by its ends: entries between two entries of one log are never others. */
  #last: { first: Entry; last: Entry; count: number; records: Uint8Array } | undefined
  #runsEncoded = 0

  constructor(components: EntryCodec, init: { readonly group: number }) {
    this.#codec = components
    this.#group = init.group
  }

  /** Runs encoded so far; the frames made of them may be more. */
  get runsEncoded(): number {
    return this.#runsEncoded
  }

  /**
   * The frames of a message: one, or several where its entries exceed a frame, each an append message
   * that follows from the one before. Throws `P2P_ENTRY_TOO_LARGE` if an entry fits in none.
   */
  encode(message: AppendMessage): Frame[] {
    if (message.entries.length === 0) return [[this.#header(message, message.prevIndex, message.prevTerm)]]
    const frames: Frame[] = []
    let prevIndex = message.prevIndex
    let prevTerm = message.prevTerm
    for (const run of this.#runs(message.entries)) {
      frames.push([this.#header(message, prevIndex, prevTerm), this.#records(run)])
      const last = run.at(-1)
      assert(last !== undefined, 'a run of entries is empty')
      prevIndex = last.index
      prevTerm = last.term
    }
    return frames
  }

  #header(message: AppendMessage, prevIndex: number, prevTerm: number): Uint8Array {
    const { term, commit } = message
    return AppendFrame.encode({ group: this.#group, term, prevIndex, prevTerm, commit })
  }

  /** Cuts the entries into runs that fit in a frame each. */
  #runs(entries: readonly Entry[]): (readonly Entry[])[] {
    const runs: (readonly Entry[])[] = []
    let from = 0
    let bytes = HEADER_BYTES
    entries.forEach((entry, at) => {
      const recordBytes = this.#codec.encodeEntry(entry).length
      if (recordBytes > RECORD_BYTES_MAX) throw entryTooLarge(entry, recordBytes)
      const full = bytes + FIELD_BYTES + recordBytes > APPEND_FRAME_BYTES_MAX
      if (full || at - from === APPEND_FRAME_ENTRIES_MAX) {
        runs.push(entries.slice(from, at))
        from = at
        bytes = HEADER_BYTES
      }
      bytes += FIELD_BYTES + recordBytes
    })
    runs.push(from === 0 ? entries : entries.slice(from))
    return runs
  }

  #records(run: readonly Entry[]): Uint8Array {
    const first = run[0]
    const last = run.at(-1)
    assert(first !== undefined && last !== undefined, 'a run of entries is empty')
    const known = this.#last
    if (known?.first === first && known.last === last && known.count === run.length) return known.records
    const records = AppendFrame.encode({ records: run.map((entry) => this.#codec.encodeEntry(entry)) })
    this.#last = { first, last, count: run.length, records }
    this.#runsEncoded += 1
    return records
  }
}

/** Throws `WIRE_MALFORMED` unless this is an append that a correct leader could have sent. */
export function decodeAppend(bytes: Uint8Array, context: StreamContext, codec: EntryCodec): AppendMessage {
  const frame = decodeFrame('append frame', () =>
    AppendFrame.decode(ownBytes(bytes), { limits: { records: APPEND_FRAME_ENTRIES_MAX } }),
  )
  checkGroup(frame.group, context)
  const term = checkInteger(frame.term, 'term')
  const prevIndex = checkInteger(frame.prevIndex, 'previous index')
  const prevTerm = checkInteger(frame.prevTerm, 'previous term')
  let last = { index: prevIndex, term: prevTerm }
  const entries = frame.records.map((record) => {
    if (record.length > RECORD_BYTES_MAX) throw malformed(`a record of ${record.length} bytes`)
    const entry = decodeFrame('log entry', () => codec.decodeEntry(record))
    if (entry.index !== last.index + 1) throw malformed(`entry ${entry.index} follows ${last.index}`)
    if (entry.term < last.term || entry.term > term) {
      throw malformed(`entry of term ${entry.term} after term ${last.term} in a message of term ${term}`)
    }
    last = entry
    return entry
  })
  const commit = checkInteger(frame.commit, 'commit')
  return { type: 'append', from: context.from, to: context.to, term, prevIndex, prevTerm, commit, entries }
}

/**
 * Entries are views of the frame, and stay in the log for long. So would all that came with the frame, if that
 * is a view itself: an answer to a read of 64 KiB, with an entry of 100 bytes behind it.
 */
function ownBytes(frame: Uint8Array): Uint8Array {
  return 2 * frame.byteLength < frame.buffer.byteLength ? new Uint8Array(frame) : frame
}

function entryTooLarge(entry: Entry, recordBytes: number): DebrosError {
  return new DebrosError(
    'P2P_ENTRY_TOO_LARGE',
    `entry ${entry.index} takes ${recordBytes} bytes where ${RECORD_BYTES_MAX} can be sent`,
  )
}
