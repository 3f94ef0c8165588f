/**
 * All databases, and what is remembered of requests, as one stream of bytes. Integers are big-endian.
 *
 *   8  magic "DBSQ" and the format as four digits
 *   4  number of databases
 *   per database, in the order of their names:
 *     2  length of the name
 *     …  name, UTF-8
 *     8  last_insert_rowid()   \
 *     8  changes()              } signed
 *     8  total_changes()       /
 *     8  size of the file
 *     …  the file, its free pages filled with zeros
 *   8  index through which requests were forgotten
 *   4  number of requests remembered
 *   per request, oldest first:
 *     4  length of what is remembered
 *     …  that, see `encodeRememberedOutcome`
 *   further sections, in format 3 only, which is written only if there are any; in the order of their kinds:
 *     1  kind
 *     …  what it holds: 1 loads on their way:
 *          4  number of loads
 *          per load, in the order in which they began:
 *            16  its id
 *             8  when its last piece came, milliseconds since the epoch
 *             8  number of bytes
 *             …  the bytes that have come
 *     …  or 2 captured changes, see changes-codec.ts
 *   1  0, behind the last section
 *   4  CRC-32 of everything before
 *
 * Where chunks end means nothing. Equal states make equal streams.
 */
import { crc32 } from 'node:zlib'
import { decodeRememberedOutcome, encodeRememberedOutcome, type RememberedOutcome } from '../base/index.ts'
import { BlockFile, type FileSnapshot } from './block-file.ts'
import { type CapturedChanges, NO_CHANGES } from './change-log.ts'
import { decodeChanges, encodeChanges } from './changes-codec.ts'
import type { Sticky } from './connection.ts'
import { snapshotInvalid } from './errors.ts'
import { withoutFreePages } from './free-pages.ts'
import { type CapturedLoad, LOAD_ID_BYTES, type RestoredLoad } from './staged-loads.ts'

export const CAPTURE_CHUNK_BYTES = 64 * 1024

/** Format 3 is format 2 with further sections. */
const MAGIC = new TextEncoder().encode('DBSQ0002')
const MAGIC_WITH_SECTIONS = new TextEncoder().encode('DBSQ0003')
const SECTIONS = { end: 0, loads: 1, changes: 2 } as const
const COUNT_BYTES = 4
const NAME_LENGTH_BYTES = 2
const NUMBERS_BYTES = 4 * 8
const HISTORY_HEADER_BYTES = 8 + COUNT_BYTES
const OUTCOME_LENGTH_BYTES = 4
const LOAD_HEADER_BYTES = LOAD_ID_BYTES + 8 + 8
/** Far above all limits; keeps a damaged length from asking for that much memory. */
const OUTCOME_BYTES_MAX = 64 * 1024 * 1024
const CHECKSUM_BYTES = 4

const SQLITE_MAGIC = new TextEncoder().encode('SQLite format 3\0')
const PAGE_BYTES_MIN = 512

export interface CapturedDatabase {
  readonly name: string
  readonly sticky: Sticky
  readonly file: FileSnapshot
}

/** See `OutcomeHistory`. */
export interface CapturedHistory {
  readonly forgottenThrough: number
  /** Oldest first. */
  readonly outcomes: readonly RememberedOutcome[]
}

export interface CapturedState {
  /** In the order of their names. */
  readonly databases: readonly CapturedDatabase[]
  readonly history: CapturedHistory
  readonly loads: readonly CapturedLoad[]
  readonly changes: CapturedChanges
}

export interface RestoredDatabase {
  readonly sticky: Sticky
  readonly file: BlockFile
}

export interface RestoredState {
  readonly databases: ReadonlyMap<string, RestoredDatabase>
  readonly history: CapturedHistory
  readonly loads: readonly RestoredLoad[]
  readonly changes: CapturedChanges
}

/** Chunks of {@link CAPTURE_CHUNK_BYTES}, the last one shorter. */
export function* writeCapture(state: CapturedState): Generator<Uint8Array<ArrayBuffer>> {
  const packer = new Packer()
  yield* packer.add(hasSections(state) ? MAGIC_WITH_SECTIONS : MAGIC)
  for (const part of captureParts(state)) {
    yield* part instanceof Uint8Array ? packer.add(part) : packer.addFile(part)
  }
  yield* packer.end()
}

/** All that is between the magic and the checksum. A file stands for its bytes. */
export function* captureParts(state: CapturedState): Generator<Uint8Array | FileSnapshot> {
  const { databases, history, loads, changes } = state
  const count = new DataView(new ArrayBuffer(COUNT_BYTES))
  count.setUint32(0, databases.length)
  yield bytesOf(count)
  for (const { name, sticky, file } of databases) {
    yield headerOf(name, sticky, file.size)
    yield withoutFreePages(file)
  }
  const header = new DataView(new ArrayBuffer(HISTORY_HEADER_BYTES))
  header.setBigUint64(0, BigInt(history.forgottenThrough))
  header.setUint32(8, history.outcomes.length)
  yield bytesOf(header)
  for (const outcome of history.outcomes) {
    const encoded = encodeRememberedOutcome(outcome)
    const part = new Uint8Array(OUTCOME_LENGTH_BYTES + encoded.length)
    new DataView(part.buffer).setUint32(0, encoded.length)
    part.set(encoded, OUTCOME_LENGTH_BYTES)
    yield part
  }
  if (!hasSections(state)) return
  if (loads.length > 0) yield* loadParts(loads)
  if (changes.settings !== undefined) {
    yield Uint8Array.of(SECTIONS.changes)
    yield* encodeChanges(changes)
  }
  yield Uint8Array.of(SECTIONS.end)
}

