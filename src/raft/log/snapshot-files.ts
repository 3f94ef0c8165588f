/** Snapshots as files of one directory, `<index>-<term>.snap`. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { assert, DebrosError, errorMessage, hasErrorCode, type Logger, toError } from '../../base/index.ts'
import type { SnapshotMeta } from '../core/types.ts'
import type { Callback, SnapshotCapture } from '../types.ts'
import { SnapshotFile, type SnapshotForm, syncDirectory, writeSnapshotFile } from './snapshot-file.ts'
import { encodeSnapshotHeader, missingSnapshot, PayloadSum, TransferCheck } from './snapshot-format.ts'
import { SNAPSHOT_BYTES_MAX, type SnapshotReader, type Snapshots } from './snapshots.ts'

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
 * what a crash left half-written is removed by `start`.
 */
export function createSnapshotFiles(components: SnapshotFilesComponents, init: SnapshotFilesInit): Snapshots {
  return new SnapshotDirectory(components, init)
}

const SNAPSHOT_NAME = /^(\d+)-(\d+)\.snap$/
const TEMPORARY_SUFFIX = '.tmp'

class SnapshotDirectory implements Snapshots {
  readonly #logger: Logger
  readonly #dir: string
  readonly #maxBytes: number
  /** How many readers have each file open, by name. */
  readonly #readers = new Map<string, number>()
  /** Files to delete when their last reader is done. */
  readonly #condemned = new Set<string>()
  /** Deletions, and snapshots being written. */
  readonly #tasks = new Set<Promise<unknown>>()
  #lifetime = new AbortController()
  #writes = 0

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
    for (const name of await readdir(this.#dir)) {
      if (name.endsWith(TEMPORARY_SUFFIX)) await rm(join(this.#dir, name), { force: true })
    }
  }

  async stop(): Promise<void> {
    this.#lifetime.abort(new DebrosError('RAFT_STOPPED', 'the node is stopping', { retryable: true }))
    await Promise.allSettled(this.#tasks) // whoever began them hears of failures
  }

  save(snapshot: SnapshotMeta, capture: SnapshotCapture, done: Callback): void {
    this.#write(snapshot, withTrailer(capture)).then(
      () => done(undefined),
      (error: unknown) => done(toError(error)),
    )
  }

  async receive(snapshot: SnapshotMeta, sizeBytes: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#write(snapshot, checked(chunks, new TransferCheck(sizeBytes, this.#maxBytes)))
  }

  open(snapshot: SnapshotMeta): Promise<SnapshotReader> {
    return this.#openVerified(snapshot, 'transfer')
  }

  openForRestore(snapshot: SnapshotMeta): Promise<SnapshotReader> {
    return this.#openVerified(snapshot, 'payload')
  }

  /**
   * Deletes every snapshot that `snapshot` makes superfluous. One that is newer stays: it was just
   * received or saved, and the log is about to begin with it.
   */
  retain(snapshot: SnapshotMeta): void {
    this.#inBackground(async () => {
      for (const name of await readdir(this.#dir)) {
        if (!isSuperseded(name, snapshot)) continue
        if (this.#readers.has(name)) this.#condemned.add(name)
        else await this.#delete(name)
      }
    })
  }

  async #write(snapshot: SnapshotMeta, body: AsyncIterable<Uint8Array>): Promise<void> {
    const name = nameOf(snapshot)
    const path = join(this.#dir, name)
    // Numbered, since the same snapshot may be arriving twice.
    const temporaryPath = `${path}.${++this.#writes}${TEMPORARY_SUFFIX}`
    const chunks = until(this.#lifetime.signal, withHeader(snapshot, body))
    await this.#track(writeSnapshotFile(path, temporaryPath, chunks))
    this.#condemned.delete(name)
  }

  /** Verifies the file, and opens it again whenever its chunks are asked for: no handle is left behind. */
  async #openVerified(snapshot: SnapshotMeta, form: SnapshotForm): Promise<SnapshotReader> {
    const name = nameOf(snapshot)
    const openFile = () => this.#openFile(name, snapshot)
    const closeFile = (file: SnapshotFile) => this.#closeFile(name, file)
    const file = await openFile()
    try {
      await file.verify()
    } finally {
      await closeFile(file)
    }
    return {
      sizeBytes: file.sizeBytes(form),
      async *chunks() {
        const file = await openFile()
        try {
          yield* file.chunks(form)
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
    if (this.#condemned.delete(name)) this.#inBackground(() => this.#delete(name))
  }

  async #delete(name: string): Promise<void> {
    await rm(join(this.#dir, name), { force: true })
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
  const match = SNAPSHOT_NAME.exec(name)
  if (match === null) return false
  const index = Number(match[1])
  return index < by.index || (index === by.index && Number(match[2]) !== by.term)
}

async function* withHeader(
  snapshot: SnapshotMeta,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield encodeSnapshotHeader(snapshot)
  yield* body
}

async function* withTrailer(capture: SnapshotCapture): AsyncGenerator<Uint8Array> {
  const sum = new PayloadSum()
  for await (const chunk of capture.chunks()) {
    sum.add(chunk)
    yield chunk
  }
  yield sum.trailer()
}

async function* checked(chunks: AsyncIterable<Uint8Array>, check: TransferCheck): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    check.add(chunk)
    yield chunk
  }
  check.finish()
}

/** The chunks, until the signal aborts: then its reason, even if the source never moves again. */
async function* until(signal: AbortSignal, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  aborted.promise.catch(() => {}) // it need not be waiting for anything
  if (signal.aborted) abort()
  try {
    for (;;) {
      const next = await Promise.race([aborted.promise, source.next()])
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: a source that hangs would answer only when it moves again.
    source.return?.().then(undefined, () => {})
  }
}
