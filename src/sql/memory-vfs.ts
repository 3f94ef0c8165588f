/**
 * SQLite's way to the world: a VFS (sqlite.org/c3ref/vfs.html) that keeps files in memory, tells the
 * time it is told, and hands out the entropy it is given.
 *
 * sql.js does not export `sqlite3_vfs_register`, so the built-in VFS is rebuilt: its structure lies in
 * the instance's memory in a published layout, and its methods are replaced there. Compared with sql.js's
 * own emulated file system this gives databases that no other connection can reach (no name but one can be
 * opened), snapshots that cost nothing, and commits that are cheap.
 */
import { toError } from '../base/index.ts'
import { BlockFile, type VfsFile } from './block-file.ts'
import { EngineFailure } from './errors.ts'
import type { FileUndo } from './file-undo.ts'
import { SQL_TEMPORARY_BYTES_MAX } from './limits.ts'
import type { SqliteInstance } from './sqlite-binary.ts'

/** The only names that open something: the database, and where SQLite notes how to undo a transaction. */
export const DATABASE_NAME = 'db'
const JOURNAL_NAME = `${DATABASE_NAME}-journal`

const OK = 0
const IOERR = 10
const FULL = 13
const CANTOPEN = 14
const READONLY = 8
const IOERR_SHORT_READ = IOERR | (2 << 8)
const NOTFOUND = 12

/** Offsets in `sqlite3_vfs`, 32-bit words each. */
const VFS = {
  version: 0,
  fileSize: 4,
  pathLengthMax: 8,
  name: 16,
  open: 24,
  delete: 28,
  access: 32,
  fullPathname: 36,
  randomness: 56,
  currentTimeInt64: 72,
} as const
const VFS_VERSION = 3
const VFS_PATH_LENGTH_MAX = 512
const VFS_NAME = 'unix'
/** SQLite's static data ends long before. */
const STATIC_DATA_MAX = 1024 * 1024

/** See {@link SQL_TEMPORARY_BYTES_MAX}. */
const TEMPORARY_DATABASES = 2
/** Where several commands share a transaction. Less than any other limit: what needs more is done alone. */
const SHARED_TEMPORARY_BYTES_MAX = 64 * 1024 * 1024

/** `sqlite3_file` is a pointer to its methods, here followed by our number for the file. */
const FILE_METHODS = 0
const FILE_NUMBER = 4
const FILE_SIZE = 8
const SECTOR_BYTES = 4096

/** The clock counts milliseconds from noon in Greenwich on November 24, 4714 B.C. */
const UNIX_EPOCH_MS = 210_866_760_000_000n

/**
 * Fields of the database header that tell how often and by which version the file was written, which is
 * not the same on every replica. Nobody else writes the file, so nobody needs them.
 */
const HEADER_BYTES = 100
const CHANGE_COUNTER = 24
const VERSION_VALID_FOR = 92
const VERSION_NUMBER = 96

/** The header of a journal: the first byte of eight that say what it is, and what was drawn for it. */
const JOURNAL = { magic: 0xd9, drawn: 12 } as const

/** The file of a database. */
export interface DatabaseFile extends VfsFile {
  /**
   * Where others write it: a number that is another one whenever they have. SQLite sees it as the header's change
   * counter, and reads again what it has in its cache.
   */
  readonly changeCounter?: number
}

export class MemoryVfs {
  readonly #instance: SqliteInstance
  readonly #database: DatabaseFile
  /** The files SQLite has open, by number. Numbers are used again. */
  readonly #files: (VfsFile | undefined)[] = []
  readonly #temporary = new Set<VfsFile>()
  #temporaryBytes = 0
  #temporaryBytesMax = 0
  #failure: Error | undefined
  #timeMs = 0
  #readOnly = false
  #undo: FileUndo | undefined
  #refusedWrite = false
  #journal: BlockFile | undefined
  /**
   * Told of what SQLite has just drawn from its random number generator for the checksums of a journal, when it
   * begins one: for the first write of a transaction, so that what a statement draws would depend on whether it is
   * the first.
   */
  onJournal: ((drawn: number) => void) | undefined

  /** Serves `database` to the instance. An instance has one VFS for all its life. */
  constructor(instance: SqliteInstance, database: DatabaseFile) {
    this.#instance = instance
    this.#database = database
    this.#install()
  }

  /**
   * Sets what SQLite sees as the time, in milliseconds since the epoch, and whether the database can be
   * written. To be called between transactions only, but for those that are shared. `undo` is told before the
   * database changes.
   */
  begin(timeMs: number, access: 'read' | 'write' | 'shared write', undo?: FileUndo): void {
    this.#timeMs = timeMs
    this.#readOnly = access === 'read'
    this.#undo = undo
    if (access === 'shared write') {
      this.#temporaryBytesMax = SHARED_TEMPORARY_BYTES_MAX
      return
    }
    // In the middle of a transaction the size would depend on what SQLite has in its cache.
    this.#temporaryBytesMax = Math.max(SQL_TEMPORARY_BYTES_MAX, TEMPORARY_DATABASES * this.#database.size)
  }

