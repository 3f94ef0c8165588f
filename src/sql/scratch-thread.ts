/** A copy of a database in a thread of its own, which ends with it. See `scratch.ts` for what can be done. */
import type { Worker } from 'node:worker_threads'
import { scratchFailed } from './errors.ts'
import { errorOf } from './protocol.ts'
import type { ScratchResponse } from './scratch-host.ts'
import type { ScratchAnswer, ScratchRequest } from './scratch-protocol.ts'
import { spawnWorker } from './spawn-worker.ts'
import type { SqliteFiles } from './sqlite-binary.ts'

/**
 * To be used by one caller, one call after the other. Rejections: `SQL_IMAGE_INVALID` for a file that is no
 * database for us, `SQL_SCRATCH_FAILED` for work that failed (also if the thread died or was ended).
 */
export interface SqlScratch extends AsyncDisposable {
  /** Adds to the file. */
  write(chunks: AsyncIterable<Uint8Array>): Promise<void>
  /** Whether the file may replace a replicated database; it is then made ready for that. */
  check(): Promise<void>
  vacuum(): Promise<void>
  /** The file as it is now, with zeros in its free pages. */
  file(): AsyncIterable<Uint8Array>
  /** The database as SQL text, or some of its tables. */
  dump(tables?: readonly string[]): AsyncIterable<Uint8Array>
  /** Ends the thread and whatever it does. */
  end(): Promise<void>
}

export interface SqlScratchInit {
  /** As for the SQL machine. */
  readonly files?: SqliteFiles
  readonly worker?: URL
}

export function createSqlScratch(init: SqlScratchInit = {}): SqlScratch {
  return new ScratchThread(init)
}

class ScratchThread implements SqlScratch {
  readonly #worker: Worker
  #waiting: { resolve(answer: ScratchAnswer): void; reject(error: Error): void } | undefined
  #failure: Error | undefined

  constructor({ files, worker }: SqlScratchInit) {
    this.#worker = spawnWorker({ role: 'scratch', files }, worker)
    this.#worker.on('message', (response: ScratchResponse) => this.#receive(response))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('its thread has ended')))
  }

  async write(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) {
      const copy = new Uint8Array(chunk) // the chunk may be part of something larger, and is the caller's
      await this.#ask({ kind: 'write', chunk: copy }, [copy.buffer])
    }
  }

  async check(): Promise<void> {
    await this.#ask({ kind: 'check' })
  }

  async vacuum(): Promise<void> {
    await this.#ask({ kind: 'vacuum' })
  }

  async *file(): AsyncGenerator<Uint8Array> {
    yield* this.#read({ kind: 'file' })
  }

  async *dump(tables?: readonly string[]): AsyncGenerator<Uint8Array> {
    yield* this.#read({ kind: 'dump', tables })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }

  async *#read(begin: ScratchRequest): AsyncGenerator<Uint8Array> {
    await this.#ask(begin)
    for (;;) {
      const chunks = (await this.#ask({ kind: 'next' })) ?? []
      if (chunks.length === 0) return
      yield* chunks
    }
  }

  #ask(request: ScratchRequest, transfer: ArrayBuffer[] = []): Promise<ScratchAnswer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const { promise, resolve, reject } = Promise.withResolvers<ScratchAnswer>()
    this.#waiting = { resolve, reject }
    this.#worker.postMessage(request, transfer)
    return promise
  }

  #receive(response: ScratchResponse): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if ('failure' in response) waiting?.reject(errorOf(response.failure))
    else waiting?.resolve(response.answer)
  }

  #fail(error: unknown): void {
    this.#failure ??= scratchFailed('work on a copy', error)
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }
}
