/** What every log store must do, whatever it stores in. Call it inside a test file. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AssertionError } from '../../src/base/index.ts'
import type {
  ClusterConfig,
  Entry,
  LogStore,
  LogWrite,
  SnapshotMeta,
  StoredLog,
} from '../../src/raft/index.ts'

export interface LogStoreFixture {
  /** A log store that was not loaded yet, over what the one before it left. @default group 1 */
  open(groupId?: number): Promise<LogStore>
  close(): Promise<void>
}

export const CONFIG: ClusterConfig = {
  voters: ['a', 'b'],
  outgoing: [],
  learners: ['ç'],
  members: [
    { id: 'a', peerId: 'peer-a', address: 'a.example:4001', voter: true },
    { id: 'b', peerId: 'peer-b', address: '[::1]:4001', voter: true },
    { id: 'ç', peerId: 'peer-c', address: '10.0.0.3:4001', voter: false },
  ],
}

export function command(index: number, term: number, text = `${index}@${term}`): Entry {
  return { index, term, kind: 'command', data: new TextEncoder().encode(text), config: undefined }
}

export function commands(from: number, to: number, term: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => command(from + i, term))
}

export function snapshotAt(index: number, term: number): SnapshotMeta {
  return { index, term, config: CONFIG, configIndex: Math.min(index, 1) }
}

export function write(log: LogStore, batch: Partial<LogWrite>): Promise<void> {
  const full = { hardState: undefined, snapshot: undefined, entries: [], ...batch }
  return new Promise((resolve, reject) => log.write(full, (error) => (error ? reject(error) : resolve())))
}

export function load(log: LogStore): Promise<StoredLog | undefined> {
  return new Promise((resolve, reject) =>
    log.load((error, stored) => (error ? reject(error) : resolve(stored))),
  )
}

export function compact(log: LogStore, snapshot: SnapshotMeta, through: number): Promise<void> {
  return new Promise((resolve, reject) =>
    log.compact(snapshot, through, (error) => (error ? reject(error) : resolve())),
  )
}

/** Entries without their cached record, to compare by content. */
export function bare(entries: readonly Entry[] | undefined): Omit<Entry, 'record'>[] {
  return (entries ?? []).map(({ index, term, kind, data, config }) => ({ index, term, kind, data, config }))
}

