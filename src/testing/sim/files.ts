/**
 * A directory of files as a system with a page cache keeps it. Everything is seen at once, and
 * survives the process; a loss of power takes what was not synced: the ends of files, which are cut or
 * read as zeros, and the last names created, changed or removed in the directory.
 */
import type { Prng } from '../../base/index.ts'

class SimFile {
  #parts: Uint8Array[] = []
  #bytes = new Uint8Array(0)
  length = 0
  /** Up to here the content survives a loss of power. */
  synced = 0

  append(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.length += bytes.length
  }

  get bytes(): Uint8Array {
    if (this.#parts.length > 0) this.bytes = Buffer.concat([this.#bytes, ...this.#parts])
    return this.#bytes
  }

  set bytes(bytes: Uint8Array) {
    this.#parts = []
    this.#bytes = new Uint8Array(bytes)
    this.length = bytes.length
  }
}

type NameChange =
  | { readonly type: 'create'; readonly name: string; readonly file: SimFile }
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  | { readonly type: 'remove'; readonly name: string }

export class SimFiles {
  readonly #prng: Prng
  #names = new Map<string, SimFile>()
  /** The directory as of its last sync, and what happened in it since. */
  #syncedNames = new Map<string, SimFile>()
  #changes: NameChange[] = []
  /** Names of files of which a bit was turned over. */
  readonly #damaged = new Set<SimFile>()

  constructor(prng: Prng) {
    this.#prng = prng
  }

  names(): string[] {
    return [...this.#names.keys()].sort()
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** The content now; undefined if there is no such file. */
  read(name: string): Uint8Array | undefined {
    return this.#names.get(name)?.bytes
  }

  size(name: string): number {
    return this.#file(name).length
  }

  create(name: string): void {
    this.#change({ type: 'create', name, file: new SimFile() })
  }

  append(name: string, bytes: Uint8Array): void {
    this.#file(name).append(bytes)
  }

  sync(name: string): void {
    const file = this.#file(name)
    file.synced = file.length
  }

  rename(from: string, to: string): void {
    this.#change({ type: 'rename', from, to })
  }

  remove(name: string): void {
    if (this.#names.has(name)) this.#change({ type: 'remove', name })
  }

  syncDirectory(): void {
    this.#syncedNames = new Map(this.#names)
    this.#changes = []
  }

  powerLost(): void {
    // The directory's changes reach the disk in their order.
    const kept = this.#changes.slice(0, this.#prng.between(0, this.#changes.length + 1))
    this.#names = this.#syncedNames
    for (const change of kept) makeChange(this.#names, change)
    this.syncDirectory()
    for (const file of this.#names.values()) this.#loseTail(file)
  }

  #loseTail(file: SimFile): void {
    const { bytes, synced } = file
    if (synced === bytes.length) return
    const from = this.#prng.between(synced, bytes.length + 1)
    if (this.#prng.chance(0.5)) file.bytes = bytes.slice(0, from)
    else file.bytes = bytes.slice().fill(0, from)
    file.synced = file.length
  }

  wipe(): void {
    this.#names.clear()
    this.#damaged.clear()
    this.syncDirectory()
  }

  get damaged(): boolean {
    if (this.#damaged.size === 0) return false
    return [...this.#names.values()].some((file) => this.#damaged.has(file))
  }

  /** Turns over one bit of a file that `which` likes; false if there is none. */
  damage(which: (name: string) => boolean): boolean {
    const candidates = [...this.#names].filter(([name, { bytes }]) => which(name) && bytes.length > 0)
    if (candidates.length === 0) return false
    const [, file] = this.#prng.pick(candidates)
    const bytes = file.bytes.slice()
    const bit = this.#prng.between(0, bytes.length * 8)
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
    file.bytes = bytes
    this.#damaged.add(file)
    return true
  }

  #file(name: string): SimFile {
    const file = this.#names.get(name)
    if (file === undefined) throw new Error(`there is no file ${name}`)
    return file
  }

  #change(change: NameChange): void {
    makeChange(this.#names, change)
    this.#changes.push(change)
  }
}

function makeChange(names: Map<string, SimFile>, change: NameChange): void {
  switch (change.type) {
    case 'create':
      names.set(change.name, change.file)
      return
    case 'rename': {
      const file = names.get(change.from)
      if (file === undefined) throw new Error(`there is no file ${change.from}`)
      names.delete(change.from)
      names.set(change.to, file)
      return
    }
    case 'remove':
      names.delete(change.name)
  }
}
