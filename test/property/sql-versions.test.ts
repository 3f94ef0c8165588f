/** Files that other threads read while they are written, against plain copies. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockFile, type FileChange, type FileSnapshot } from '../../src/sql/block-file.ts'
import { FileView } from '../../src/sql/file-view.ts'
import { Versions } from '../../src/sql/versions.ts'

const READERS = 3

/** Somebody who follows the file, and now and then stays at a version. */
interface Reader {
  readonly view: FileView
  readonly backlog: FileChange[]
  /** Where it stays, and what the file held then. */
  at: { readonly version: number; readonly expected: Buffer } | undefined
}

const offset = fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.constantFrom(0, 4095, 4096, 8192, 32_768))
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), at: offset, n: fc.nat(50_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('page' as const), at: fc.nat(40), n: fc.constant(0) }),
  },
  fc.record({ kind: fc.constant('truncate' as const), at: offset, n: fc.constant(0) }),
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('publish' as const), at: fc.nat(3), n: fc.constant(0) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('begin' as const), at: fc.nat(9), n: fc.constant(0) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat(9), n: fc.constant(0) }),
  },
  fc.record({ kind: fc.constant('churn' as const), at: fc.nat(40), n: fc.constant(0) }),
  fc.record({ kind: fc.constant('snapshot' as const), at: offset, n: fc.constant(0) }),
  fc.record({ kind: fc.constant('release' as const), at: offset, n: fc.constant(0) }),
)

function contentOf(file: {
  readonly size: number
  read(target: Uint8Array, offset: number): number
}): Buffer {
  const bytes = new Uint8Array(file.size)
  file.read(bytes, 0)
  return Buffer.from(bytes)
}

/** A file, its writer, and those who read along. */
class World {
  readonly #versions = new Versions()
  readonly #file = new BlockFile({ versions: this.#versions, shared: true })
  #model = Buffer.alloc(0)
  /** What was published last, and is known to those who hand out versions. */
  #newest = { version: 0, expected: Buffer.alloc(0) }
  readonly #readers: Reader[] = Array.from({ length: READERS }, () => ({
    view: new FileView(),
    backlog: [],
    at: undefined,
  }))
  readonly #snapshots: { readonly snapshot: FileSnapshot; readonly expected: Buffer }[] = []

  constructor() {
    this.#versions.readers = { newest: 0, inUse: [] }
  }

  write(at: number, length: number, byte: number): void {
    this.#file.write(new Uint8Array(length).fill(byte), at)
    const grown = Buffer.alloc(Math.max(this.#model.length, at + length))
    this.#model.copy(grown)
    grown.fill(byte, at, at + length)
    this.#model = grown
  }

  truncate(at: number): void {
    this.#file.truncate(at)
    this.#model = Buffer.from(this.#model.subarray(0, at))
  }

  /** `isHeard`: the writer is told what is read by now. */
  publish(isHeard: boolean): void {
    const change = this.#file.takeChange()
    if (change === undefined) return
    this.#newest = { version: this.#versions.close(), expected: this.#model }
    for (const { backlog } of this.#readers) backlog.push(change)
    if (isHeard) this.#versions.readers = { newest: this.#newest.version, inUse: this.inUse() }
  }

  /** So many versions that what was given up is used again. */
  churn(at: number, byte: number): void {
    for (let round = 0; round < 100; round++) {
      for (let page = 0; page < 5; page++) this.write(((at + 3 * page) % 40) * 4096, 4096, byte + round)
      this.publish(true)
    }
  }

  inUse(): number[] {
    return this.#readers.flatMap(({ at }) => (at === undefined ? [] : [at.version]))
  }

  begin(number: number): void {
    const reader = this.#readers[number % READERS] as Reader
    if (reader.at !== undefined) return
    for (const change of reader.backlog.splice(0)) reader.view.apply(change)
    reader.at = this.#newest
  }

  end(number: number): void {
    ;(this.#readers[number % READERS] as Reader).at = undefined
  }

  snapshot(): void {
    this.#snapshots.push({ snapshot: this.#file.snapshot(), expected: this.#model })
  }

  release(at: number): void {
    const [released] = this.#snapshots.splice(at % (this.#snapshots.length + 1), 1)
    released?.snapshot.release()
  }

  check(): void {
    expect(contentOf(this.#file).equals(this.#model)).toBe(true)
    for (const { view, at } of this.#readers)
      if (at !== undefined) expect(contentOf(view).equals(at.expected)).toBe(true)
    for (const { snapshot, expected } of this.#snapshots)
      expect(contentOf(snapshot).equals(expected)).toBe(true)
  }

  /** Somebody who begins now, in the middle. */
  checkNewcomer(): void {
    this.publish(true)
    this.begin(0)
    const newcomer = new FileView()
    const [reader] = this.#readers
    if (reader?.at === undefined) return
    newcomer.apply(reader.view.whole())
    expect(contentOf(newcomer).equals(reader.at.expected)).toBe(true)
  }
}

describe('sql versions', () => {
  it('nothing is changed that somebody may read, and everybody reads what was', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60, size: 'max' }), (operations) => {
        const world = new World()
        for (const [i, { kind, at, n }] of operations.entries()) {
          if (kind === 'write') world.write(at, n, i + 1)
          else if (kind === 'page') world.write(at * 4096, 4096, i + 1)
          else if (kind === 'truncate') world.truncate(at)
          else if (kind === 'publish') world.publish(at > 0)
          else if (kind === 'churn') world.churn(at, i + 1)
          else if (kind === 'begin') world.begin(at)
          else if (kind === 'end') world.end(at)
          else if (kind === 'snapshot') world.snapshot()
          else world.release(at)
          world.check()
        }
        world.checkNewcomer()
      }),
      { numRuns: 60 },
    )
  })

  it('a version that is read for long holds what it holds, and nothing of later ones', () => {
    const versions = new Versions()
    const file = new BlockFile({ versions, shared: true })
    versions.readers = { newest: 0, inUse: [] }
    const page = new Uint8Array(4096)
    file.write(new Uint8Array(100 * 4096), 0)
    const slabs = new Set<SharedArrayBuffer>()
    const note = (): void => {
      for (const { memory } of file.takeChange()?.added ?? []) slabs.add(memory)
    }
    note()
    const pinned = versions.close()
    for (let round = 0; round < 10_000; round++) {
      file.write(page.fill(round), (round % 100) * 4096)
      note()
      versions.readers = { newest: versions.close(), inUse: [pinned] }
    }
    const bytes = [...slabs].reduce((sum, { byteLength }) => sum + byteLength, 0)
    expect(bytes).toBeLessThan(4 * 100 * 4096)
  })

  it('a file that has become small gives its memory back', () => {
    const versions = new Versions()
    const file = new BlockFile({ versions, shared: true })
    file.write(new Uint8Array(10_000 * 4096), 0)
    const added = file.takeChange()?.added.length ?? 0
    versions.close()
    file.truncate(10 * 4096)
    expect(file.takeChange()?.dropped.length).toBeGreaterThan(added - 3)
    expect(contentOf(file)).toEqual(Buffer.alloc(10 * 4096))
  })
})
