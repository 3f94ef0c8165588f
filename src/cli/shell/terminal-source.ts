/** Lines that a person types: editing, history, completion, Ctrl-C. */
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { addToHistory, type HistoryFile, readHistory } from './history.ts'
import { CANCELED, type LineSource } from './line-source.ts'

/** Lines that were typed or pasted ahead; beyond that the terminal waits. */
const LINES_AHEAD_MAX = 1_000

export interface TerminalSourceInit {
  readonly input: Readable
  readonly output: Writable
  readonly history: HistoryFile
  /** What may stand in the place of the last word, and that word. */
  readonly complete: (line: string) => Promise<[string[], string]>
  /** Cancels what runs; false if nothing does. */
  readonly interrupt: () => boolean
}

export async function terminalSource(init: TerminalSourceInit): Promise<LineSource> {
  return new TerminalSource(init, await readHistory(init.history))
}

class TerminalSource implements LineSource {
  readonly #init: TerminalSourceInit
  readonly #interface: Interface
  readonly #ahead: string[] = []
  readonly #typed: string[] = []
  #wake: ((line: string | typeof CANCELED | undefined) => void) | undefined
  #closed = false

  constructor(init: TerminalSourceInit, history: readonly string[]) {
    this.#init = init
    this.#interface = createInterface({
      input: init.input,
      output: init.output,
      terminal: true,
      history: history.toReversed(),
      historySize: init.history.size,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) =>
        void init.complete(line).then((found) => done(null, found)),
    })
    this.#interface.on('line', (line) => this.#onLine(line))
    this.#interface.on('SIGINT', () => this.#onInterrupt())
    this.#interface.on('close', () => {
      this.#closed = true
      this.#wake?.(undefined)
    })
  }

  next(prompt: string): Promise<string | typeof CANCELED | undefined> {
    const line = this.#ahead.shift()
    if (line !== undefined) return Promise.resolve(line)
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      this.#wake = (value) => {
        this.#wake = undefined
        resolve(value)
      }
      this.#interface.setPrompt(prompt)
      this.#interface.prompt()
    })
  }

  async close(): Promise<void> {
    this.#interface.close()
    await addToHistory(this.#init.history, this.#typed)
  }

  #onLine(line: string): void {
    // As in other shells, a line that begins with a blank is not to be remembered.
    if (line.trim() !== '' && !line.startsWith(' ')) this.#typed.push(line)
    if (this.#wake !== undefined) {
      this.#wake(line)
      return
    }
    this.#ahead.push(line)
    if (this.#ahead.length >= LINES_AHEAD_MAX) this.#interface.pause()
  }

  /** Cancels what runs, or else the line that is being typed. */
  #onInterrupt(): void {
    const { output, interrupt } = this.#init
    output.write('^C\n')
    this.#ahead.length = 0
    if (interrupt() || this.#wake === undefined) return
    const typing = this.#interface.line !== ''
    // Ctrl-E and Ctrl-U: to the end of the line, and all of it away.
    this.#interface.write(null, { ctrl: true, name: 'e' })
    this.#interface.write(null, { ctrl: true, name: 'u' })
    if (!typing) output.write('(Ctrl-D or .quit ends)\n')
    this.#wake(CANCELED)
  }
}
