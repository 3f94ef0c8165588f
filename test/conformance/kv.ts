/** What every key-value machine must do, whatever it stores in. Call it inside a test file. */

import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  AssertionError,
  type OutcomeLimits,
  type RequestOutcome,
  type RequestTag,
} from '../../src/base/index.ts'
import {
  KV_LIST_LIMIT_MAX,
  KV_PAGE_BYTES_MAX,
  type KvApplyItem,
  type KvExpectation,
  type KvListOptions,
  type KvMachine,
  type KvOperation,
  type KvResult,
} from '../../src/kv/index.ts'

export interface KvFixture {
  /** A machine over what the one before it left, not started. */
  create(outcomeLimits: OutcomeLimits): KvMachine
  close(): Promise<void>
}

export const bytes = (text: string) => new TextEncoder().encode(text)
export const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value)

export const put = (key: string, value: string): KvOperation => ({
  kind: 'put',
  key: bytes(key),
  value: bytes(value),
})
export const del = (key: string): KvOperation => ({ kind: 'delete', key: bytes(key) })
export const swap = (key: string, expected: KvExpectation, value?: string): KvOperation => ({
  kind: 'compare-and-swap',
  key: bytes(key),
  expected,
  value: value === undefined ? undefined : bytes(value),
})
export const absent: KvExpectation = { kind: 'absent' }
export const valueIs = (value: string): KvExpectation => ({ kind: 'value', value: bytes(value) })
export const revisionIs = (revision: number): KvExpectation => ({ kind: 'revision', revision })

/** What the suite's machines remember: little, so that they forget. */
export const LIMITS: OutcomeLimits = { countMax: 4, bytesMax: 1_000, outcomeBytesMax: 100, ageMaxMs: 1_000 }

export function tag(name: string, since = 0, timeMs = 0): RequestTag {
  return { id: name.padEnd(16, '.'), since, timeMs }
}

export function item(index: number, operations: KvOperation[], request?: RequestTag): KvApplyItem {
  return { index, command: { namespace: 'default', operations }, request }
}

/** What a request that writes one key answers when it is carried out at `index`. */
export function wrote(index: number, existed = false): RequestOutcome<KvResult> {
  return { kind: 'done', index, result: { kind: 'applied', revision: index, existed: [existed] } }
}

/** Results of items that were all carried out, or none. */
export function results(
  outcomes: readonly (RequestOutcome<KvResult> | undefined)[],
): (KvResult | undefined)[] {
  return outcomes.map((outcome) => {
    if (outcome === undefined) return undefined
    return outcome.kind === 'done' ? outcome.result : expect.unreachable(`it is ${outcome.kind}`)
  })
}

export async function captured(machine: KvMachine): Promise<Buffer> {
  const capture = await machine.capture()
  const chunks = await collect(capture.chunks())
  capture.release()
  return Buffer.concat(chunks)
}

/** Applies one command at the next index. */
export async function run(
  machine: KvMachine,
  operations: KvOperation[],
  namespace = 'default',
): Promise<KvResult> {
  const [result] = results(
    await machine.apply([{ index: machine.appliedIndex + 1, command: { namespace, operations } }]),
  )
  return result ?? expect.unreachable('a command has a result')
}

