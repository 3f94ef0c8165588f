/**
 * The key-value machine against a naive model: any commands, cut into any batches, some of them applied
 * again or requested again, with restarts in between and with moves to another machine by capture and
 * restore.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import {
  type OutcomeLimits,
  type RequestOutcome,
  type RequestTag,
  silentLogger,
} from '../../src/base/index.ts'
import {
  createKvMachine,
  KV_ENCODINGS,
  type KvApplyItem,
  type KvCommand,
  type KvDatabase,
  type KvEntry,
  type KvMachine,
  type KvOperation,
  type KvResult,
  levelDatabase,
} from '../../src/kv/index.ts'
import { encodeResult } from '../../src/kv/result-codec.ts'
import { collect, recut } from '../conformance/kv.ts'

/** Small enough that everything is forgotten for every reason, and that conflicts are too large. */
const LIMITS: OutcomeLimits = { countMax: 4, bytesMax: 300, outcomeBytesMax: 18, ageMaxMs: 40 }

/** Some begin with others, and one is not a namespace. */
const NAMESPACES = ['a', 'ab', 'a-b', 'a:b']

const key = fc
  .uint8Array({ minLength: 1, maxLength: 2 })
  .map((bytes) => bytes.map((byte) => [0, 97, 255][byte % 3] ?? 0))
const value = fc.uint8Array({ maxLength: 2, max: 2 })
const expected = fc.oneof(
  fc.constant({ kind: 'absent' as const }),
  value.map((value) => ({ kind: 'value' as const, value })),
  fc.integer({ min: 1, max: 20 }).map((revision) => ({ kind: 'revision' as const, revision })),
)
const operation: fc.Arbitrary<KvOperation> = fc.oneof(
  fc.tuple(key, value).map(([key, value]) => ({ kind: 'put' as const, key, value })),
  key.map((key) => ({ kind: 'delete' as const, key })),
  fc
    .tuple(key, expected, fc.option(value, { nil: undefined }))
    .map(([key, expected, value]) => ({ kind: 'compare-and-swap' as const, key, expected, value })),
)
const command: fc.Arbitrary<KvCommand | undefined> = fc.option(
  fc.record({ namespace: fc.constantFrom(...NAMESPACES), operations: fc.array(operation, { maxLength: 4 }) }),
  { nil: undefined, freq: 6 },
)
/** How a command is requested: not as a request, as a new one, or as one that was made before. */
type Asking =
  | { readonly kind: 'untagged' }
  /** `lag`: how far the asking side is behind. */
  | { readonly kind: 'new'; readonly lag: number; readonly timeMs: number }
  /** `back`: which request, counted from the last. */
  | { readonly kind: 'again'; readonly back: number; readonly timeMs: number }
const timeMs = fc.nat(100)
const asking: fc.Arbitrary<Asking> = fc.oneof(
  fc.constant({ kind: 'untagged' as const }),
  fc.tuple(fc.nat(12), timeMs).map(([lag, timeMs]) => ({ kind: 'new' as const, lag, timeMs })),
  fc.tuple(fc.nat(9), timeMs).map(([back, timeMs]) => ({ kind: 'again' as const, back, timeMs })),
)
type Asked = readonly [command: KvCommand | undefined, asking: Asking]
const asked: fc.Arbitrary<Asked> = fc.tuple(command, asking)

/** The log that follows from what was asked, beginning after `log`. */
function entriesOf(all: readonly Asked[], log: readonly KvApplyItem[]): KvApplyItem[] {
  const tags = log.flatMap(({ request }) => request ?? [])
  const firsts = tags.filter(({ id }, i) => tags.findIndex((each) => each.id === id) === i)
  return all.map(([command, asking], i) => {
    const index = log.length + i + 1
    const known = asking.kind === 'again' ? firsts.at(-1 - (asking.back % (firsts.length || 1))) : undefined
    if (asking.kind === 'untagged') return { index, command }
    if (known !== undefined) return { index, command, request: { ...known, timeMs: asking.timeMs } }
    const lag = asking.kind === 'new' ? asking.lag : 0
    const id = `request ${index}`.padEnd(16, '.')
    const request: RequestTag = { id, since: Math.max(0, index - 1 - lag), timeMs: asking.timeMs }
    firsts.push(request)
    return { index, command, request }
  })
}

