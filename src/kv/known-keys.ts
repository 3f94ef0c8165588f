/**
 * Whether keys are there, as far as that was seen lately: what a command answers depends on it, and looking
 * it up in the database costs more than all else about a write. Of two generations the older one goes when
 * the younger is full.
 */

/** What an entry takes besides the characters of its name, a byte each. */
const ENTRY_BYTES = 64

export class KnownKeys {
  readonly #bytesMax: number
  #young = new Map<string, boolean>()
  /** What the younger generation takes. */
  #bytes = 0
  #old = new Map<string, boolean>()

  /** Takes `bytesMax` of memory to twice as much: keys may be long. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Undefined if it is not known. */
  present(name: string): boolean | undefined {
    return this.#young.get(name) ?? this.#old.get(name)
  }

  see(name: string, present: boolean): void {
    const { size } = this.#young
    this.#young.set(name, present)
    if (this.#young.size === size) return
    this.#bytes += name.length + ENTRY_BYTES
    if (this.#bytes < this.#bytesMax) return
    this.#old = this.#young
    this.#young = new Map()
    this.#bytes = 0
  }

  clear(): void {
    this.#young = new Map()
    this.#bytes = 0
    this.#old = new Map()
  }
}
