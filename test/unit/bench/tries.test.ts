import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { longestGap } from '../../../bench/load/tries.ts'
import type { ClusterNode } from '../../../bench/systems/types.ts'

/** A node that acknowledges what it is told to. */
async function withNode<T>(
  acknowledges: () => boolean,
  run: (node: ClusterNode, asked: number[]) => Promise<T>,
): Promise<T> {
  const asked: number[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk))
    request.on('end', () => {
      const [[, value]] = JSON.parse(text) as [[string, number]]
      asked.push(value)
      response.statusCode = acknowledges() ? 200 : 503
      response.end(JSON.stringify({ results: [] }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    // Of a node, nothing but its address is used.
    return await run({ address: `127.0.0.1:${port}` } as ClusterNode, asked)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('tries - only what was acknowledged counts, each value once', async () => {
  let up = true
  await withNode(
    () => up,
    async (node, asked) => {
      const refused: number[] = []
      const { acknowledged, ms } = await longestGap({ api: 'rqlite', nodes: [node] }, async () => {
        while (asked.length < 3) await new Promise(setImmediate)
        up = false
        const from = asked.length
        while (asked.length < from + 3) await new Promise(setImmediate)
        refused.push(...asked.slice(from))
        up = true
      })
      expect(refused).toHaveLength(3)
      expect(acknowledged.filter((value) => refused.includes(value))).toEqual([])
      expect(new Set(acknowledged).size).toBe(acknowledged.length)
      // One was begun after all that was refused.
      expect(Math.max(...acknowledged)).toBeGreaterThan(Math.max(...refused))
      expect(ms).toBeGreaterThan(0)
    },
  )
})

test('tries - what happens to the leader may fail, and then there is no number', async () => {
  await withNode(
    () => true,
    async (node) => {
      const failing = longestGap({ api: 'rqlite', nodes: [node] }, () =>
        Promise.reject(new Error('no such process')),
      )
      await expect(failing).rejects.toThrow('no such process')
    },
  )
})
