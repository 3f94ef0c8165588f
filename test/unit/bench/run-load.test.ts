import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { runLoad } from '../../../bench/load/run-load.ts'
import { insert } from '../../../bench/load/templates.ts'

test('load - ends before its time when it is enough, and tells what it measured', async () => {
  const enough = new AbortController()
  let asked = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.end('{"results":[{}]}'))
    if (++asked === 50) enough.abort()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const plan = {
      addresses: [`127.0.0.1:${port}`],
      clients: 2,
      // Beyond what a test may take.
      seconds: 3_600,
      warmUpSeconds: 0,
      requests: [{ template: insert(), weight: 1 }],
    }
    const result = await runLoad(plan, new AbortController().signal, enough.signal)
    expect(result.done).toBeGreaterThan(0)
    expect(result.errors).toEqual({})
    expect(result.seconds).toBeLessThan(3_600)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