/** Without any, a state is what it was before there were sections, to nodes of an older version, too. */
function hasSections({ loads, changes }: CapturedState): boolean {
  return loads.length > 0 || changes.settings !== undefined
}

function* loadParts(loads: readonly CapturedLoad[]): Generator<Uint8Array | FileSnapshot> {
  const count = new DataView(new ArrayBuffer(COUNT_BYTES))
  count.setUint32(0, loads.length)
  yield Uint8Array.of(SECTIONS.loads)
  yield bytesOf(count)
  for (const { loadId, timeMs, file } of loads) {
    const header = Buffer.alloc(LOAD_HEADER_BYTES)
    header.write(loadId, 'latin1')
    header.writeBigUInt64BE(BigInt(timeMs), LOAD_ID_BYTES)
    header.writeBigUInt64BE(BigInt(file.size), LOAD_ID_BYTES + 8)
    yield header
    yield file
  }
}

function headerOf(name: string, sticky: Sticky, size: number): Uint8Array {
  const nameBytes = new TextEncoder().encode(name)
  const header = new Uint8Array(NAME_LENGTH_BYTES + nameBytes.length + NUMBERS_BYTES)
  const view = new DataView(header.buffer)
  view.setUint16(0, nameBytes.length)
  header.set(nameBytes, NAME_LENGTH_BYTES)
  const numbers = [sticky.lastInsertId, sticky.changes, sticky.totalChanges, BigInt(size)]
  const at = NAME_LENGTH_BYTES + nameBytes.length
  for (const [i, number] of numbers.entries()) view.setBigInt64(at + i * 8, number)
  return header
}

/** Gathers bytes into chunks of full size, and their checksum. */
class Packer {
  #chunk = new Uint8Array(CAPTURE_CHUNK_BYTES)
  #filled = 0
  #checksum = 0;

  *add(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + this.#chunk.length - this.#filled)
      this.#chunk.set(part, this.#filled)
      this.#filled += part.length
      from += part.length
      if (this.#filled === this.#chunk.length) yield this.#take()
    }
  }

  *addFile(file: FileSnapshot): Generator<Uint8Array<ArrayBuffer>> {
    for (let from = 0; from < file.size; ) {
      const read = file.read(this.#chunk.subarray(this.#filled), from)
      this.#filled += read
      from += read
      if (this.#filled === this.#chunk.length) yield this.#take()
    }
  }

  *end(): Generator<Uint8Array<ArrayBuffer>> {
    const rest = this.#take()
    if (rest.length > 0) yield rest
    const checksum = new DataView(new ArrayBuffer(CHECKSUM_BYTES))
    checksum.setUint32(0, this.#checksum)
    yield bytesOf(checksum)
  }

  #take(): Uint8Array<ArrayBuffer> {
    const chunk = this.#chunk.subarray(0, this.#filled)
    this.#checksum = crc32(chunk, this.#checksum)
    this.#chunk = new Uint8Array(CAPTURE_CHUNK_BYTES)
    this.#filled = 0
    return chunk
  }
}

function bytesOf(view: DataView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer)
}

/** Takes a stream apart again. All methods throw `SQL_SNAPSHOT_INVALID`. */
export class CaptureReader {
  readonly #newFile: () => BlockFile
  readonly #steps = this.#read()
  readonly #databases = new Map<string, RestoredDatabase>()
  readonly #outcomes: RememberedOutcome[] = []
  readonly #loads: RestoredLoad[] = []
  #forgottenThrough = 0
  #changes = NO_CHANGES
  /** How many bytes of what it was given the last step took. */
  #consumed = 0
  #checksum = 0
  #isComplete = false
  #failure: unknown

  /** `newFile`: what databases are put into. */
  constructor(newFile: () => BlockFile = () => new BlockFile()) {
    this.#newFile = newFile
    this.#steps.next() // to where it waits for the first bytes
  }

  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#push(chunk)
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #push(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0; ) {
      if (this.#isComplete) throw snapshotInvalid('there are bytes behind its end')
      const step = this.#steps.next(rest)
      if (step.done === true) this.#isComplete = true
      rest = rest.subarray(this.#consumed)
    }
  }

