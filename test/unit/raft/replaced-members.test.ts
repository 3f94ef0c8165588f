import { expect, test } from 'vitest'
import { createPrng, silentLogger } from '../../../src/base/index.ts'
import {
  type Entry,
  type Member,
  type Message,
  RaftDriver,
  resolveRaftSettings,
} from '../../../src/raft/index.ts'

function member(id: string, peerId = `key of ${id}`): Member {
  return { id, peerId, address: `${id}:1`, voter: true }
}

/** Node a, whose log names a, b and c, and which nobody has talked to; it sends into the void. */
function candidate(): { driver: RaftDriver; sent: Message[]; told: string[]; tick: () => void } {
  const sent: Message[] = []
  const deferred: (() => void)[] = []
  const told: string[] = []
  let tick = () => {}
  const members = ['a', 'b', 'c'].map((id) => member(id))
  const config = { voters: ['a', 'b', 'c'], outgoing: [], learners: [], members }
  const founding: Entry = { index: 1, term: 1, kind: 'config', data: new Uint8Array(0), config }
  const driver = new RaftDriver(
    {
      clock: {
        now: () => 0,
        every: (_, run) => {
          tick = run
          return { cancel: () => {} }
        },
        after: () => ({ cancel: () => {} }),
        defer: (run) => {
          deferred.push(run)
        },
      },
      logStore: {
        load: (done) =>
          done(undefined, {
            hardState: { term: 1, vote: undefined },
            snapshot: undefined,
            entries: [founding],
          }),
        write: (_, done) => done(undefined),
        compact: (_snapshot, _through, done) => done(undefined),
      },
      snapshots: { save: () => {}, retain: () => {} },
      stateMachine: { apply: () => {}, capture: () => {}, restore: (_, done) => done(undefined) },
      transport: {
        send: (message) => sent.push(message),
        sendSnapshot: () => {},
        setMembers: (known) => told.splice(0, told.length, ...known.map(({ peerId }) => peerId)),
      },
      prng: createPrng(1),
      logger: silentLogger,
    },
    {
      id: 'a',
      peerId: member('a').peerId,
      settings: resolveRaftSettings({}),
      onFatal: (error) => {
        throw error
      },
    },
  )
  driver.start(() => {})
  const run = (): void => {
    while (deferred.length > 0) deferred.shift()?.()
  }
  return {
    driver,
    sent,
    told,
    tick: () => {
      tick()
      run()
    },
  }
}

test('driver - a vote counts only under the key that the log knows', () => {
  const { driver, sent, tick } = candidate()
  while (driver.role !== 'pre-candidate') tick()
  // b has lost its disk, and is a member under a new key; c is who it was.
  driver.learnMembers([member('a'), member('b', 'another key'), member('c')])
  const grant = (from: string): void => {
    driver.receive({ type: 'pre-vote-response', from, to: 'a', term: 2, granted: true })
    tick()
  }
  grant('b')
  expect(driver.role).toBe('pre-candidate')
  grant('c')
  expect(driver.role).toBe('candidate')
  expect(sent.filter(({ type }) => type === 'vote')).toHaveLength(2)
})

test('driver - what was learned from a node that is behind counts for nothing once this one leads', () => {
  const { driver, told, tick } = candidate()
  while (driver.role !== 'pre-candidate') tick()
  // As it was before a and c had lost their disks.
  const outdated = [member('a', 'old key of a'), member('b'), member('c', 'old key of c')]
  driver.learnMembers(outdated)
  expect(told).toEqual(['old key of a', 'key of b', 'old key of c'])
  for (const type of ['pre-vote-response', 'vote-response'] as const) {
    driver.receive({ type, from: 'b', to: 'a', term: 2, granted: true })
    tick()
  }
  expect(driver.role).toBe('leader')
  expect(told).toEqual(['key of a', 'key of b', 'key of c'])
  driver.learnMembers(outdated) // it was asked for before
  expect(told).toEqual(['key of a', 'key of b', 'key of c'])
})
