/**
 * Whether keys are there, as far as that was seen lately: what a command answers depends on it, and looking
 * it up in the database costs more than all else about a write. Of two generations the older one goes when
 * the younger is full.
 */
export class KnownKeys {
  readonly #keysMax: number
  #young = new Map<string, boolean>()
  #old = new Map<string, boolean>()

  /** Keeps `keysMax` to twice as many. */
  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  /** Undefined if it is not known. */
  present(name: string): boolean | undefined {
    return this.#young.get(name) ?? this.#old.get(name)
  }

  see(name: string, present: boolean): void {
    this.#young.set(name, present)
    if (this.#young.size < this.#keysMax) return
    this.#old = this.#young
    this.#young = new Map()
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
  }
}