  /** What was captured, once everything was pushed. */
  finish(): RestoredState {
    if (this.#failure !== undefined) throw this.#failure
    if (!this.#isComplete) throw snapshotInvalid('it ends too early')
    const history = { forgottenThrough: this.#forgottenThrough, outcomes: this.#outcomes }
    return { databases: this.#databases, history, loads: this.#loads, changes: this.#changes }
  }

  /** Asks for bytes with each `yield`, and says in `#consumed` how many of those it got it used. */
  *#read(): Generator<undefined, void, Uint8Array> {
    const magic = yield* this.#take(MAGIC.length)
    const isFormat = (known: Uint8Array): boolean => known.every((byte, i) => magic[i] === byte)
    const withSections = isFormat(MAGIC_WITH_SECTIONS)
    if (!withSections && !isFormat(MAGIC)) throw snapshotInvalid('its format is unknown')
    const count = viewOf(yield* this.#take(COUNT_BYTES)).getUint32(0)
    for (let i = 0; i < count; i++) yield* this.#readDatabase()
    yield* this.#readHistory()
    if (withSections) yield* this.#readSections()
    const checksum = this.#checksum
    const expected = viewOf(yield* this.#take(CHECKSUM_BYTES)).getUint32(0)
    if (checksum !== expected) throw snapshotInvalid('its checksum is wrong')
    for (const [name, { file }] of this.#databases) checkFile(name, file)
  }

  *#readDatabase(): Generator<undefined, void, Uint8Array> {
    const nameLength = viewOf(yield* this.#take(NAME_LENGTH_BYTES)).getUint16(0)
    const name = new TextDecoder().decode(yield* this.#take(nameLength))
    if (this.#databases.has(name)) throw snapshotInvalid(`database ${name} occurs twice`)
    const numbers = viewOf(yield* this.#take(NUMBERS_BYTES))
    const sticky = {
      lastInsertId: numbers.getBigInt64(0),
      changes: numbers.getBigInt64(8),
      totalChanges: numbers.getBigInt64(16),
    }
    const file = yield* this.#readFile(Number(numbers.getBigInt64(24)))
    this.#databases.set(name, { sticky, file })
  }

  *#readFile(size: number): Generator<undefined, BlockFile, Uint8Array> {
    const file = this.#newFile()
    while (file.size < size) {
      const bytes = yield* this.#some(size - file.size)
      file.write(bytes, file.size)
    }
    return file
  }

  *#readHistory(): Generator<undefined, void, Uint8Array> {
    const header = viewOf(yield* this.#take(HISTORY_HEADER_BYTES))
    this.#forgottenThrough = Number(header.getBigUint64(0))
    const count = header.getUint32(8)
    for (let i = 0; i < count; i++) {
      const length = viewOf(yield* this.#take(OUTCOME_LENGTH_BYTES)).getUint32(0)
      if (length > OUTCOME_BYTES_MAX) throw snapshotInvalid('a remembered request is too long')
      const decoded = decodeRememberedOutcome(yield* this.#take(length))
      if (decoded?.byteLength !== length) throw snapshotInvalid('a remembered request is damaged')
      this.#outcomes.push(decoded.remembered)
    }
  }

  *#readSections(): Generator<undefined, void, Uint8Array> {
    for (;;) {
      const kind = (yield* this.#take(1))[0]
      if (kind === SECTIONS.end) return
      if (kind === SECTIONS.loads) yield* this.#readLoads()
      else if (kind === SECTIONS.changes) this.#changes = yield* decodeChanges((length) => this.#take(length))
      else throw snapshotInvalid('it has a section of an unknown kind')
    }
  }

  *#readLoads(): Generator<undefined, void, Uint8Array> {
    const count = viewOf(yield* this.#take(COUNT_BYTES)).getUint32(0)
    for (let i = 0; i < count; i++) {
      const header = Buffer.from(yield* this.#take(LOAD_HEADER_BYTES))
      const loadId = header.toString('latin1', 0, LOAD_ID_BYTES)
      const timeMs = Number(header.readBigUInt64BE(LOAD_ID_BYTES))
      const file = yield* this.#readFile(Number(header.readBigUInt64BE(LOAD_ID_BYTES + 8)))
      this.#loads.push({ loadId, timeMs, file })
    }
  }

  /** Exactly so many bytes. */
  *#take(length: number): Generator<undefined, Uint8Array, Uint8Array> {
    const taken = new Uint8Array(length)
    for (let filled = 0; filled < length; ) {
      const bytes = yield* this.#some(length - filled)
      taken.set(bytes, filled)
      filled += bytes.length
    }
    return taken
  }

  /** One to so many bytes, good until the next call. */
  *#some(lengthMax: number): Generator<undefined, Uint8Array, Uint8Array> {
    const bytes = (yield).subarray(0, lengthMax)
    this.#consumed = bytes.length
    this.#checksum = crc32(bytes, this.#checksum)
    return bytes
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The checksum was right, so this would be a capture of something else. */
function checkFile(name: string, file: BlockFile): void {
  if (file.size === 0) return
  const start = new Uint8Array(18)
  file.read(start, 0)
  const isSqlite = SQLITE_MAGIC.every((byte, i) => start[i] === byte)
  const pageField = viewOf(start).getUint16(16)
  const pageBytes = pageField === 1 ? 65_536 : pageField
  if (!isSqlite || pageBytes < PAGE_BYTES_MIN || file.size % pageBytes !== 0) {
    throw snapshotInvalid(`database ${name} is no SQLite file`)
  }
}
