/**
 * Acknowledged means synced on a majority. Real nodes on real directories, in one process, with their
 * disks watched (watched-disks.ts): this is what shows that syncs are asked for and waited for, which no
 * killing of processes can, as the system keeps what a killed process has written. What happens when the
 * unsynced is really lost, the simulator plays: its disk forgets it (src/testing/sim/disk.ts).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type * as LevelModule from 'level'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPrng } from '../../src/base/index.ts'
import { startCluster, type TestCluster, type TestNode } from '../../src/testing/index.ts'
import { marker } from './watched-disks.ts'

const TIMEOUT_MS = 60_000
const MAJORITY = 2

const disks = await vi.hoisted(async () => new (await import('./watched-disks.ts')).WatchedDisks())

vi.mock('level', async (importOriginal) => {
  const original = await importOriginal<typeof LevelModule>()
  const { watchedLevel } = await import('./watched-disks.ts')
  return { ...original, Level: watchedLevel(original.Level, disks) }
})

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'debros-durability-'))
})

afterEach(async () => {
  disks.reset()
  await rm(directory, { recursive: true, force: true })
})

async function startWatched(): Promise<TestCluster> {
  const cluster = await startCluster({ directory, http: true, raft: { snapshotEntries: 200 } })
  const { database } = (cluster.nodes[0] as TestNode).node
  await database.execute(['CREATE TABLE t (v TEXT PRIMARY KEY)'])
  await cluster.converged()
  return cluster
}

/** Ways to write, each with what it says when the write was acknowledged: true if it was. */
type Write = (node: TestNode, value: string) => Promise<boolean>

function overHttp(path: string): Write {
  return async ({ node }, value) => {
    const response = await fetch(`${node.apiUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([['INSERT INTO t VALUES (?)', value]]),
    })
    return response.ok && !(await response.text()).includes('"error"')
  }
}

const putKey: Write = async ({ node }, value) => {
  const bytes = new TextEncoder().encode(value)
  await node.storage.put(bytes, bytes)
  return true
}

const WRITES: readonly Write[] = [
  overHttp('/db/execute'),
  overHttp('/db/request?transaction'),
  overHttp('/db/execute?queue&wait'),
  putKey,
]

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(1)
}

describe('durability', () => {
  test.each([
    ['both followers are', [1, 2]],
    ['the leader and a follower are', [0, 1]],
  ])(
    'durability - nothing is acknowledged while %s still syncing',
    { timeout: TIMEOUT_MS },
    async (_, held) => {
      await using cluster = await startWatched()
      const first = await cluster.leader()
      const nodes = [first, (first + 1) % 3, (first + 2) % 3].map((i) => cluster.nodes[i] as TestNode)
      const [leader] = nodes as [TestNode]
      for (const [number, write] of WRITES.entries()) {
        const value = marker(number)
        const slow = held.map((i) => (nodes[i] as TestNode).id)
        for (const id of slow) disks.hold(id)
        let acknowledged = false
        const writing = write(leader, value).then((done) => {
          acknowledged = done
        })
        const arrived = nodes.map(({ id }) => disks.disk(id)[slow.includes(id) ? 'begun' : 'synced'])
        await until(() => arrived.every((markers) => markers.has(value)))
        // Goes to all nodes and back, behind whatever they may have said of the write.
        for (let round = 0; round < 3; round++) await leader.node.cluster.sync()
        expect(acknowledged, value).toBe(false)

        disks.release(slow[0] as string)
        await writing
        expect(acknowledged, value).toBe(true)
        expect(disks.holders(value).length, value).toBeGreaterThanOrEqual(MAJORITY)
        disks.release(slow[1] as string)
        await cluster.converged()
      }
      expect(disks.unsynced).toBe(0)
    },
  )

  test('durability - under load and over a change of leaders, acknowledged means synced on a majority', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using cluster = await startWatched()
    disks.slowness = { prng: createPrng(1), msMax: 15 }
    const early: string[] = []
    let [acknowledged, next] = [0, 0]
    let goal = 0
    const writer = async (write: Write): Promise<void> => {
      while (acknowledged < goal) {
        const value = marker(next++)
        const running = cluster.nodes.filter((node) => node.running)
        const done = await write(running[next % running.length] as TestNode, value).catch(() => false)
        if (!done) continue
        acknowledged++
        const holders = disks.holders(value)
        if (holders.length < MAJORITY) early.push(`${value} was on ${holders.join() || 'no disk'}`)
      }
    }
    const writeMore = async (count: number): Promise<void> => {
      goal = acknowledged + count
      await Promise.all([...WRITES, ...WRITES, ...WRITES].map(writer))
    }
    await writeMore(400)
    await cluster.kill(await cluster.leader())
    await writeMore(200)

    expect(early).toEqual([])
    // Nor was a term, a vote or the record of a snapshot written without.
    expect(disks.unsynced).toBe(0)
  })
})