export function logStoreConformance(name: string, createFixture: () => Promise<LogStoreFixture>): void {
  describe(`log store on ${name}`, () => {
    let fixture: LogStoreFixture
    beforeEach(async () => {
      fixture = await createFixture()
    })
    afterEach(() => fixture.close())

    const opened = async (groupId?: number) => {
      const log = await fixture.open(groupId)
      await load(log)
      return log
    }
    const reload = async (groupId?: number) => load(await fixture.open(groupId))

    it('load - a new store holds nothing', async () => {
      expect(await reload()).toBeUndefined()
    })

    it('write - hard state and entries of every kind come back', async () => {
      const entries: Entry[] = [
        { index: 1, term: 1, kind: 'config', data: new Uint8Array(0), config: CONFIG },
        { index: 2, term: 3, kind: 'noop', data: new Uint8Array(0), config: undefined },
        command(3, 3),
        command(4, 3, ''),
      ]
      await write(await opened(), { hardState: { term: 3, vote: 'ä' }, entries })
      const stored = await reload()
      expect(stored?.hardState).toEqual({ term: 3, vote: 'ä' })
      expect(stored?.snapshot).toBeUndefined()
      expect(bare(stored?.entries)).toEqual(bare(entries))
    })

    it('write - a hard state alone is kept, and later writes keep it', async () => {
      const log = await opened()
      await write(log, { hardState: { term: 7, vote: undefined } })
      expect((await reload())?.hardState).toEqual({ term: 7, vote: undefined })
      await write(log, { entries: [command(1, 7)] })
      expect((await reload())?.hardState).toEqual({ term: 7, vote: undefined })
    })

    it('write - large numbers and large entries survive', async () => {
      const term = 2 ** 40 + 1
      const data = new Uint8Array(1024 * 1024).fill(0xa5)
      const entry: Entry = { index: 2 ** 45, term, kind: 'command', data, config: undefined }
      await write(await opened(), {
        hardState: { term, vote: 'a' },
        snapshot: snapshotAt(2 ** 45 - 1, 1),
        entries: [entry],
      })
      expect(bare((await reload())?.entries)).toEqual(bare([entry]))
    })

    it('write - a replaced suffix leaves nothing behind', async () => {
      const log = await opened()
      await write(log, { hardState: { term: 1, vote: 'a' }, entries: commands(1, 10, 1) })
      await write(log, { hardState: { term: 2, vote: 'b' }, entries: commands(4, 5, 2) })
      expect(bare((await reload())?.entries)).toEqual(bare([...commands(1, 3, 1), ...commands(4, 5, 2)]))
      await write(log, { entries: commands(6, 7, 2) })
      expect((await reload())?.entries.at(-1)?.index).toBe(7)
    })

    it('write - an installed snapshot replaces the whole log', async () => {
      const log = await opened()
      await write(log, { hardState: { term: 1, vote: undefined }, entries: commands(1, 10, 1) })
      await write(log, { hardState: { term: 4, vote: undefined }, snapshot: snapshotAt(6, 3) })
      const stored = await reload()
      expect(stored?.snapshot).toEqual(snapshotAt(6, 3))
      expect(stored?.entries).toEqual([])
      await write(log, { entries: commands(7, 8, 4) })
      expect(bare((await reload())?.entries)).toEqual(bare(commands(7, 8, 4)))
    })

    it('write - a snapshot and the entries after it may come in one write', async () => {
      const log = await opened()
      await write(log, { entries: commands(1, 3, 1) })
      await write(log, { snapshot: snapshotAt(100, 2), entries: commands(101, 102, 2) })
      expect(bare((await reload())?.entries)).toEqual(bare(commands(101, 102, 2)))
    })

    it('compact - keeps what is asked to be kept', async () => {
      const log = await opened()
      await write(log, { hardState: { term: 1, vote: 'b' }, entries: commands(1, 10, 1) })
      await compact(log, snapshotAt(8, 1), 5)
      const stored = await reload()
      expect(stored?.hardState).toEqual({ term: 1, vote: 'b' })
      expect(stored?.snapshot).toEqual(snapshotAt(8, 1))
      expect(bare(stored?.entries)).toEqual(bare(commands(6, 10, 1)))
    })

    it('compact - everything may go, and the log goes on', async () => {
      const log = await opened()
      await write(log, { entries: commands(1, 4, 1) })
      await compact(log, snapshotAt(4, 1), 4)
      expect((await reload())?.entries).toEqual([])
      await write(log, { entries: commands(5, 6, 2) })
      expect(bare((await reload())?.entries)).toEqual(bare(commands(5, 6, 2)))
    })

    it('compact - nothing may go: only the snapshot is recorded', async () => {
      const log = await opened()
      await write(log, { entries: commands(1, 4, 1) })
      await compact(log, snapshotAt(3, 1), 0)
      const stored = await reload()
      expect(stored?.snapshot?.index).toBe(3)
      expect(bare(stored?.entries)).toEqual(bare(commands(1, 4, 1)))
    })

    it('compact - a long log goes in several steps', async () => {
      const log = await opened()
      await write(log, { entries: commands(1, 20_500, 1) })
      await compact(log, snapshotAt(20_490, 1), 20_480)
      expect(bare((await reload())?.entries)).toEqual(bare(commands(20_481, 20_500, 1)))
    })

    it('groups - logs of one store do not see each other', async () => {
      const one = await opened(1)
      const two = await opened(2)
      await write(one, { hardState: { term: 1, vote: 'a' }, entries: commands(1, 3, 1) })
      await write(two, { hardState: { term: 9, vote: 'b' }, entries: commands(1, 2, 9) })
      await write(one, { snapshot: snapshotAt(5, 1) })
      expect((await reload(1))?.entries).toEqual([])
      expect((await reload(2))?.hardState).toEqual({ term: 9, vote: 'b' })
      expect(bare((await reload(2))?.entries)).toEqual(bare(commands(1, 2, 9)))
      expect(await reload(3)).toBeUndefined()
    })

    it('rules - a call that breaks them throws and changes nothing', async () => {
      const log = await fixture.open()
      const never = () => expect.unreachable('a refused call does not call back')
      const refused = (batch: Partial<LogWrite>) =>
        expect(() =>
          log.write({ hardState: undefined, snapshot: undefined, entries: [], ...batch }, never),
        ).toThrow(AssertionError)

      refused({ hardState: { term: 1, vote: 'a' } }) // not loaded yet
      await load(log)
      await write(log, { hardState: { term: 5, vote: 'a' }, entries: commands(1, 9, 4) })
      await compact(log, snapshotAt(6, 4), 3)
      const before = await reload()

      refused({ entries: [command(11, 5)] }) // leaves a hole
      refused({ entries: [command(10, 5), command(12, 5)] }) // has a hole
      refused({ entries: [command(10, 5), command(11, 4)] }) // terms go back inside
      refused({ entries: [command(10, 3)] }) // terms go back at the seam
      refused({ entries: [command(10, 6)] }) // of a term to come
      refused({ entries: [command(6, 5)] }) // cuts what the snapshot covers
      refused({ hardState: { term: 4, vote: 'a' } })
      refused({ hardState: { term: 5, vote: 'b' } })
      refused({ hardState: { term: 5, vote: undefined } })
      refused({ snapshot: snapshotAt(5, 4) })
      expect(() => log.compact(snapshotAt(5, 4), 5, never)).toThrow(AssertionError)
      expect(() => log.compact(snapshotAt(10, 4), 5, never)).toThrow(AssertionError)
      expect(() => log.compact(snapshotAt(7, 4), 8, never)).toThrow(AssertionError)

      expect(await reload()).toEqual(before)
      await write(log, { hardState: { term: 6, vote: 'b' }, entries: [command(10, 6)] })
      expect((await reload())?.entries.at(-1)?.index).toBe(10)
    })

    it('rules - one call at a time', async () => {
      const log = await opened()
      const first = write(log, { entries: [command(1, 1)] })
      await expect(write(log, { entries: [command(2, 1)] })).rejects.toThrow(AssertionError)
      await first
      await write(log, { entries: [command(2, 1)] })
      expect((await reload())?.entries).toHaveLength(2)
    })

    it('callbacks - never from inside the call', async () => {
      const log = await fixture.open()
      for (const call of [
        (done: () => void) => log.load(done),
        (done: () => void) => log.write({ hardState: undefined, snapshot: undefined, entries: [] }, done),
        (done: () => void) => log.compact(snapshotAt(0, 0), 0, done),
      ]) {
        let returned = false
        await new Promise<void>((resolve) => {
          call(() => {
            expect(returned).toBe(true)
            resolve()
          })
          returned = true
        })
      }
    })
  })
}
