/**
 * Snapshots as files of one directory, `<index>-<term>.snap`. At most one file ends in `.part`: what has
 * arrived of a transfer that is under way, or broke (see snapshot-partial.ts). At most one ends in `.spare`:
 * a large snapshot that is of no use any more, but for writing the next one over it (see spare-file.ts).
 */
import { mkdir, readdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  assert,
  DebrosError,
  errorMessage,
  hasErrorCode,
  type Logger,
  paced,
  toError,
} from '../../base/index.ts'
import type { SnapshotMeta } from '../core/types.ts'
import type { Callback, SnapshotCapture } from '../types.ts'
import { removeFile, sizeOf, syncDirectory } from './file-io.ts'
import { SnapshotFile, type SnapshotForm, writeSnapshotFile } from './snapshot-file.ts'
import {
  encodeSnapshotHeader,
  missingSnapshot,
  PayloadSum,
  rejectedSnapshot,
  TransferCheck,
} from './snapshot-format.ts'
import { PartialFile, parsePartialName, partialBytes, partialName } from './snapshot-partial.ts'
import { receiveTransfer, supersedes, until } from './snapshot-transfer.ts'
import {
  bySnapshotAge,
  SNAPSHOT_BYTES_MAX,
  type SnapshotName,
  type SnapshotReader,
  type Snapshots,
  type SnapshotTransfer,
} from './snapshots.ts'

export interface SnapshotFilesComponents {
  readonly logger: Logger
}

export interface SnapshotFilesInit {
  /** Created by `start` if need be. */
  readonly dir: string
  /** Largest transfer `receive` accepts, in bytes. @default 64 GiB */
  readonly maxBytes?: number
}

/**
 * Snapshots in the directory `dir`. A file has its final name only once it is complete and durable;
 * what a crash left of one being saved is removed by `start`.
 */
export function createSnapshotFiles(components: SnapshotFilesComponents, init: SnapshotFilesInit): Snapshots {
  return new SnapshotDirectory(components, init)
}

const SNAPSHOT_NAME = /^(\d+)-(\d+)\.snap$/
const TEMPORARY_SUFFIX = '.tmp'
const PARTIAL_SUFFIX = '.part'
const SPARE_SUFFIX = '.spare'
/** Smaller ones are written anew. */
const SPARE_BYTES_MIN = 4 * 1024 * 1024
/** A snapshot is written in one of so many parts of the time; the rest is for the writes that go on beside it. */
const SAVING_PACE = { parts: 4, usingIsWork: true }

class SnapshotDirectory implements Snapshots {
  readonly #logger: Logger
  readonly #dir: string
  readonly #maxBytes: number
  /** Name of the file that a transfer is being written to. */
  #receiving: string | undefined
  /** The newest snapshot that older ones were dropped for. */
  #retained: SnapshotMeta | undefined
  /** Snapshots that were read from end to end since they were stored here; not read again to be sent. */
  readonly #verified = new Set<string>()
  /** How many readers have each file open, by name. */
  readonly #readers = new Map<string, number>()
  /** Files to delete when their last reader is done. */
  readonly #condemned = new Set<string>()
  /** Deletions, and snapshots being written. */
  readonly #tasks = new Set<Promise<unknown>>()
  #lifetime = new AbortController()
  #temporaries = 0
  /** Name of the file that the next snapshot is written over. */
  #spare: string | undefined

  constructor(
    { logger }: SnapshotFilesComponents,
    { dir, maxBytes = SNAPSHOT_BYTES_MAX }: SnapshotFilesInit,
  ) {
    this.#logger = logger
    this.#dir = dir
    this.#maxBytes = maxBytes
  }

