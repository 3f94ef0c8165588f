/** The load generator, as the process it is, against a server that answers as it is told. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../../bench/load/run-load.ts'
import { post } from '../../../bench/load/templates.ts'
import type { LoadPlan } from '../../../bench/load/types.ts'

async function loadOn(answer: RequestListener, plan: Partial<LoadPlan> = {}) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return await runLoad(
    {
      addresses: [`127.0.0.1:${port}`],
      clients: 4,
      seconds: 1,
      warmUpSeconds: 0.1,
      requests: [{ template: post('/a', ['000000000000']), weight: 1 }],
      ...plan,
    },
    new AbortController().signal,
  )
}

test('generator - every request has a number of its own, and answers are counted', async () => {
  const bodies: string[] = []
  const result = await loadOn((request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.end('{}')
    })
  })
  expect(result.done).toBeGreaterThan(0)
  expect(result.doneInAll).toBeGreaterThanOrEqual(result.done)
  expect(result.errors).toEqual({})
  expect(new Set(bodies).size).toBe(bodies.length)
  expect(bodies).toContain('["000000000000"]')
  expect(result.latency.p50).toBeLessThanOrEqual(result.latency.max)
})

test('generator - answers that are no success are told apart and do not count', async () => {
  const result = await loadOn((request, response) => {
    request.resume()
    response.writeHead(503).end('busy')
  })
  expect(result.done).toBe(0)
  expect(result.errors['HTTP 503']).toBeGreaterThan(0)
  expect(result.firstError).toContain('busy')
})

test('generator - kinds of requests keep their shares', async () => {
  const counts: Record<string, number> = {}
  const requests = [
    { template: post('/often', []), weight: 9 },
    { template: post('/seldom', []), weight: 1 },
  ]
  await loadOn(
    (request, response) => {
      request.resume()
      const path = request.url as string
      counts[path] = (counts[path] ?? 0) + 1
      response.end('{}')
    },
    { requests },
  )
  const { '/often': often = 0, '/seldom': seldom = 0 } = counts
  expect(Math.abs(often - 9 * seldom)).toBeLessThanOrEqual(9)
})

test('generator - a connection that is closed is an error, not a silent end', async () => {
  const result = await loadOn((request) => request.socket.destroy())
  expect(result.done).toBe(0)
  expect(Object.values(result.errors).reduce((sum, count) => sum + count, 0)).toBe(4)
})
