import { expect, test } from 'vitest'
import { initialConfig } from '../../../src/raft/core/config.ts'
import type { Entry, Message, Ready, SnapshotMeta } from '../../../src/raft/core/types.ts'
import { WriteQueue } from '../../../src/raft/write-queue.ts'
import { command, memberNamed } from './driver-bench.ts'

function ready(seq: number, parts: Partial<Ready> = {}): Ready {
  return {
    seq,
    hardState: undefined,
    snapshot: undefined,
    entries: [],
    messages: [],
    messagesAfterPersist: [],
    committed: [],
    reads: [],
    readsAborted: [],
    ...parts,
  }
}

function acknowledgement(index: number): Message {
  return {
    type: 'append-response',
    from: 'a',
    to: 'b',
    term: 2,
    index,
    reject: false,
    hintIndex: 0,
    hintTerm: 0,
  }
}

const places = (entries: readonly Entry[] | undefined): string[] =>
  (entries ?? []).map(({ index, term }) => `${index}/${term}`)

const snapshot: SnapshotMeta = {
  index: 9,
  term: 3,
  config: initialConfig([memberNamed('a')]),
  configIndex: 1,
}

test('write queue - what comes while a write is under way becomes one write', () => {
  const queue = new WriteQueue()
  queue.add(ready(1, { entries: [command(1, 1)] }))
  expect(queue.begin()?.seq).toBe(1)
  queue.add(ready(2, { hardState: { term: 2, vote: undefined }, entries: [command(2, 2)] }))
  queue.add(ready(3, { hardState: { term: 2, vote: 'b' }, entries: [command(3, 2)] }))
  expect(queue.begin()).toBeUndefined()
  queue.finish()
  const write = queue.begin()
  expect(write).toMatchObject({ seq: 3, hardState: { term: 2, vote: 'b' } })
  expect(places(write?.entries)).toEqual(['2/2', '3/2'])
})

test('write queue - entries that are replaced before they were written are not written', () => {
  const queue = new WriteQueue()
  queue.add(ready(1, { entries: [command(4, 1), command(5, 1), command(6, 1)] }))
  queue.add(ready(2, { entries: [command(5, 2)] }))
  expect(places(queue.begin()?.entries)).toEqual(['4/1', '5/2'])
})

test('write queue - nor are those that a snapshot replaces; those behind it are', () => {
  const queue = new WriteQueue()
  queue.add(ready(1, { entries: [command(4, 1), command(5, 1)] }))
  queue.add(ready(2, { snapshot }))
  queue.add(ready(3, { entries: [command(10, 3)] }))
  const write = queue.begin()
  expect(write?.snapshot).toBe(snapshot)
  expect(places(write?.entries)).toEqual(['10/3'])
})

test('write queue - messages wait for the newest write there is, and for none if there is none', () => {
  const queue = new WriteQueue()
  const vouching = (index: number): Partial<Ready> => ({ messagesAfterPersist: [acknowledgement(index)] })
  expect(queue.add(ready(0, vouching(1)))).toEqual([acknowledgement(1)])
  queue.add(ready(1, { entries: [command(2, 2)], ...vouching(2) }))
  const first = queue.begin()
  expect(queue.add(ready(0, vouching(3)))).toEqual([])
  expect(first?.messages).toEqual([acknowledgement(2), acknowledgement(3)])
  queue.add(ready(2, { entries: [command(3, 2)] }))
  expect(queue.add(ready(0, vouching(4)))).toEqual([])
  queue.finish()
  expect(queue.begin()?.messages).toEqual([acknowledgement(4)])
  queue.finish()
  expect(queue.idle).toBe(true)
})
