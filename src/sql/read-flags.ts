/**
 * Tells the engine, in its own thread, that nobody waits for a read any more. A message would not be taken
 * while it runs; a word of memory that both threads share can be looked at meanwhile.
 */

/** More reads than this that can be given up are not under way at a time; the rest run to their end. */
export const READ_FLAGS = 8_192

export interface ReadFlag {
  readonly number: number
  readonly release: () => void
}

/** The side that asks. */
export class ReadFlags {
  readonly memory = new SharedArrayBuffer(READ_FLAGS * Int32Array.BYTES_PER_ELEMENT)
  readonly #words = new Int32Array(this.memory)
  readonly #free: number[] = []
  #used = 0

  /** One that is up once the signal is aborted, until it is released: when the read was answered, not before. */
  follow(signal: AbortSignal): ReadFlag | undefined {
    const number = this.take()
    if (number === undefined) return undefined
    const raise = (): void => this.raise(number)
    if (signal.aborted) raise()
    else signal.addEventListener('abort', raise)
    const release = (): void => {
      signal.removeEventListener('abort', raise)
      this.give(number)
    }
    return { number, release }
  }

  /** One that is down, until it is given back; undefined if there is none left. */
  take(): number | undefined {
    const flag = this.#free.pop() ?? (this.#used < READ_FLAGS ? this.#used++ : undefined)
    if (flag !== undefined) Atomics.store(this.#words, flag, 0)
    return flag
  }

  raise(flag: number): void {
    Atomics.store(this.#words, flag, 1)
  }

  /** Not before the read was answered: its next owner must not be heard by this one. */
  give(flag: number): void {
    this.#free.push(flag)
  }
}

/** The engine's side: whether a flag is up. */
export function flagReader(memory: SharedArrayBuffer): (flag: number) => boolean {
  const words = new Int32Array(memory)
  return (flag) => Atomics.load(words, flag) !== 0
}
