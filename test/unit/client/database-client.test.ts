import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createDatabaseClient } from '../../../src/client/index.ts'

interface Request {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly key: string | undefined
  readonly body: string
}

const servers: Server[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
})

/** A node that answers every request alike; an answer of 0 breaks the connection instead. */
async function fakeNode(status: number, body = ''): Promise<{ url: string; requests: Request[] }> {
  const requests: Request[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method, url, headers } = request
      const key = headers['idempotency-key'] as string | undefined // never a list
      requests.push({ method, url, key, body: Buffer.concat(parts).toString() })
      if (status === 0) request.socket.destroy()
      else response.writeHead(status, { connection: 'close' }).end(body)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  const { url } = await fakeNode(200)
  const server = servers.pop() as Server
  await new Promise((resolve) => server.close(resolve))
  return url
}

describe('database client', () => {
  test('statements - all forms of parameters, integers and blobs with all their digits', async () => {
    const node = await fakeNode(
      200,
      '{"results":[{"columns":["v"],"types":["integer"],"values":[[9007199254740993]]}]}',
    )
    const client = createDatabaseClient({ urls: [node.url] })
    const results = await client.query(
      [
        'SELECT 1',
        ['SELECT ?, ?, ?', 2n ** 62n, null, new Uint8Array([1, 255])],
        ['SELECT :a, :b', { a: 'x"y', b: true }],
      ],
      { level: 'strong', transaction: true },
    )
    expect(node.requests).toEqual([
      {
        method: 'POST',
        url: '/db/query?level=strong&transaction',
        key: undefined,
        body: '["SELECT 1",["SELECT ?, ?, ?",4611686018427387904,null,[1,255]],["SELECT :a, :b",{"a":"x\\"y","b":true}]]',
      },
    ])
    expect(results).toEqual([{ columns: ['v'], types: ['integer'], values: [[9007199254740993n]] }])
  })

  test('failover - a node that is not there or did nothing is followed by the next, which is then preferred', async () => {
    const busy = await fakeNode(503, 'leader not found\n')
    const good = await fakeNode(200, '{"results":[{"rows_affected":1}]}')
    const client = createDatabaseClient({ urls: [await nobody(), busy.url, good.url] })
    await client.execute(['INSERT'])
    await client.execute(['INSERT'])
    expect([busy.requests.length, good.requests.length]).toEqual([1, 2])
  })

  test('failover - a write whose answer was lost is sent again under the same id', async () => {
    const broken = await fakeNode(0)
    const good = await fakeNode(200, '{"results":[{"rows_affected":1}]}')
    const client = createDatabaseClient({ urls: [broken.url, good.url] })
    expect(await client.execute(['INSERT'])).toEqual([{ rows_affected: 1 }])
    const [first, second] = [broken.requests[0]?.key, good.requests[0]?.key]
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(second).toBe(first)
    await client.execute(['INSERT'])
    expect(good.requests[1]?.key).not.toBe(first)
    await client.execute(['INSERT'], { requestId: 'mine' })
    expect(good.requests[2]?.key).toBe('mine')
  })

  test('failover - a write stays unknown if one node may have done it and the others did nothing', async () => {
    const broken = await fakeNode(0)
    const busy = await fakeNode(503, 'leader not found\n')
    const client = createDatabaseClient({ urls: [broken.url, busy.url] })
    await expect(client.execute(['INSERT'])).rejects.toMatchObject({ outcome: 'unknown', status: 503 })
    await expect(client.query(['SELECT 1'])).rejects.toMatchObject({ outcome: 'not-applied' })
  })

  test.each([
    ['leadership lost while committing log', 'unknown'],
    ['no answer within 10000 ms; it may still be applied', 'unknown'],
    ['disallowed pragma', 'not-applied'],
    ['store not open', 'not-applied'],
  ] as const)('outcome - a write answered %j is %s', async (error, outcome) => {
    const node = await fakeNode(200, JSON.stringify({ results: [], error }))
    const client = createDatabaseClient({ urls: [node.url] })
    await expect(client.execute(['INSERT'])).rejects.toMatchObject({ message: error, outcome })
    await expect(client.query(['SELECT 1'])).rejects.toMatchObject({ outcome: 'not-applied' })
  })

  test('refusals - a bad request is not tried elsewhere', async () => {
    const node = await fakeNode(400, 'invalid JSON body\n')
    const other = await fakeNode(200, '{"results":[]}')
    const client = createDatabaseClient({ urls: [node.url, other.url] })
    await expect(client.execute(['X'])).rejects.toMatchObject({ status: 400, outcome: 'not-applied' })
    expect(other.requests).toEqual([])
  })
})
