/**
 * A Map for what is soon deleted again: calls that wait for their answers.
 *
 * The engine replaces a Map's table every so many deletions, and the old table refers to the new one. Once one of them
 * has grown old, each later table is kept until the next full collection, with all that stood in it when it was
 * replaced: requests, promises, buffers. Half of what a busy server allocates then survives, and each collection of
 * young objects takes many times as long. Here a table holds boxes, and a box is emptied when it is deleted.
 */
export class TransitMap<K, V> {
  readonly #boxes = new Map<K, { value: V | undefined }>()

  get size(): number {
    return this.#boxes.size
  }

  has(key: K): boolean {
    return this.#boxes.has(key)
  }

  get(key: K): V | undefined {
    return this.#boxes.get(key)?.value
  }

  set(key: K, value: V): void {
    this.delete(key)
    this.#boxes.set(key, { value })
  }

  delete(key: K): boolean {
    const box = this.#boxes.get(key)
    if (box === undefined) return false
    box.value = undefined
    return this.#boxes.delete(key)
  }

  clear(): void {
    for (const box of this.#boxes.values()) box.value = undefined
    this.#boxes.clear()
  }

  *entries(): Generator<[K, V]> {
    for (const [key, { value }] of this.#boxes) yield [key, value as V] // it is emptied only when it is deleted
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value
  }
}