  async start(): Promise<void> {
    this.#lifetime = new AbortController()
    const created = await mkdir(this.#dir, { recursive: true })
    if (created !== undefined) await syncDirectory(dirname(this.#dir))
    const names = await readdir(this.#dir)
    for (const name of names) if (name.endsWith(TEMPORARY_SUFFIX)) await this.#delete(name)
    await this.#deletePartialsBut(newestPartial(names))
    const [spare, ...others] = names.filter((name) => name.endsWith(SPARE_SUFFIX))
    this.#spare = spare
    for (const name of others) await this.#delete(name)
  }

  async stop(): Promise<void> {
    this.#lifetime.abort(new DebrosError('RAFT_STOPPED', 'the node is stopping', { retryable: true }))
    await Promise.allSettled(this.#tasks) // whoever began them hears of failures
  }

  save(snapshot: SnapshotMeta, capture: SnapshotCapture, done: Callback<number>): void {
    const sum = new PayloadSum()
    this.#write(snapshot, paced(withTrailer(capture, sum), SAVING_PACE)).then(
      () => done(undefined, sum.sizeBytes),
      (error: unknown) => done(toError(error), 0),
    )
  }

  async receivedBytes(transfer: SnapshotTransfer): Promise<number> {
    return await partialBytes(join(this.#dir, partialName(transfer)), transfer)
  }

  async receive(
    transfer: SnapshotTransfer,
    offset: number,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const check = new TransferCheck(transfer, this.#maxBytes)
    if (this.#receiving !== undefined) throw rejectedSnapshot('another one is being received')
    this.#lifetime.signal.throwIfAborted()
    this.#receiving = partialName(transfer)
    try {
      await this.#track(this.#receive(transfer, offset, check, chunks))
    } finally {
      this.#receiving = undefined
    }
  }

  async #receive(
    transfer: SnapshotTransfer,
    offset: number,
    check: TransferCheck,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const name = nameOf(transfer.snapshot)
    const partial = partialName(transfer)
    await this.#dropSpare() // three of a size would be too many
    const file = await PartialFile.open({
      path: join(this.#dir, partial),
      transfer,
      offset,
      finalPath: join(this.#dir, name),
    })
    try {
      await this.#deletePartialsBut(partial)
    } catch (error) {
      await file.leave()
      throw error
    }
    const superseded = () => this.#retained !== undefined && supersedes(this.#retained, transfer.snapshot)
    await receiveTransfer(file, { check, chunks, superseded, signal: this.#lifetime.signal })
    this.#stored(name)
  }

  open(snapshot: SnapshotMeta): Promise<SnapshotReader> {
    return this.#openVerified(snapshot, 'transfer')
  }

  openForRestore(snapshot: SnapshotMeta): Promise<SnapshotReader> {
    return this.#openVerified(snapshot, 'payload')
  }

  /**
   * Deletes every snapshot that `snapshot` makes superfluous, unless it is in use. One that is newer
   * stays: it was just received or saved, and the log is about to begin with it.
   */
  retain(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): void {
    this.#inBackground(async () => {
      await this.reap(snapshot, inUse)
    })
  }

  async reap(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): Promise<number> {
    if (snapshot.index >= (this.#retained?.index ?? 0)) this.#retained = snapshot
    const used = new Set(inUse.map(nameOf))
    let deleted = 0
    for (const name of await readdir(this.#dir)) {
      if (!isSuperseded(name, snapshot) || used.has(name) || name === this.#receiving) continue
      if (this.#readers.has(name)) this.#condemned.add(name)
      else {
        await this.#discard(name)
        if (parseName(name) !== undefined) deleted++
      }
    }
    return deleted
  }

  async list(): Promise<readonly SnapshotName[]> {
    const names = await readdir(this.#dir)
    return names.flatMap((name) => parseName(name) ?? []).sort(bySnapshotAge)
  }

  async #write(snapshot: SnapshotMeta, body: AsyncIterable<Uint8Array>): Promise<void> {
    const name = nameOf(snapshot)
    const path = join(this.#dir, name)
    const temporaryPath = this.#temporaryPath(name)
    const sparePath = this.#spare && join(this.#dir, this.#spare)
    this.#spare = undefined
    const chunks = until(this.#lifetime.signal, withHeader(snapshot, body))
    await this.#track(writeSnapshotFile({ path, temporaryPath, sparePath }, chunks))
    this.#stored(name)
  }

  #stored(name: string): void {
    this.#condemned.delete(name)
    this.#verified.delete(name)
  }

  /**
   * Verifies the file, and opens it again whenever its chunks are asked for: no handle is left behind.
   * To be sent it is verified once: the receiver checks what it gets, and a broken transfer is not to
   * cost a reading of the whole file each time.
   */
  async #openVerified(snapshot: SnapshotMeta, form: SnapshotForm): Promise<SnapshotReader> {
    const name = nameOf(snapshot)
    const openFile = () => this.#openFile(name, snapshot)
    const closeFile = (file: SnapshotFile) => this.#closeFile(name, file)
    const file = await openFile()
    let checksum: number
    try {
      if (form === 'payload' || !this.#verified.has(name)) await file.verify()
      this.#verified.add(name)
      checksum = await file.checksum()
    } finally {
      await closeFile(file)
    }
    return {
      sizeBytes: file.sizeBytes(form),
      checksum,
      async *chunks(offset) {
        const file = await openFile()
        try {
          yield* file.chunks(form, offset)
        } finally {
          await closeFile(file)
        }
      },
    }
  }

  async #openFile(name: string, snapshot: SnapshotMeta): Promise<SnapshotFile> {
    this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1)
    try {
      return await SnapshotFile.open(join(this.#dir, name), snapshot)
    } catch (error) {
      this.#forgetReader(name)
      throw hasErrorCode(error, 'ENOENT') ? missingSnapshot(snapshot, this.#dir) : error
    }
  }

  async #closeFile(name: string, file: SnapshotFile): Promise<void> {
    try {
      await file.close()
    } finally {
      this.#forgetReader(name)
    }
  }

  #forgetReader(name: string): void {
    const left = (this.#readers.get(name) ?? 0) - 1
    assert(left >= 0, 'readers are counted')
    if (left > 0) {
      this.#readers.set(name, left)
      return
    }
    this.#readers.delete(name)
    if (this.#condemned.delete(name)) this.#inBackground(() => this.#discard(name))
  }

  async #deletePartialsBut(useful: string | undefined): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      if (name.endsWith(PARTIAL_SUFFIX) && name !== useful) await this.#delete(name)
    }
  }

  /** A snapshot, or a part of one, that is of no use any more. A large snapshot becomes the spare. */
  async #discard(name: string): Promise<void> {
    const path = join(this.#dir, name)
    const isLarge = parseName(name) !== undefined && (await sizeOf(path)) >= SPARE_BYTES_MIN
    if (!isLarge || this.#spare !== undefined) return await this.#delete(name)
    const spare = `${name}${SPARE_SUFFIX}`
    await rename(path, join(this.#dir, spare))
    this.#verified.delete(name)
    // The name it had must not come back after a crash once something else is written into it.
    await syncDirectory(this.#dir)
    if (this.#spare === undefined) this.#spare = spare
    else await this.#delete(spare)
  }

  async #dropSpare(): Promise<void> {
    const spare = this.#spare
    this.#spare = undefined
    if (spare !== undefined) await this.#delete(spare)
  }

  async #delete(name: string): Promise<void> {
    this.#verified.delete(name)
    await removeFile(join(this.#dir, name), this.#temporaryPath(name))
  }

  /** Numbered: the same snapshot may be saved or deleted twice at a time. */
  #temporaryPath(name: string): string {
    return join(this.#dir, `${name}.${++this.#temporaries}${TEMPORARY_SUFFIX}`)
  }

  #inBackground(run: () => Promise<void>): void {
    this.#track(run()).catch((error: unknown) => {
      // Costs disk space only, and the next `retain` tries again.
      this.#logger.warn({ dir: this.#dir, error: errorMessage(error) }, 'old snapshots could not be deleted')
    })
  }

  async #track<T>(task: Promise<T>): Promise<T> {
    this.#tasks.add(task)
    try {
      return await task
    } finally {
      this.#tasks.delete(task)
    }
  }
}

function nameOf({ index, term }: SnapshotMeta): string {
  return `${index}-${term}.snap`
}

function isSuperseded(name: string, by: SnapshotMeta): boolean {
  const partial = parsePartialName(name)
  if (partial !== undefined) return supersedes(by, partial)
  const snapshot = parseName(name)
  if (snapshot === undefined) return false
  return snapshot.index < by.index || (snapshot.index === by.index && snapshot.term !== by.term)
}

function parseName(name: string): SnapshotName | undefined {
  const match = SNAPSHOT_NAME.exec(name)
  return match === null ? undefined : { index: Number(match[1]), term: Number(match[2]) }
}

/** The one part of a transfer worth keeping: the newest, unless a snapshot as new is here. */
function newestPartial(names: readonly string[]): string | undefined {
  const newestSnapshot = Math.max(0, ...names.map((name) => parseName(name)?.index ?? 0))
  const partials = names.flatMap((name) => {
    const part = parsePartialName(name)
    return part !== undefined && part.index > newestSnapshot ? [{ name, ...part }] : []
  })
  return partials.sort((a, b) => b.index - a.index || b.term - a.term)[0]?.name
}

async function* withHeader(
  snapshot: SnapshotMeta,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield encodeSnapshotHeader(snapshot)
  yield* body
}

async function* withTrailer(capture: SnapshotCapture, sum: PayloadSum): AsyncGenerator<Uint8Array> {
  for await (const chunk of capture.chunks()) {
    sum.add(chunk)
    yield chunk
  }
  yield sum.trailer()
}