type Step =
  | {
      readonly kind: 'apply'
      readonly commands: readonly Asked[]
      readonly repeated: number
    }
  | { readonly kind: 'restart' }
  | { readonly kind: 'move'; readonly cut: number }
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(asked, { maxLength: 6 }), fc.nat(8))
      .map(([commands, repeated]) => ({ kind: 'apply' as const, commands, repeated })),
  },
  fc.constant({ kind: 'restart' as const }),
  fc.integer({ min: 1, max: 40 }).map((cut) => ({ kind: 'move' as const, cut })),
)

interface Memory {
  readonly request: RequestTag
  readonly index: number
  readonly result: KvResult
  readonly bytes: number
}

class Model {
  readonly log: KvApplyItem[] = []
  readonly #spaces = new Map(NAMESPACES.map((name) => [name, new Map<string, KvEntry>()]))
  #memories: Memory[] = []
  #forgottenThrough = 0

  apply(item: KvApplyItem): RequestOutcome<KvResult> | undefined {
    this.log.push(item)
    const { index, command, request } = item
    if (command === undefined) return undefined
    const known = this.recall(item)
    if (known !== undefined) return known
    if (request !== undefined && request.since < this.#forgottenThrough) return { kind: 'forgotten' }
    const result = this.#carryOut(command, index)
    if (request !== undefined) this.#remember(request, index, result)
    return { kind: 'done', index, result }
  }

  /** What is remembered of the item's request. */
  recall({ command, request }: KvApplyItem): RequestOutcome<KvResult> | undefined {
    const memory = this.#memories.find((each) => each.request.id === request?.id)
    if (memory === undefined || command === undefined) return undefined
    const { index, result, bytes } = memory
    return bytes > LIMITS.outcomeBytesMax ? { kind: 'done-before', index } : { kind: 'done', index, result }
  }

  #remember(request: RequestTag, index: number, result: KvResult): void {
    const bytes = encodeResult(result).byteLength
    this.#memories.push({ request, index, result, bytes })
    const exceeded = (oldest: Memory) => {
      const kept = this.#memories.map(({ bytes }) => (bytes > LIMITS.outcomeBytesMax ? 0 : bytes) + 64)
      return (
        oldest.request.timeMs < request.timeMs - LIMITS.ageMaxMs ||
        kept.length > LIMITS.countMax ||
        kept.reduce((sum, each) => sum + each, 0) > LIMITS.bytesMax
      )
    }
    for (let oldest = this.#memories[0]; oldest && exceeded(oldest); oldest = this.#memories[0]) {
      this.#memories = this.#memories.slice(1)
      this.#forgottenThrough = oldest.index
    }
  }

