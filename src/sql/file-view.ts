/** A file that another thread writes, as it was at one version: a table of the slots that it was in then. */
import { assert } from '../base/index.ts'
import type { FileChange } from './block-file.ts'
import type { DatabaseFile } from './memory-vfs.ts'
import { NO_SLOT, readSlots, SLOT_BYTES, type Slab } from './slots.ts'

export class FileView implements DatabaseFile {
  readonly #slabs: (Slab | undefined)[] = []
  #table = new Int32Array(0)
  #size = 0
  #schema = 0
  #changeCounter = 1

  get size(): number {
    return this.#size
  }

  get changeCounter(): number {
    return this.#changeCounter
  }

  /** The schema's cookie. */
  get schema(): number {
    return this.#schema
  }

  read(target: Uint8Array, offset: number): number {
    return readSlots(this.#slabs, this.#table, this.#size, target, offset)
  }

  /** Goes on to the next version in which the file was changed. */
  apply({ size, schema, dropped, added, moved }: FileChange): void {
    for (const slab of dropped) this.#slabs[slab] = undefined
    for (const { slab, memory } of added) this.#slabs[slab] = new Uint8Array(memory)
    this.#resize(Math.ceil(size / SLOT_BYTES))
    for (let i = 0; i < moved.length; i += 2) this.#table[moved[i] as number] = moved[i + 1] as number
    this.#size = size
    this.#schema = schema
    this.#changeCounter = (this.#changeCounter + 1) >>> 0
  }

  /** All that somebody has to know who knows nothing of the file. */
  whole(): FileChange {
    const count = Math.ceil(this.#size / SLOT_BYTES)
    const moved = new Int32Array(2 * count)
    for (let at = 0; at < count; at++) {
      moved[2 * at] = at
      moved[2 * at + 1] = this.#table[at] as number
    }
    const added = [...this.#slabs].flatMap((memory, slab) =>
      memory === undefined ? [] : [{ slab, memory: memory.buffer as SharedArrayBuffer }],
    )
    return { isWhole: true, size: this.#size, schema: this.#schema, dropped: [], added, moved }
  }

  write(): never {
    assert(false, 'nobody writes what another thread writes')
  }

  truncate(): never {
    assert(false, 'nobody truncates what another thread writes')
  }

  #resize(count: number): void {
    if (count > this.#table.length) {
      const table = new Int32Array(Math.max(count, 2 * this.#table.length))
      table.set(this.#table)
      table.fill(NO_SLOT, this.#table.length)
      this.#table = table
    }
    // What the file is cut by holds nothing should it grow again.
    const before = Math.ceil(this.#size / SLOT_BYTES)
    if (count < before) this.#table.fill(NO_SLOT, count, before)
  }
}