export async function shown(machine: KvMachine, options: KvListOptions = {}, namespace = 'default') {
  const { entries } = await machine.list(namespace, options)
  return entries.map(({ key, value, revision }) => `${text(key)}=${text(value)}@${revision}`)
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

/** The bytes of `chunks` again, cut into pieces of `size`. */
export async function* recut(chunks: readonly Uint8Array[], size: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.concat(chunks)
  for (let from = 0; from < all.length; from += size) yield all.subarray(from, from + size)
}

export function kvConformance(name: string, createFixture: () => Promise<KvFixture>): void {
  describe(`key-value machine on ${name}`, () => {
    let fixture: KvFixture
    let machine: KvMachine
    beforeEach(async () => {
      fixture = await createFixture()
      machine = fixture.create(LIMITS)
      await machine.start()
    })
    afterEach(async () => {
      await machine.stop()
      await fixture.close()
    })

    const restart = async () => {
      await machine.stop()
      machine = fixture.create(LIMITS)
      await machine.start()
    }

    it('apply - put, get, exists and delete', async () => {
      expect(await machine.get('default', bytes('a'))).toBeUndefined()
      expect(await machine.exists('default', bytes('a'))).toBe(false)
      expect(await run(machine, [put('a', 'one')])).toEqual({
        kind: 'applied',
        revision: 1,
        existed: [false],
      })
      expect(await machine.get('default', bytes('a'))).toEqual({
        key: bytes('a'),
        value: bytes('one'),
        revision: 1,
      })
      expect(await machine.exists('default', bytes('a'))).toBe(true)
      expect(await run(machine, [put('a', '')])).toEqual({ kind: 'applied', revision: 2, existed: [true] })
      expect(text((await machine.get('default', bytes('a')))?.value)).toBe('')
      expect(await run(machine, [del('a')])).toEqual({ kind: 'applied', revision: 3, existed: [true] })
      expect(await run(machine, [del('a')])).toEqual({ kind: 'applied', revision: 4, existed: [false] })
      expect(await machine.get('default', bytes('a'))).toBeUndefined()
      expect(await machine.exists('default', bytes('a'))).toBe(false)
    })

    it('apply - one command is all or nothing', async () => {
      await run(machine, [put('a', '1'), put('b', '2')])
      expect(
        await run(machine, [put('c', '3'), del('a'), swap('b', valueIs('x'), 'y'), put('d', '4')]),
      ).toEqual({
        kind: 'conflict',
        operation: 2,
        actual: { key: bytes('b'), value: bytes('2'), revision: 1 },
      })
      expect(await shown(machine)).toEqual(['a=1@1', 'b=2@1'])
      expect(machine.appliedIndex).toBe(2)
      expect(await run(machine, [])).toEqual({ kind: 'applied', revision: 3, existed: [] })
    })

    it('apply - comparisons', async () => {
      await run(machine, [put('a', '1')])
      const conflict = (actual: unknown) => ({ kind: 'conflict', operation: 0, actual })
      const a1 = { key: bytes('a'), value: bytes('1'), revision: 1 }
      expect(await run(machine, [swap('a', absent, 'x')])).toEqual(conflict(a1))
      expect(await run(machine, [swap('a', valueIs('2'), 'x')])).toEqual(conflict(a1))
      expect(await run(machine, [swap('a', revisionIs(2), 'x')])).toEqual(conflict(a1))
      expect(await run(machine, [swap('b', valueIs(''), 'x')])).toEqual(conflict(undefined))
      expect(await run(machine, [swap('b', revisionIs(0), 'x')])).toEqual(conflict(undefined))
      expect(await shown(machine)).toEqual(['a=1@1'])

      expect(await run(machine, [swap('b', absent, 'new')])).toMatchObject({
        kind: 'applied',
        existed: [false],
      })
      expect(await run(machine, [swap('a', valueIs('1'), '2')])).toMatchObject({
        kind: 'applied',
        existed: [true],
      })
      expect(await shown(machine)).toEqual(['a=2@8', 'b=new@7'])
      expect(await run(machine, [swap('a', revisionIs(8))])).toMatchObject({
        kind: 'applied',
        existed: [true],
      })
      expect(await shown(machine)).toEqual(['b=new@7'])
    })

    it('apply - a command compares with the state before it, and writes in order', async () => {
      await run(machine, [put('a', '1')])
      expect(
        await run(machine, [put('a', '2'), swap('a', valueIs('1'), '3'), put('b', 'x'), del('b')]),
      ).toEqual({
        kind: 'applied',
        revision: 2,
        existed: [true, true, false, false],
      })
      expect(await shown(machine)).toEqual(['a=3@2'])
      expect(await run(machine, [put('a', '4'), swap('a', valueIs('4'), '5')])).toMatchObject({
        kind: 'conflict',
        operation: 1,
        actual: { value: bytes('3'), revision: 2 },
      })
    })

    it('apply - later commands of a batch see earlier ones', async () => {
      const outcomes = await machine.apply([
        item(1, [put('a', '1')]),
        item(2, [swap('a', valueIs('1'), '2')]),
        { index: 3, command: undefined },
        item(4, [swap('a', valueIs('1'), '3')]),
        item(5, [del('a')]),
        item(6, [swap('a', absent, '4')]),
        { index: 7, command: { namespace: 'other', operations: [swap('a', absent, '5')] } },
        { index: 8, command: undefined },
      ])
      expect(outcomes.map((outcome) => outcome?.kind === 'done' && outcome.index)).toEqual([
        1,
        2,
        false,
        4,
        5,
        6,
        7,
        false,
      ])
      expect(results(outcomes)).toMatchObject([
        { kind: 'applied', existed: [false] },
        { kind: 'applied', existed: [true] },
        undefined,
        { kind: 'conflict', operation: 0, actual: { value: bytes('2'), revision: 2 } },
        { kind: 'applied', existed: [true] },
        { kind: 'applied', existed: [false] },
        { kind: 'applied', existed: [false] },
        undefined,
      ])
      expect(machine.appliedIndex).toBe(8)
      expect(await shown(machine)).toEqual(['a=4@6'])
    })

    it('apply - what was applied is skipped, within one batch too', async () => {
      await run(machine, [put('a', '1')])
      await run(machine, [put('a', '2')])
      const again = [put('a', 'again')]
      expect(await machine.apply([item(1, again), item(2, again), item(3, [put('b', '3')])])).toEqual([
        undefined,
        undefined,
        wrote(3),
      ])
      expect(await machine.apply([item(3, again)])).toEqual([undefined])
      expect(await machine.apply([])).toEqual([])
      expect(await shown(machine)).toEqual(['a=2@2', 'b=3@3'])
    })

    it('apply - a batch out of order is a bug', async () => {
      const empty = (index: number) => ({ index, command: undefined })
      await expect(machine.apply([empty(2), empty(1)])).rejects.toThrow(AssertionError)
      await expect(machine.apply([empty(2), empty(2)])).rejects.toThrow(AssertionError)
      expect(machine.appliedIndex).toBe(0)
    })

    it('apply - one call at a time', async () => {
      const first = machine.apply([{ index: 1, command: undefined }])
      const others = await Promise.allSettled([
        machine.apply([{ index: 2, command: undefined }]),
        machine.capture(),
      ])
      for (const other of others) {
        expect(other).toMatchObject({ status: 'rejected', reason: expect.any(AssertionError) })
      }
      await first
      expect(machine.appliedIndex).toBe(1)
    })

    it('apply - an impossible namespace is answered, not thrown, and reaches nothing', async () => {
      await run(machine, [put('b::k', 'kept')], 'a')
      for (const namespace of ['', 'a:', 'a::b', ':', 'ns::a', '-x', 'x'.repeat(64), 'ä']) {
        expect(await run(machine, [put('k', 'stray'), put('b::k', 'stray')], namespace)).toMatchObject({
          kind: 'invalid',
          code: 'NAMESPACE_INVALID',
        })
        await expect(machine.get(namespace, bytes('k'))).rejects.toMatchObject({ code: 'NAMESPACE_INVALID' })
        await expect(machine.exists(namespace, bytes('k'))).rejects.toMatchObject({
          code: 'NAMESPACE_INVALID',
        })
        await expect(machine.list(namespace)).rejects.toMatchObject({ code: 'NAMESPACE_INVALID' })
      }
      expect(await shown(machine, {}, 'a')).toEqual(['b::k=kept@1'])
      expect(machine.appliedIndex).toBe(9)
    })

    it('namespaces - none sees another, however alike their names', async () => {
      const names = ['a', 'a-', 'a_b', 'aa', 'A', '_system', '0']
      for (const name of names) await run(machine, [put('k', name), put(':', name)], name)
      for (const name of names) {
        expect((await machine.list(name)).entries.map(({ value }) => text(value))).toEqual([name, name])
      }
      await run(machine, [del('k')], 'a')
      expect(await machine.exists('aa', bytes('k'))).toBe(true)
    })

    it('keys - any bytes, in bytewise order', async () => {
      const keys = [[0], [0, 0], [1], [0x3a], [0x7f], [0x80], [0xff], [0xff, 0], [0xff, 0xff]].map((key) =>
        Uint8Array.from(key),
      )
      await run(
        machine,
        keys.toReversed().map((key): KvOperation => ({ kind: 'put', key, value: key })),
      )
      const { entries } = await machine.list('default')
      expect(entries.map(({ key }) => key)).toEqual(keys)
      for (const key of keys) expect((await machine.get('default', key))?.value).toEqual(key)
    })

    it('list - by prefix, to its very end', async () => {
      const keys = [[0xfe], [0xfe, 0xff], [0xfe, 0xff, 0xff], [0xff], [0xff, 0xff], [0xff, 0xff, 7], [5]]
      for (const key of keys) {
        await run(machine, [{ kind: 'put', key: Uint8Array.from(key), value: bytes('') }])
      }
      await run(machine, [put('x', 'beyond')], 'defaultz')
      const found = async (...prefix: number[]) =>
        (await machine.list('default', { prefix: Uint8Array.from(prefix) })).entries.map(({ key }) => [
          ...key,
        ])
      expect(await found()).toEqual([
        [5],
        [0xfe],
        [0xfe, 0xff],
        [0xfe, 0xff, 0xff],
        [0xff],
        [0xff, 0xff],
        [0xff, 0xff, 7],
      ])
      expect(await found(0xff)).toEqual([[0xff], [0xff, 0xff], [0xff, 0xff, 7]])
      expect(await found(0xff, 0xff)).toEqual([
        [0xff, 0xff],
        [0xff, 0xff, 7],
      ])
      expect(await found(0xfe, 0xff)).toEqual([
        [0xfe, 0xff],
        [0xfe, 0xff, 0xff],
      ])
      expect(await found(6)).toEqual([])
    })

    it('list - pages, and a cursor outlives the key it names', async () => {
      for (const key of ['a1', 'a2', 'a3', 'a4', 'b1']) await run(machine, [put(key, key)])
      const prefix = bytes('a')
      const first = await machine.list('default', { prefix, limit: 2 })
      expect(first.entries.map(({ key }) => text(key))).toEqual(['a1', 'a2'])
      await run(machine, [del('a2'), put('a2x', 'new')])
      const second = await machine.list('default', { prefix, limit: 2, ...cursorOf(first) })
      expect(second.entries.map(({ key }) => text(key))).toEqual(['a2x', 'a3'])
      const third = await machine.list('default', { prefix, limit: 1, ...cursorOf(second) })
      expect(third.entries.map(({ key }) => text(key))).toEqual(['a4'])
      expect(third.cursor).toBeUndefined()
    })

    it('list - keys only', async () => {
      await run(machine, [put('a', 'value')])
      expect((await machine.list('default', { keysOnly: true })).entries).toEqual([
        { key: bytes('a'), value: new Uint8Array(0), revision: 1 },
      ])
    })

    it('list - a page of large values ends early, with a cursor', async () => {
      const value = new Uint8Array(400_000)
      for (const key of ['a', 'b', 'c', 'd', 'e']) {
        await run(machine, [{ kind: 'put', key: bytes(key), value }])
      }
      const first = await machine.list('default')
      expect(first.entries).toHaveLength(Math.ceil(KV_PAGE_BYTES_MAX / 400_001))
      const second = await machine.list('default', cursorOf(first))
      expect([...first.entries, ...second.entries].map(({ key }) => text(key))).toEqual([
        'a',
        'b',
        'c',
        'd',
        'e',
      ])
      expect(second.cursor).toBeUndefined()
      expect((await machine.list('default', { keysOnly: true })).entries).toHaveLength(5)
    })

    it('list - bad options are refused', async () => {
      const refused = (options: KvListOptions, code: string) =>
        expect(machine.list('default', options)).rejects.toMatchObject({ code, outcome: 'not-applied' })
      for (const limit of [0, -1, 1.5, Number.NaN, KV_LIST_LIMIT_MAX + 1]) {
        await refused({ limit }, 'KV_LIMIT_INVALID')
      }
      await refused({ cursor: new Uint8Array(0) }, 'KV_CURSOR_INVALID')
      await refused({ cursor: Uint8Array.of(2, 97) }, 'KV_CURSOR_INVALID')
      await refused({ cursor: Uint8Array.of(1, 97), prefix: bytes('b') }, 'KV_CURSOR_INVALID')
    })

    it('restart - state and applied index stay', async () => {
      await run(machine, [put('a', '1')])
      await machine.apply([{ index: 17, command: undefined }])
      await restart()
      expect(machine.appliedIndex).toBe(17)
      expect(await shown(machine)).toEqual(['a=1@1'])
    })

    it('capture - is the state of its moment, whatever comes later', async () => {
      for (const key of ['a', 'b', 'c']) await run(machine, [put(key, 'old')])
      const capture = await machine.capture()
      await run(machine, [put('a', 'new'), del('b'), put('d', 'new')])
      expect(capture.appliedIndex).toBe(3)
      const chunks = await collect(capture.chunks())
      await run(machine, [del('c')])
      await machine.restore(recut(chunks, 7), 100)
      capture.release()
      expect(await shown(machine)).toEqual(['a=old@1', 'b=old@2', 'c=old@3'])
      expect(machine.appliedIndex).toBe(100)
    })

    it('capture - chunks are small, and large values pass', async () => {
      const value = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251)
      await run(machine, [{ kind: 'put', key: bytes('big'), value }, put('a', '1')])
      const capture = await machine.capture()
      const chunks = await collect(capture.chunks())
      capture.release()
      expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024)
      await machine.restore(recut(chunks, 100_000), 1)
      expect((await machine.get('default', bytes('big')))?.value).toEqual(value)
    })

    it('capture - is read once more or not at all, and released once or twice', async () => {
      await run(machine, [put('a', '1')])
      const capture = await machine.capture()
      expect(await collect(capture.chunks())).toEqual(await collect(capture.chunks()))
      for await (const _ of capture.chunks()) break
      capture.release()
      capture.release()
      expect(() => capture.chunks()).toThrow(AssertionError)
      const unread = await machine.capture()
      unread.release()
    })

    it('restore - replaces every namespace, and survives a restart', async () => {
      await run(machine, [put('a', '1')], 'one')
      const capture = await machine.capture()
      const chunks = await collect(capture.chunks())
      capture.release()
      await run(machine, [put('x', '1')], 'two')
      await run(machine, [put('b', '1')], 'one')
      await machine.restore(recut(chunks, 1000), 50)
      await restart()
      expect(machine.appliedIndex).toBe(50)
      expect(await shown(machine, {}, 'one')).toEqual(['a=1@1'])
      expect(await shown(machine, {}, 'two')).toEqual([])
      expect(await run(machine, [put('b', '2')], 'one')).toMatchObject({ revision: 51, existed: [false] })
    })

    it('restore - the applied index never goes back', async () => {
      const capture = await machine.capture()
      const chunks = await collect(capture.chunks())
      capture.release()
      await machine.apply([{ index: 5, command: undefined }])
      await expect(machine.restore(recut(chunks, 10), 4)).rejects.toThrow(AssertionError)
      await machine.restore(recut(chunks, 10), 5)
      expect(machine.appliedIndex).toBe(5)
    })

    it('restore - reads see the state before it until it is done', async () => {
      const capture = await machine.capture()
      const chunks = await collect(capture.chunks())
      capture.release()
      await run(machine, [put('a', '1')])
      const seen: unknown[] = []
      async function* watched() {
        for await (const chunk of recut(chunks, 10)) {
          seen.push(await shown(machine), machine.appliedIndex, await machine.exists('default', bytes('a')))
          yield chunk
        }
      }
      await machine.restore(watched(), 9)
      expect(new Set(seen.map((value) => JSON.stringify(value)))).toEqual(new Set(['["a=1@1"]', '1', 'true']))
      expect(await shown(machine)).toEqual([])
    })

    it('restore - what is no capture is refused, and only another restore helps', async () => {
      await run(machine, [put('a', '1'), put('b', '2')])
      const capture = await machine.capture()
      const good = Buffer.concat(await collect(capture.chunks()))
      capture.release()
      const refused = async (bad: Uint8Array) => {
        await expect(machine.restore(recut([bad], 13), 9)).rejects.toMatchObject({
          code: 'KV_SNAPSHOT_INVALID',
        })
      }
      await refused(Buffer.concat([good, Buffer.of(0)]))
      for (let length = 0; length < good.length; length++) await refused(good.subarray(0, length))
      const changes: [number, number][] = [
        [0, 0x20], // magic
        [8, 0xff], // length of a key
        [16, 0x6d], // "ms::…": another prefix
        [20, 0x3a], // a namespace with a separator
        [good.length - 1, 9], // the count
      ]
      for (const [at, byte] of changes) {
        const changed = Uint8Array.from(good)
        changed[at] = byte
        await refused(changed)
      }
      const twice = Buffer.concat([good.subarray(0, -16), good.subarray(8)])
      twice[twice.length - 1] = 4 // the count is right, the order is not
      await refused(twice)

      expect(await shown(machine)).toEqual(['a=1@1', 'b=2@1'])
      await expect(machine.apply([{ index: 2, command: undefined }])).rejects.toThrow(AssertionError)
      await expect(machine.capture()).rejects.toThrow(AssertionError)
      await machine.restore(recut([good], 13), 9)
      expect(await shown(machine)).toEqual(['a=1@1', 'b=2@1'])
      expect(machine.appliedIndex).toBe(9)
    })

    it('restore - an error of the chunks is passed on, and their source is closed', async () => {
      let closed = 0
      async function* broken() {
        try {
          yield bytes('DBKV0002')
          throw new Error('the source broke')
        } finally {
          closed++
        }
      }
      async function* endless() {
        try {
          for (;;) yield bytes('nonsense')
        } finally {
          closed++
        }
      }
      await expect(machine.restore(broken(), 9)).rejects.toThrow('the source broke')
      await expect(machine.restore(endless(), 9)).rejects.toMatchObject({ code: 'KV_SNAPSHOT_INVALID' })
      expect(closed).toBe(2)
    })

    it('restart - after a restore that failed, nothing is left of either state', async () => {
      await run(machine, [put('a', '1')])
      await expect(machine.restore(recut([bytes('nonsense')], 3), 9)).rejects.toThrow()
      await restart()
      expect(machine.appliedIndex).toBe(0)
      expect(await shown(machine)).toEqual([])
      expect(await run(machine, [put('a', 'again')])).toMatchObject({ revision: 1, existed: [false] })
      await restart()
      expect(await shown(machine)).toEqual(['a=again@1'])
    })

    it('request - made again, it is not carried out again', async () => {
      expect(await machine.apply([item(1, [put('a', '1')], tag('r'))])).toEqual([wrote(1)])
      expect(await machine.apply([item(2, [put('a', '2')], tag('s'))])).toEqual([wrote(2, true)])
      expect(await machine.apply([item(3, [put('a', 'again')], tag('r'))])).toEqual([wrote(1)])
      await restart()
      expect(await machine.apply([item(4, [put('a', 'again')], tag('s'))])).toEqual([wrote(2, true)])
      expect(await shown(machine)).toEqual(['a=2@2'])
      expect(machine.appliedIndex).toBe(4)
    })

    it('request - made again within one batch', async () => {
      expect(
        await machine.apply([
          item(1, [put('a', '1')], tag('r')),
          item(2, [put('a', '2')]),
          item(3, [put('a', 'again'), del('b')], tag('r')),
          item(4, [swap('a', valueIs('2'), '3')], tag('s')),
          item(5, [swap('a', valueIs('2'), '3')], tag('s')),
          { index: 6, command: undefined, request: tag('t') },
        ]),
      ).toEqual([wrote(1), wrote(2, true), wrote(1), wrote(4, true), wrote(4, true), undefined])
      expect(await shown(machine)).toEqual(['a=3@4'])
    })

    it('request - one that failed is answered as it was, whatever is there by then', async () => {
      await run(machine, [put('a', '1')])
      const failing = [swap('a', valueIs('x'), 'y')]
      const conflict = {
        kind: 'done',
        index: 2,
        result: {
          kind: 'conflict',
          operation: 0,
          actual: { key: bytes('a'), value: bytes('1'), revision: 1 },
        },
      }
      expect(await machine.apply([item(2, failing, tag('r'))])).toEqual([conflict])
      await run(machine, [put('a', 'x')])
      expect(await machine.apply([item(4, failing, tag('r'))])).toEqual([conflict])

      const stray = { namespace: 'a::b', operations: [put('a', '1')] }
      const refused = await machine.apply([{ index: 5, command: stray, request: tag('s') }])
      expect(refused).toMatchObject([{ index: 5, result: { kind: 'invalid', code: 'NAMESPACE_INVALID' } }])
      await restart()
      expect(await machine.apply([{ index: 6, command: stray, request: tag('s') }])).toEqual(refused)
      expect(await shown(machine)).toEqual(['a=x@3'])
    })

    it('request - a result too large to keep is known to exist', async () => {
      const value = 'x'.repeat(LIMITS.outcomeBytesMax)
      await run(machine, [put('a', value)])
      const [first] = await machine.apply([item(2, [swap('a', absent, 'y')], tag('r'))])
      expect(first).toMatchObject({ kind: 'done', result: { actual: { value: bytes(value) } } })
      const before = { kind: 'done-before', index: 2 }
      expect(await machine.apply([item(3, [swap('a', absent, 'y')], tag('r'))])).toEqual([before])
      await restart()
      expect(
        await machine.apply([item(2, [], tag('r')), item(3, [], tag('r')), item(4, [del('a')], tag('r'))]),
      ).toEqual([before, before, before])
      expect(await machine.exists('default', bytes('a'))).toBe(true)
    })

    it('request - one that may have been forgotten is not carried out', async () => {
      for (let i = 1; i <= LIMITS.countMax + 1; i++) {
        await machine.apply([item(i, [put('a', `${i}`)], tag(`r${i}`, i - 1))])
      }
      await restart()
      const forgotten = { kind: 'forgotten' }
      expect(
        await machine.apply([
          item(6, [put('a', 'again')], tag('r1', 0)),
          item(7, [put('a', 'again')], tag('r2', 1)),
          item(8, [put('a', 'late')], tag('new', 0)),
          item(9, [put('b', 'new')], tag('new', 1)),
          item(10, [put('b', 'again')], tag('r2', 1)),
          item(11, [put('b', 'again')], tag('new', 1)),
        ]),
      ).toEqual([forgotten, wrote(2, true), forgotten, wrote(9), forgotten, wrote(9)])
      expect(await shown(machine)).toEqual(['a=5@5', 'b=new@9'])
    })

    it('request - forgotten when it is old, by the clock of the newest', async () => {
      await machine.apply([
        item(1, [put('a', '1')], tag('r1', 0, 5_000)),
        item(2, [put('a', '2')], tag('r2', 1, 5_500)),
      ])
      // Made again it does not count as new, and does not make others old either.
      await machine.apply([item(3, [put('a', '3')], tag('r1', 0, 99_000))])
      expect(await machine.apply([item(4, [put('b', '1')], tag('r4', 3, 6_100))])).toEqual([wrote(4)])
      await restart()
      expect(
        await machine.apply([item(5, [], tag('r1', 0, 6_100)), item(6, [], tag('r2', 1, 6_100))]),
      ).toEqual([{ kind: 'forgotten' }, wrote(2, true)])
    })

    it('request - replayed after a restart, each entry is answered as it was', async () => {
      const log = [
        item(1, [put('a', '1')], tag('r1', 0)),
        item(2, [put('a', '2')]),
        { index: 3, command: undefined },
        item(4, [put('a', 'again')], tag('r1', 0)),
        item(5, [put('b', '5')], tag('r5', 4)),
        item(6, [put('c', '6')], tag('r6', 5)),
      ]
      const answers = [wrote(1), undefined, undefined, wrote(1), wrote(5), wrote(6)]
      await machine.apply(log)
      expect(await machine.apply(log)).toEqual(answers)
      await restart()
      const next = [item(7, [put('d', '7')], tag('r7', 6)), item(8, [put('d', 'again')], tag('r5', 4))]
      expect(await machine.apply([...log, ...next])).toEqual([...answers, wrote(7), wrote(5)])
      await machine.apply([item(9, [put('e', '9')], tag('r9', 8))]) // and r1 is forgotten
      expect(await machine.apply([...log, ...next])).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        wrote(5),
        wrote(6),
        wrote(7),
        wrote(5),
      ])
      expect(await shown(machine)).toEqual(['a=2@2', 'b=5@5', 'c=6@6', 'd=7@7', 'e=9@9'])
    })

    it('request - one that was forgotten and carried out once more does not answer for its first time', async () => {
      await machine.apply([item(1, [put('a', '1')], tag('named', 0))])
      for (let i = 2; i <= LIMITS.countMax + 1; i++) await machine.apply([item(i, [], tag(`r${i}`, i - 1))])
      // Its caller came back too late, and the node that was asked vouched for a newer index.
      const again = item(9, [put('a', '2')], tag('named', 8))
      expect(await machine.apply([again])).toEqual([wrote(9, true)])
      await restart()
      expect(await machine.apply([item(1, [put('a', '1')], tag('named', 0)), again])).toEqual([
        undefined,
        wrote(9, true),
      ])
      expect(await shown(machine)).toEqual(['a=2@9'])
    })

    it('request - outcomes are in no namespace', async () => {
      await machine.apply([item(1, [put('a', '1')], tag('r'))])
      for (const namespace of ['meta', 'history', 'outcome']) {
        expect((await machine.list(namespace)).entries).toEqual([])
        await run(machine, [put('history::forgotten', 'x'), del('history::outcome::')], namespace)
      }
      await restart()
      expect(await machine.apply([item(5, [], tag('r'))])).toEqual([wrote(1)])
    })

    it('request - outcomes go with a capture, and a restore replaces them', async () => {
      for (let i = 1; i <= 6; i++) await machine.apply([item(i, [put(`k${i}`, '')], tag(`r${i}`, i - 1))])
      const chunks = [await captured(machine)]
      await machine.apply([item(7, [put('k7', '')], tag('r7', 6)), item(8, [put('k8', '')], tag('r8', 7))])
      await machine.restore(recut(chunks, 11), 8)
      const check = async (next: number) => {
        expect(
          await machine.apply([
            item(next, [put('a', 'again')], tag('r2', 1)),
            item(next + 1, [put('a', 'again')], tag('r3', 2)),
            item(next + 2, [put('a', 'again')], tag('r6', 5)),
          ]),
        ).toEqual([{ kind: 'forgotten' }, wrote(3), wrote(6)])
      }
      await check(9)
      await restart()
      await check(12)
      expect(await captured(machine)).toEqual(chunks[0])
      expect(await machine.apply([item(15, [put('k7', '')], tag('r7', 6))])).toEqual([wrote(15)])
    })

    it('restore - what is no history is refused', async () => {
      for (let i = 1; i <= 5; i++) await machine.apply([item(i, [], tag(`r${i}`, i - 1))])
      const good = await captured(machine)
      const refused = (bad: Uint8Array) =>
        expect(machine.restore(recut([bad], 50), 9)).rejects.toMatchObject({ code: 'KV_SNAPSHOT_INVALID' })
      const changed = (find: string, at: number, byte: number) => {
        const bad = Uint8Array.from(good)
        expect(good.includes(find)).toBe(true)
        bad[good.indexOf(find) + at] = byte
        return bad
      }
      const outcome = 'meta::history::outcome::'
      await refused(changed('forgotten', 1, 0x61)) // an unknown key
      await refused(changed('forgotten', 9 + 7, 0)) // nothing was forgotten, after all
      await refused(changed('forgotten', 9 + 7, 2)) // an outcome behind which all is forgotten
      await refused(changed(outcome, 24 + 7, 1)) // an index that was forgotten
      await refused(changed('\x05r5.....', 0, 6)) // another index in the key
      await refused(changed('r3.....', 1, 0x32)) // an id that is there twice
      await refused(changed('r2.....', 16 + 16 + 3, 13 + 1)) // another length of the result
      await refused(changed('r2.....', 16 + 16 + 4, 9)) // a result of no kind
      await machine.restore(recut([changed('r2.....', 1, 0x39)], 50), 9)
      expect(await machine.apply([item(10, [], tag('r9', 1))])).toMatchObject([{ kind: 'done', index: 2 }])
    })

    it('digest - is that of a capture, at any index', async () => {
      const sha256 = async () =>
        createHash('sha256')
          .update(await captured(machine))
          .digest('hex')
      const empty = await machine.digest()
      expect(empty).toEqual({ index: 0, digest: await sha256() })
      await machine.apply([{ index: 3, command: undefined }])
      expect(await machine.digest()).toEqual({ index: 3, digest: empty.digest })
      const digests = new Set([empty.digest])
      const next = async (operations: KvOperation[], request?: RequestTag) => {
        await machine.apply([item(machine.appliedIndex + 1, operations, request)])
        const { index, digest } = await machine.digest()
        expect([index, digest]).toEqual([machine.appliedIndex, await sha256()])
        return digest
      }
      for (const operations of [[put('a', '1')], [put('a', '1')], [put('b', '1')]]) {
        digests.add(await next(operations))
      }
      digests.add(await next([del('c')], tag('r')))
      expect(digests.size).toBe(5)
      expect(digests).toContain(await next([del('c')]))
      expect(digests).toContain(await next([del('a')], tag('r')))
      await restart()
      expect(digests).toContain((await machine.digest()).digest)
    })

    it('digest - of its moment, whatever comes later', async () => {
      for (let i = 0; i < 20; i++) {
        const value = new Uint8Array(30_000).fill(i)
        await run(machine, [{ kind: 'put', key: bytes(`k${i}`), value }])
      }
      const chunks = [await captured(machine)]
      const first = await machine.digest()
      const second = machine.digest()
      await run(machine, [put('k0', 'changed'), del('k19')])
      const third = machine.digest()
      await machine.restore(recut(chunks, 100_000), 30)
      expect(await second).toEqual(first)
      expect((await third).digest).not.toBe(first.digest)
      expect(await machine.digest()).toEqual({ index: 30, digest: first.digest })
    })

    it('digest - begins between changes only', async () => {
      const applied = run(machine, [put('a', '1')])
      await expect(machine.digest()).rejects.toThrow(AssertionError)
      await applied
      await expect(machine.restore(recut([bytes('nonsense')], 3), 9)).rejects.toThrow()
      await expect(machine.digest()).rejects.toThrow(AssertionError)
    })

    it('digest - ended by stop', async () => {
      await run(machine, [put('a', '1')])
      const digest = machine.digest()
      const stopped = machine.stop()
      await expect(digest).rejects.toMatchObject({ code: 'KV_NOT_RUNNING', retryable: true })
      await stopped
      await expect(machine.digest()).rejects.toMatchObject({ code: 'KV_NOT_RUNNING' })
      await machine.start()
      expect((await machine.digest()).index).toBe(1)
    })

    it('lifecycle - start and stop may be repeated, and nothing works in between', async () => {
      await Promise.all([machine.start(), machine.start()])
      await Promise.all([machine.stop(), machine.stop()])
      await machine.stop()
      const refused = { code: 'KV_NOT_RUNNING', outcome: 'not-applied' }
      await expect(machine.get('default', bytes('a'))).rejects.toMatchObject(refused)
      await expect(machine.list('default')).rejects.toMatchObject(refused)
      await expect(machine.apply([])).rejects.toMatchObject(refused)
      await expect(machine.capture()).rejects.toMatchObject(refused)
      const stopped = [machine.start(), machine.stop(), machine.start()]
      await Promise.all(stopped)
      await run(machine, [put('a', '1')])
      expect(await shown(machine)).toEqual(['a=1@1'])
    })

    it('lifecycle - stop waits for the change under way', async () => {
      const applied = run(machine, [put('a', '1')])
      await restart()
      expect(await applied).toMatchObject({ kind: 'applied' })
      expect(await shown(machine)).toEqual(['a=1@1'])
    })
  })
}

function cursorOf({ cursor }: { readonly cursor: Uint8Array | undefined }): KvListOptions {
  return { cursor: cursor ?? expect.unreachable('there is another page') }
}