  #carryOut(command: KvCommand, revision: number): KvResult {
    if (command.namespace.includes(':')) {
      const message = `invalid namespace ${JSON.stringify(command.namespace)}`
      return { kind: 'invalid', code: 'NAMESPACE_INVALID', message }
    }
    const space = this.#spaces.get(command.namespace) ?? new Map<string, KvEntry>()
    const { operations } = command
    const at = (key: Uint8Array) => space.get(key.join())
    const existed = operations.map(({ key }) => at(key) !== undefined)
    for (const [i, each] of operations.entries()) {
      if (each.kind !== 'compare-and-swap') continue
      const actual = at(each.key)
      const { expected } = each
      const holds =
        expected.kind === 'absent'
          ? actual === undefined
          : expected.kind === 'revision'
            ? actual?.revision === expected.revision
            : actual?.value.join() === expected.value.join()
      if (!holds) return { kind: 'conflict', operation: i, actual }
    }
    for (const each of operations) {
      const value = each.kind === 'delete' ? undefined : each.value
      if (value === undefined) space.delete(each.key.join())
      else space.set(each.key.join(), { key: each.key, value, revision })
    }
    return { kind: 'applied', revision, existed }
  }

  entries(namespace: string): KvEntry[] {
    const entries = [...(this.#spaces.get(namespace)?.values() ?? [])]
    return entries.sort((a, b) => Buffer.compare(a.key, b.key))
  }
}

async function listAll(machine: KvMachine, namespace: string, prefix: Uint8Array): Promise<KvEntry[]> {
  const entries: KvEntry[] = []
  for (let cursor: Uint8Array | undefined; ; ) {
    const page = await machine.list(namespace, { prefix, limit: 3, ...(cursor && { cursor }) })
    entries.push(...page.entries)
    cursor = page.cursor
    if (cursor === undefined) return entries
  }
}

async function checkState(machine: KvMachine, model: Model): Promise<void> {
  expect(machine.appliedIndex).toBe(model.log.length)
  for (const namespace of NAMESPACES.filter((name) => !name.includes(':'))) {
    const entries = model.entries(namespace)
    for (const prefix of [[], [97], [255], [255, 255]]) {
      const wanted = entries.filter(({ key }) => prefix.every((byte, i) => key[i] === byte))
      expect(await listAll(machine, namespace, Uint8Array.from(prefix))).toEqual(wanted)
    }
    for (const entry of entries) {
      expect(await machine.get(namespace, entry.key)).toEqual(entry)
      expect(await machine.exists(namespace, entry.key)).toBe(true)
    }
  }
}

/** `place` names a database that outlives its machines. */
async function play(steps: readonly Step[], database: (place: number) => () => KvDatabase): Promise<void> {
  const create = (place: number) =>
    createKvMachine(
      { database: database(place), logger: silentLogger, bootId: async () => 'boot', rest: async () => {} },
      { location: `place ${place}`, outcomeLimits: LIMITS },
    )
  const model = new Model()
  let place = 0
  let machine = create(place)
  await machine.start()
  try {
    for (const step of steps) {
      if (step.kind === 'apply') {
        const from = Math.max(0, model.log.length - step.repeated)
        const repeated = model.log.slice(from)
        const fresh = entriesOf(step.commands, model.log)
        const wanted = [
          ...repeated.map((item) => model.recall(item)),
          ...fresh.map((item) => model.apply(item)),
        ]
        expect(await machine.apply([...repeated, ...fresh])).toEqual(wanted)
      } else if (step.kind === 'restart') {
        await machine.stop()
        machine = create(place)
        await machine.start()
      } else {
        const capture = await machine.capture()
        const next = create(++place)
        await next.start()
        await next.restore(recut(await collect(capture.chunks()), step.cut), capture.appliedIndex)
        capture.release()
        await machine.stop()
        machine = next
      }
      await checkState(machine, model)
    }
    const { state: _, ...digest } = await stateAfter(model.log, [1])
    expect(await machine.digest()).toEqual(digest)
  } finally {
    await machine.stop()
  }
}

/** What a machine has that applies the log in batches of these sizes, over and over. */
async function stateAfter(log: readonly KvApplyItem[], sizes: readonly number[]) {
  const db = new MemoryLevel<Uint8Array, Uint8Array>(KV_ENCODINGS)
  const machine = createKvMachine(
    { database: () => db, logger: silentLogger, rest: async () => {} },
    { location: 'memory', outcomeLimits: LIMITS },
  )
  await machine.start()
  const outcomes: unknown[] = []
  for (let from = 0, i = 0; from < log.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    outcomes.push(...(await machine.apply(log.slice(from, from + size))))
    from += size
  }
  const capture = await machine.capture()
  const chunks = await collect(capture.chunks())
  capture.release()
  const { index, digest } = await machine.digest()
  await machine.stop()
  return { state: { outcomes, capture: Buffer.concat(chunks).toString('hex') }, index, digest }
}

describe('key-value machine', () => {
  it('model - any history in memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const places = new Map<number, KvDatabase>()
        await play(steps, (place) => () => {
          const db = places.get(place) ?? new MemoryLevel<Uint8Array, Uint8Array>(KV_ENCODINGS)
          places.set(place, db)
          return db
        })
      }),
      { numRuns: 150 },
    )
  })

  it('model - any history on LevelDB', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const dir = await mkdtemp(join(tmpdir(), 'debros-kv-'))
        try {
          await play(steps, (place) => levelDatabase(join(dir, String(place))))
        } finally {
          await rm(dir, { recursive: true })
        }
      }),
      { numRuns: 15 },
    )
  })

  it('batches - how a history is cut changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(asked, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (all, sizes) => {
          const log = entriesOf(all, [])
          expect(await stateAfter(log, sizes)).toEqual(await stateAfter(log, [1]))
        },
      ),
      { numRuns: 80 },
    )
  })
})
