/** One run of the shell: its settings, where it is connected, where its results go. */

import type { Style } from '../io.ts'
import type { Endpoint } from './endpoint.ts'
import { describeFailure } from './failure.ts'
import type { Output } from './output.ts'
import { type Mode, renderRows } from './render.ts'
import type { Rows } from './result.ts'

export const LEVELS = ['none', 'weak', 'linearizable', 'strong'] as const
export type Level = (typeof LEVELS)[number]

export interface Settings {
  blobarray: boolean
  changes: boolean
  /** Of the reads behind `.tables`, `.indexes` and `.schema`. */
  consistency: Level
  forcewrites: boolean
  mode: Mode
  timer: boolean
}

export interface SessionInit {
  readonly endpoint: Endpoint
  readonly output: Output
  /** A person sits at a terminal. */
  readonly interactive: boolean
  readonly paint: (style: Style, text: string) => string
  /** The first failure ends it. */
  readonly bail: boolean
  /** Shows how far a transfer is; absent where nobody looks. */
  readonly showProgress?: (text: string) => void
}

export class Session {
  readonly endpoint: Endpoint
  readonly output: Output
  readonly interactive: boolean
  readonly settings: Settings = {
    blobarray: false,
    changes: false,
    consistency: 'weak',
    forcewrites: false,
    mode: 'column',
    timer: false,
  }
  readonly showProgress: ((text: string) => void) | undefined
  /** Runs a file as if it were typed. Given by the interpreter, which is built upon the session. */
  readFile: (path: string) => Promise<void> = async () => {}
  /** Set by `.quit`. */
  quit = false
  readonly #bail: boolean
  #failed = false
  readonly #paint: SessionInit['paint']
  #abort: AbortController | undefined

  constructor(init: SessionInit) {
    this.endpoint = init.endpoint
    this.output = init.output
    this.interactive = init.interactive
    this.showProgress = init.showProgress
    this.#paint = init.paint
    this.#bail = init.bail
  }

  /** Of the command that runs. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  /** Something failed. */
  get failed(): boolean {
    return this.#failed
  }

  /** No more input is taken. */
  get ended(): boolean {
    return this.quit || (this.#bail && this.#failed)
  }

  /**
   * Runs what the user asked for, and tells what failed instead of throwing it. Inside of another, an
   * interruption ends that, too.
   */
  async attempt(work: () => Promise<void>): Promise<void> {
    const outermost = this.#abort === undefined
    const { signal } = this
    if (outermost) this.endpoint.writes = false
    try {
      await work()
    } catch (error) {
      if (!signal.aborted) await this.complain(describeFailure(error))
      else if (outermost)
        await this.complain(`canceled${this.endpoint.writes ? '; a write may still be applied' : ''}`)
      else throw error
    } finally {
      if (outermost) this.#abort = undefined
    }
  }

  /** Cancels what runs. Whether something did. */
  interrupt(): boolean {
    this.#abort?.abort()
    return this.#abort !== undefined
  }

  /** A result, of whole lines. */
  async print(pieces: Iterable<string>): Promise<void> {
    await this.output.write(pieces)
  }

  async printLine(line: string): Promise<void> {
    await this.output.write([`${line}\n`])
  }

  async printRows(rows: Rows): Promise<void> {
    const terminal = this.interactive && !this.output.toFile
    const heading = (text: string): string => (terminal ? this.#paint('cyan', text) : text)
    await this.output.write(renderRows(rows, this.settings.mode, { terminal, heading }))
  }

  /** What only a person wants to know; never part of a file or a pipe. */
  async confirm(line: string): Promise<void> {
    if (this.interactive) await this.output.say(`${line}\n`)
  }

  /** A statement was refused. Told past the file of `.output`, where it would pass for data. */
  async refuse(message: string): Promise<void> {
    this.#failed = true
    await this.output.say(`Error: ${message}\n`)
  }

  /** Anything else failed. */
  async complain(message: string): Promise<void> {
    this.#failed = true
    await this.output.say(`${this.#paint('red', 'ERR!')} ${message}\n`)
  }
}
