/** What every key-value machine must do, whatever it stores in. Call it inside a test file. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AssertionError } from '../../src/base/index.ts'
import {
  KV_LIST_LIMIT_MAX,
  KV_PAGE_BYTES_MAX,
  type KvExpectation,
  type KvListOptions,
  type KvMachine,
  type KvOperation,
  type KvResult,
} from '../../src/kv/index.ts'

export interface KvFixture {
  /** A machine over what the one before it left, not started. */
  create(): KvMachine
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

/** Applies one command at the next index. */
export async function run(
  machine: KvMachine,
  operations: KvOperation[],
  namespace = 'default',
): Promise<KvResult> {
  const [result] = await machine.apply([
    { index: machine.appliedIndex + 1, command: { namespace, operations } },
  ])
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
      machine = fixture.create()
      await machine.start()
    })
    afterEach(async () => {
      await machine.stop()
      await fixture.close()
    })

    const restart = async () => {
      await machine.stop()
      machine = fixture.create()
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
      const command = (index: number, ...operations: KvOperation[]) => ({
        index,
        command: { namespace: 'default', operations },
      })
      const results = await machine.apply([
        command(1, put('a', '1')),
        command(2, swap('a', valueIs('1'), '2')),
        { index: 3, command: undefined },
        command(4, swap('a', valueIs('1'), '3')),
        command(5, del('a')),
        command(6, swap('a', absent, '4')),
        { index: 7, command: { namespace: 'other', operations: [swap('a', absent, '5')] } },
        { index: 8, command: undefined },
      ])
      expect(results).toMatchObject([
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
      const again = { namespace: 'default', operations: [put('a', 'again')] }
      expect(
        await machine.apply([
          { index: 1, command: again },
          { index: 2, command: again },
          { index: 3, command: { namespace: 'default', operations: [put('b', '3')] } },
        ]),
      ).toEqual([undefined, undefined, { kind: 'applied', revision: 3, existed: [false] }])
      expect(await machine.apply([{ index: 3, command: again }])).toEqual([undefined])
      expect(await machine.apply([])).toEqual([])
      expect(await shown(machine)).toEqual(['a=2@2', 'b=3@3'])
    })

    it('apply - a batch out of order is a bug', async () => {
      const item = (index: number) => ({ index, command: undefined })
      await expect(machine.apply([item(2), item(1)])).rejects.toThrow(AssertionError)
      await expect(machine.apply([item(2), item(2)])).rejects.toThrow(AssertionError)
      expect(machine.appliedIndex).toBe(0)
    })

    it('apply - one call at a time', async () => {
      const first = machine.apply([{ index: 1, command: undefined }])
      await expect(machine.apply([{ index: 2, command: undefined }])).rejects.toThrow(AssertionError)
      await expect(machine.capture()).rejects.toThrow(AssertionError)
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
          yield bytes('DBKV0001')
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
