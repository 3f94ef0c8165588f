/**
 * A map of what was used lately. To find something costs one look, since order is kept only in two generations:
 * what is used moves to the younger one, and when that is full the older one goes.
 */
export class Recent<V> {
  readonly #generationMax: number
  readonly #onGone: (value: V) => void
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  /** Keeps at least the last `generationMax` that were used, and no more than twice as many. */
  constructor(generationMax: number, onGone: (value: V) => void = () => {}) {
    this.#generationMax = generationMax
    this.#onGone = onGone
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old === undefined) return undefined
    this.#old.delete(key)
    this.set(key, old)
    return old
  }

  /** Not for a key that is there. */
  set(key: string, value: V): void {
    if (this.#young.size >= this.#generationMax) {
      for (const gone of this.#old.values()) this.#onGone(gone)
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  *values(): IterableIterator<V> {
    yield* this.#young.values()
    yield* this.#old.values()
  }
}