  /** Whether something tried to write where only reading was allowed. */
  get refusedWrite(): boolean {
    return this.#refusedWrite
  }

  /** What went wrong in here, if anything did. SQLite only heard of an I/O error. */
  get failure(): Error | undefined {
    return this.#failure
  }

  #install(): void {
    const { api, memory } = this.#instance
    const add = (signature: string, method: (...values: never[]) => number): number =>
      api.addFunction((...values: never[]) => this.#guard(() => method(...values)), signature)
    const ok2 = api.addFunction(() => OK, 'iii')
    const methods = [
      1, // the version of this structure
      add('ii', (file: number) => this.#close(file)),
      add('iiiij', (file: number, to: number, count: number, at: bigint) => this.#read(file, to, count, at)),
      add('iiiij', (file: number, from: number, count: number, at: bigint) =>
        this.#write(file, from, count, at),
      ),
      add('iij', (file: number, size: bigint) => this.#truncate(file, size)),
      ok2, // sync
      add('iii', (file: number, out: number) => this.#fileSize(file, out)),
      ok2, // lock
      ok2, // unlock
      add('iii', (_file: number, out: number) => this.#answer(out, 0)), // is it locked by another?
      api.addFunction(() => NOTFOUND, 'iiii'), // file control
      api.addFunction(() => SECTOR_BYTES, 'ii'),
      api.addFunction(() => 0, 'ii'), // device characteristics
    ]
    const table = api._malloc(methods.length * 4)
    for (const [i, method] of methods.entries()) memory.setUint32(table + i * 4, method)

    const vfs = this.#find()
    memory.setUint32(vfs + VFS.fileSize, FILE_SIZE)
    const set = (offset: number, method: number): void => memory.setUint32(vfs + offset, method)
    set(
      VFS.open,
      add('iiiiii', (_vfs: number, name: number, file: number, flags: number, out: number) =>
        this.#open(table, name, file, flags, out),
      ),
    )
    set(
      VFS.delete,
      api.addFunction(() => OK, 'iiii'),
    )
    // No file but the open ones exists: there never is a journal to roll back.
    set(
      VFS.access,
      add('iiiii', (_vfs: number, _name: number, _flags: number, out: number) => this.#answer(out, 0)),
    )
    set(
      VFS.fullPathname,
      add('iiiii', (_vfs: number, name: number, size: number, out: number) =>
        this.#copyName(name, size, out),
      ),
    )
    // Only ever asked to seed the generator, whose state is set before anything draws from it.
    set(
      VFS.randomness,
      add('iiii', (_vfs: number, count: number, out: number) => this.#noise(count, out)),
    )
    set(
      VFS.currentTimeInt64,
      add('iii', (_vfs: number, out: number) => this.#time(out)),
    )
  }

  /** No exception may pass through SQLite: its state would be left half changed. */
  #guard(method: () => number): number {
    try {
      return method()
    } catch (error) {
      this.#failure ??= toError(error)
      return IOERR
    }
  }

  #find(): number {
    const { memory } = this.#instance
    for (let at = 1024; at < STATIC_DATA_MAX; at += 4) {
      if (
        memory.getUint32(at + VFS.version) === VFS_VERSION &&
        memory.getUint32(at + VFS.pathLengthMax) === VFS_PATH_LENGTH_MAX &&
        this.#isName(memory.getUint32(at + VFS.name))
      ) {
        return at
      }
    }
    throw new EngineFailure('this build of sql.js has no VFS where one is expected')
  }

  #isName(pointer: number): boolean {
    if (pointer === 0 || pointer >= STATIC_DATA_MAX) return false
    const { bytes } = this.#instance.memory
    return bytes.toString('latin1', pointer, pointer + VFS_NAME.length + 1) === `${VFS_NAME}\0`
  }

  #open(table: number, name: number, file: number, flags: number, flagsOut: number): number {
    const { memory } = this.#instance
    memory.setUint32(file + FILE_METHODS, 0) // nothing to close should this fail
    const opened = this.#fileNamed(name)
    if (opened === undefined) return CANTOPEN
    const free = this.#files.indexOf(undefined)
    const number = free < 0 ? this.#files.length : free
    this.#files[number] = opened
    memory.setUint32(file + FILE_NUMBER, number)
    memory.setUint32(file + FILE_METHODS, table)
    if (flagsOut !== 0) memory.setUint32(flagsOut, flags)
    return OK
  }

  #fileNamed(name: number): VfsFile | undefined {
    // A temporary file, where SQLite puts what does not fit its cache, has no name.
    if (name === 0) {
      const temporary = new BlockFile()
      this.#temporary.add(temporary)
      return temporary
    }
    switch (this.#instance.memory.string(name)) {
      case DATABASE_NAME:
        return this.#database
      case JOURNAL_NAME:
        this.#journal = new BlockFile()
        return this.#journal
      default:
        return undefined
    }
  }

  #close(file: number): number {
    const closed = this.#file(file)
    if (this.#temporary.delete(closed)) this.#temporaryBytes -= closed.size
    this.#files[this.#instance.memory.getUint32(file + FILE_NUMBER)] = undefined
    return OK
  }

  #read(file: number, to: number, count: number, at: bigint): number {
    const target = this.#instance.memory.bytes.subarray(to, to + count)
    const source = this.#file(file)
    const found = source.read(target, Number(at))
    if (source === this.#database && at <= CHANGE_COUNTER) this.#presentChanges(target.subarray(0, found), at)
    if (found === count) return OK
    target.fill(0, found)
    return IOERR_SHORT_READ
  }

  #presentChanges(bytes: Buffer, at: bigint): void {
    const { changeCounter } = this.#database
    const counter = CHANGE_COUNTER - Number(at)
    if (changeCounter !== undefined && counter + 4 <= bytes.length)
      bytes.writeUInt32BE(changeCounter, counter)
  }

  #write(file: number, from: number, count: number, at: bigint): number {
    const written = this.#file(file)
    const isDatabase = written === this.#database
    if (isDatabase && this.#readOnly) return this.#refuse()
    const offset = Number(at)
    if (this.#temporary.has(written) && !this.#takeTemporary(offset + count - written.size)) return FULL
    if (isDatabase) this.#undo?.beforeWrite(offset, count)
    written.write(this.#instance.memory.bytes.subarray(from, from + count), offset)
    if (isDatabase && offset === 0 && count >= HEADER_BYTES) writeNeutralHeader(written)
    if (written === this.#journal && offset === 0) this.#noteJournal(from)
    return OK
  }

  /** The first thing in a journal is its header, unless it is written over with zeros. */
  #noteJournal(header: number): void {
    const { view } = this.#instance.memory
    if (view.getUint8(header) === JOURNAL.magic) this.onJournal?.(view.getUint32(header + JOURNAL.drawn))
  }

  #refuse(): number {
    this.#refusedWrite = true
    return READONLY
  }

  /** False if it is too much: an error of the statement, the same on every replica. */
  #takeTemporary(growth: number): boolean {
    if (growth <= 0) return true
    if (this.#temporaryBytes + growth > this.#temporaryBytesMax) return false
    this.#temporaryBytes += growth
    return true
  }

  #truncate(file: number, size: bigint): number {
    const truncated = this.#file(file)
    const before = truncated.size
    const isDatabase = truncated === this.#database
    if (isDatabase && this.#readOnly) return this.#refuse()
    if (isDatabase) this.#undo?.beforeTruncate(Number(size))
    truncated.truncate(Number(size))
    if (this.#temporary.has(truncated)) this.#temporaryBytes -= before - truncated.size
    return OK
  }

  #fileSize(file: number, out: number): number {
    this.#instance.memory.setInt64(out, BigInt(this.#file(file).size))
    return OK
  }

  #answer(out: number, value: number): number {
    this.#instance.memory.setUint32(out, value)
    return OK
  }

  #copyName(name: number, size: number, out: number): number {
    const { memory } = this.#instance
    const text = memory.string(name)
    if (Buffer.byteLength(text) >= size) return CANTOPEN
    memory.writeString(out, text)
    return OK
  }

  #noise(count: number, out: number): number {
    this.#instance.memory.bytes.fill(SEED_BYTE, out, out + count)
    return count
  }

  #time(out: number): number {
    this.#instance.memory.setInt64(out, BigInt(Math.trunc(this.#timeMs)) + UNIX_EPOCH_MS)
    return OK
  }

  #file(file: number): VfsFile {
    const opened = this.#files[this.#instance.memory.getUint32(file + FILE_NUMBER)]
    if (opened === undefined) throw new EngineFailure('SQLite uses a file it has not opened')
    return opened
  }
}

/** The first seed of a generator, by which it can be found in memory. */
export const SEED_BYTE = 0xa7

const ONE = Uint8Array.of(0, 0, 0, 1)
const ZERO = Uint8Array.of(0, 0, 0, 0)

function writeNeutralHeader(file: VfsFile): void {
  file.write(ONE, CHANGE_COUNTER)
  file.write(ONE, VERSION_VALID_FOR)
  file.write(ZERO, VERSION_NUMBER)
}
