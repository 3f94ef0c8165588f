/**
 * The key-value machine against a naive model: any commands, cut into any batches, some of them sent
 * again, with restarts in between and with moves to another machine by capture and restore.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/index.ts'
import {
  createKvMachine,
  KV_ENCODINGS,
  type KvCommand,
  type KvDatabase,
  type KvEntry,
  type KvMachine,
  type KvOperation,
  type KvResult,
  levelDatabase,
} from '../../src/kv/index.ts'
import { collect, recut } from '../conformance/kv.ts'

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
type Step =
  | {
      readonly kind: 'apply'
      readonly commands: readonly (KvCommand | undefined)[]
      readonly repeated: number
    }
  | { readonly kind: 'restart' }
  | { readonly kind: 'move'; readonly cut: number }
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(command, { maxLength: 6 }), fc.nat(3))
      .map(([commands, repeated]) => ({ kind: 'apply' as const, commands, repeated })),
  },
  fc.constant({ kind: 'restart' as const }),
  fc.integer({ min: 1, max: 40 }).map((cut) => ({ kind: 'move' as const, cut })),
)

class Model {
  readonly log: (KvCommand | undefined)[] = []
  readonly #spaces = new Map(NAMESPACES.map((name) => [name, new Map<string, KvEntry>()]))

  apply(command: KvCommand | undefined): KvResult | undefined {
    const revision = this.log.push(command)
    if (command === undefined) return undefined
    if (command.namespace.includes(':')) return expect.objectContaining({ kind: 'invalid' })
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
      { database: database(place), logger: silentLogger, bootId: async () => 'boot' },
      { location: `place ${place}` },
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
        const items = [...repeated, ...step.commands].map((command, i) => ({ index: from + i + 1, command }))
        const wanted = [...repeated.map(() => undefined), ...step.commands.map((each) => model.apply(each))]
        expect(await machine.apply(items)).toEqual(wanted)
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
  } finally {
    await machine.stop()
  }
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
    const results = async (sizes: readonly number[], commands: readonly (KvCommand | undefined)[]) => {
      const db = new MemoryLevel<Uint8Array, Uint8Array>(KV_ENCODINGS)
      const machine = createKvMachine({ database: () => db, logger: silentLogger }, { location: 'memory' })
      await machine.start()
      const items = commands.map((command, i) => ({ index: i + 1, command }))
      const all: unknown[] = []
      for (let from = 0, i = 0; from < items.length; i++) {
        const size = sizes[i % sizes.length] ?? 1
        all.push(...(await machine.apply(items.slice(from, from + size))))
        from += size
      }
      const capture = await machine.capture()
      const state = Buffer.concat(await collect(capture.chunks())).toString('hex')
      capture.release()
      await machine.stop()
      return { all, state }
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (commands, sizes) => {
          expect(await results(sizes, commands)).toEqual(await results([1], commands))
        },
      ),
      { numRuns: 80 },
    )
  })
})
