/** Where results go: the terminal or pipe, or a file that `.output` names. */
import { once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { hasErrorCode } from '../../base/index.ts'

/** Small pieces are put together up to this. */
const CHUNK_CHARS = 64 * 1024

export class Output {
  readonly #stream: Writable
  #file: FileHandle | undefined
  #name = 'stdout'

  constructor(stream: Writable) {
    this.#stream = stream
  }

  /** The file's name as it was given, or `stdout`. */
  get name(): string {
    return this.#name
  }

  get toFile(): boolean {
    return this.#file !== undefined
  }

  /** Resolves when there is room for more. */
  async write(pieces: Iterable<string>): Promise<void> {
    let chunk = ''
    for (const piece of pieces) {
      chunk += piece
      if (chunk.length < CHUNK_CHARS) continue
      await this.#put(chunk)
      chunk = ''
    }
    if (chunk !== '') await this.#put(chunk)
  }

  /** Past the file: what is said to whoever sits there. */
  async say(text: string): Promise<void> {
    if (!this.#stream.write(text)) await drained(this.#stream)
  }

  /** Empties and fills the file from now on; undefined goes back to the terminal or pipe. */
  async redirect(file: { readonly path: string; readonly name: string } | undefined): Promise<void> {
    const next = file && (await open(file.path, 'w'))
    await this.close()
    this.#file = next
    this.#name = file?.name ?? 'stdout'
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    this.#name = 'stdout'
    await file?.close()
  }

  async #put(text: string): Promise<void> {
    if (this.#file === undefined) await this.say(text)
    else await this.#file.writeFile(text)
  }
}

async function drained(stream: Writable): Promise<void> {
  try {
    await once(stream, 'drain')
  } catch (error) {
    // Whoever read our output has stopped; main() ends the process.
    if (!hasErrorCode(error, 'EPIPE')) throw error
  }
}
