/**
 * However often a transfer breaks, wherever, and whatever becomes of what was kept of it: it ends with the
 * snapshot that was sent, byte for byte, after no more than one attempt that is refused.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SnapshotTransfer } from '../../src/raft/index.ts'
import type { Snapshots } from '../../src/raft/log/index.ts'
import { snapshotAt } from '../conformance/log-store.ts'
import {
  cut,
  filesPlace,
  memoryPlace,
  randomBytes,
  restored,
  type SnapshotPlace,
  sent,
} from '../unit/raft-log/snapshot-support.ts'

type Step =
  /** Sends `of` the rest of one of two contents, in pieces, and breaks. */
  | { kind: 'attempt'; content: 0 | 1; of: number; pieceBytes: number; breaks: 'source' | 'stop' }
  | { kind: 'restart' }
  | { kind: 'flip' | 'shorten'; at: number }
  | { kind: 'lengthen'; by: number }
  /** An older snapshot is all there is here. */
  | { kind: 'retain' }

const share = fc.double({ min: 0, max: 1, noNaN: true })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('attempt' as const),
      content: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const),
      of: share,
      pieceBytes: fc.integer({ min: 500, max: 9_000 }),
      breaks: fc.constantFrom('source' as const, 'source' as const, 'stop' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  fc.record({ kind: fc.constantFrom('flip' as const, 'shorten' as const), at: share }),
  fc.record({ kind: fc.constant('lengthen' as const), by: fc.integer({ min: 1, max: 20_000 }) }),
  fc.record({ kind: fc.constant('retain' as const) }),
)

const META = snapshotAt(9, 3)
const BROKEN = new Error('the source broke')

interface Content {
  readonly transfer: SnapshotTransfer
  readonly bytes: Uint8Array
  readonly payload: Uint8Array
}

class Play {
  readonly #place: SnapshotPlace
  readonly #contents: readonly Content[]
  #store: Snapshots

  constructor(place: SnapshotPlace, contents: readonly Content[], store: Snapshots) {
    this.#place = place
    this.#contents = contents
    this.#store = store
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'attempt':
        return await this.#attempt(this.#contents[step.content] as Content, step)
      case 'restart':
        this.#store = await this.#place.start()
        return
      case 'flip':
        return await this.#place.changePartial((kept) => {
          const changed = Uint8Array.from(kept)
          const at = Math.floor(step.at * changed.length)
          if (at < changed.length) changed[at] = (changed[at] as number) ^ 0x10
          return changed
        })
      case 'shorten':
        return await this.#place.changePartial((kept) => kept.subarray(0, Math.floor(step.at * kept.length)))
      case 'lengthen':
        return await this.#place.changePartial((kept) => Buffer.concat([kept, new Uint8Array(step.by)]))
      case 'retain':
        this.#store.retain(snapshotAt(8, 3), [])
        await this.#store.stop()
        await this.#store.start()
    }
  }

  /** Also an attempt that would be refused breaks before that is known. */
  async #attempt(
    { transfer, bytes }: Content,
    { of, pieceBytes, breaks }: Extract<Step, { kind: 'attempt' }>,
  ): Promise<void> {
    const store = this.#store
    const offset = await store.receivedBytes(transfer)
    const to = offset + Math.floor(of * (bytes.length - offset))
    async function* source() {
      yield* cut(bytes.subarray(offset, to), pieceBytes)
      if (breaks === 'stop') await store.stop()
      throw BROKEN
    }
    const error = await store.receive(transfer, offset, source()).catch((error: unknown) => error)
    expect(error === BROKEN || (error as { code: string }).code === 'RAFT_STOPPED').toBe(true)
    expect((await this.#place.partials()).length).toBeLessThanOrEqual(1)
    if (breaks === 'stop') await store.start()
    expect(await store.receivedBytes(transfer)).toBe(to)
  }

  /** Sends all of it, and again if that is refused, which can only be the fault of what was kept. */
  async finish(content: Content): Promise<void> {
    const offset = await this.#store.receivedBytes(content.transfer)
    try {
      await this.#store.receive(content.transfer, offset, cut(content.bytes.subarray(offset), 5_000))
    } catch (error) {
      expect(error).toMatchObject({ code: 'RAFT_SNAPSHOT_REJECTED' })
      expect(offset).toBeGreaterThan(0)
      expect(await this.#store.receivedBytes(content.transfer)).toBe(0)
      await this.#store.receive(content.transfer, 0, cut(content.bytes, 5_000))
    }
    expect(await this.#place.partials()).toEqual([])
    const found = await restored(this.#store, META)
    expect(Buffer.compare(found, content.payload)).toBe(0)
  }
}

test.each(['files', 'memory'] as const)(
  'snapshots in %s - broken transfers end with the very same snapshot',
  async (kind) => {
    const root = await mkdtemp(join(tmpdir(), 'debros-resume-'))
    const contents = await Promise.all(
      [1, 2].map(async (seed) => {
        const payload = randomBytes(40_000, seed)
        return { payload, ...(await sent(META, payload)) }
      }),
    )
    let runs = 0
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const place = kind === 'files' ? filesPlace(join(root, `${++runs}`)) : memoryPlace()
          const play = new Play(place, contents, await place.start())
          for (const step of steps) await play.run(step)
          await play.finish(contents[0] as Content)
        }),
        { numRuns: kind === 'files' ? 60 : 300 },
      )
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  },
)
