/** Clients that take their time, or go away, in the middle of a large answer. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { useCluster } from '../harness/cluster.ts'
import { open } from '../harness/http.ts'
import { residentMiB } from '../harness/memory.ts'

const suite = useCluster()
/** A worker's memory does not shrink: after a few such answers it stays where it is, about 900. */
const RESIDENT_MIB_MAX = 2_000
const LARGE =
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i, hex(zeroblob(60)) AS v FROM n'

async function collected(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

describe('answers', { timeout: 120_000 }, () => {
  test('readers that stop reading do not hold up others, and memory is bounded', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    const url = `${leader.url}/db/query?level=weak&q=${encodeURIComponent(LARGE)}`
    // Nobody reads what these are sent, beyond their headers.
    const slow = await Promise.all(Array.from({ length: 6 }, () => open(url, { timeoutMs: 110_000 })))
    expect(
      slow.map(({ statusCode }) => statusCode).filter((status) => status !== 200 && status !== 503),
    ).toEqual([])
    expect(slow.map(({ statusCode }) => statusCode)).toContain(200)
    await leader.execute(['CREATE TABLE IF NOT EXISTS beside (v)'])
    for (let i = 0; i < 50; i++) {
      expect(await leader.execute([`INSERT INTO beside VALUES(${i})`])).toContain('rows_affected')
      expect(await leader.query(['SELECT count(*) FROM beside'], 'level=linearizable')).toContain(
        `[[${i + 1}]]`,
      )
    }
    const resident = await residentMiB(cluster.process(leader))
    if (resident !== undefined) expect(resident).toBeLessThan(RESIDENT_MIB_MAX)
    // In the end each gets all of it.
    for (const response of slow) {
      const text = await collected(response)
      if (response.statusCode !== 200) continue
      const { results } = JSON.parse(text)
      expect(results[0].values).toHaveLength(200_000)
    }
  })

  test('readers that go away leave nothing behind', async () => {
    const { cluster } = suite
    const [node] = cluster.nodes
    const url = `${node!.url}/db/query?q=${encodeURIComponent(LARGE)}`
    for (let i = 0; i < 12; i++) {
      const response = await open(url)
      await once(response, 'readable')
      response.destroy()
    }
    expect(await node!.query(['SELECT 1'], 'level=strong')).toContain('[[1]]')
    const resident = await residentMiB(cluster.process(node!))
    if (resident !== undefined) expect(resident).toBeLessThan(RESIDENT_MIB_MAX)
  })
})
