import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { openChangeEndpoint } from '../../../../src/node/outbound/change-endpoint.ts'
import { encodeEnvelope } from '../../../../src/node/outbound/change-envelope.ts'

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

async function serve(
  answer: (response: ServerResponse, seen: Seen) => void,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, url, headers } = request
    const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
    seen.push(one)
    answer(response, one)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

async function open(url: string) {
  const endpoint = await openChangeEndpoint({ endpoint: url })
  closers.push(async () => endpoint.close())
  return endpoint
}

const never = new AbortController().signal

describe('change endpoint', () => {
  test.each([200, 202])('change endpoint - %d means delivered', async (status) => {
    const { url, seen } = await serve((response) => response.writeHead(status).end('thanks'))
    const endpoint = await open(`${url}/in?x=1`)
    await endpoint.send(Buffer.from('{"a":1}'), never)
    await endpoint.send(Buffer.from('{"a":2}'), never)
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/in?x=1',
        headers: { 'content-type': 'application/json', 'content-length': '7' },
        body: '{"a":1}',
      },
      { body: '{"a":2}' },
    ])
  })

  test.each([201, 204, 302, 400, 503])('change endpoint - %d does not', async (status) => {
    const { url } = await serve((response) => response.writeHead(status, { location: '/' }).end())
    const endpoint = await open(url)
    await expect(endpoint.send(Buffer.from('{}'), never)).rejects.toThrow(`answered ${status}`)
  })

  test('change endpoint - a user of the URL is shown to it, and its password to nobody else', async () => {
    const { url, seen } = await serve((response) => response.end())
    const endpoint = await open(url.replace('://', '://me:p%40ss@'))
    await endpoint.send(Buffer.from('{}'), never)
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
    expect(endpoint.name).toContain('me:xxxxx@')
  })

  test('change endpoint - one that hangs, breaks off or is not there', async () => {
    const { url } = await serve((response, { url: path }) => {
      if (path === '/breaks') response.destroy()
    })
    await expect((await open(`${url}/breaks`)).send(Buffer.from('{}'), never)).rejects.toThrow(
      /hang up|ECONNRESET/,
    )
    const limit = AbortSignal.timeout(20)
    await expect((await open(`${url}/hangs`)).send(Buffer.from('{}'), limit)).rejects.toThrow(/abort/i)
    await expect((await open('http://127.0.0.1:1/')).send(Buffer.from('{}'), never)).rejects.toThrow(
      /ECONNREFUSED/,
    )
  })

  test('change endpoint - a connection that was closed meanwhile is made anew', async () => {
    const sockets: Socket[] = []
    const { url, seen } = await serve((response) => {
      const { socket } = response
      if (socket !== null) sockets.push(socket)
      response.end()
    })
    const endpoint = await open(url)
    await endpoint.send(Buffer.from('1'), never)
    // As a server that is tired of waiting does, just when it is used again.
    const second = endpoint.send(Buffer.from('2'), never)
    sockets[0]?.resetAndDestroy()
    await second
    expect(seen.map(({ body }) => body)).toEqual(['1', '2'])
  })

  test('change endpoint - an answer without end does not matter', async () => {
    const { url } = await serve((response) => {
      response.writeHead(200)
      response.write('x'.repeat(1_000_000))
    })
    await (await open(url)).send(Buffer.from('{}'), never)
  })

  test('change endpoint - TLS files that are not there are told at once', async () => {
    await expect(openChangeEndpoint({ endpoint: 'https://x', tls: { caFile: '/none' } })).rejects.toThrow(
      /ENOENT/,
    )
  })
})

describe('change envelope', () => {
  const events = new TextEncoder().encode('[{"op":"INSERT"}]')
  const message = { index: 42, timeMs: 1_700_000_000_123, namespace: 'default', count: 1, events }

  test('change envelope - what rqlite sends, and the namespace of others', () => {
    const messages = [message, { ...message, index: 43, namespace: 'tenant "x"' }]
    expect(encodeEnvelope({ serviceId: 's', nodeId: 'n1' }, messages).toString()).toBe(
      '{"service_id":"s","node_id":"n1","payload":[' +
        '{"index":42,"commit_timestamp":1700000000123,"events":[{"op":"INSERT"}]},' +
        '{"index":43,"commit_timestamp":1700000000123,"namespace":"tenant \\"x\\"","events":[{"op":"INSERT"}]}]}',
    )
    expect(encodeEnvelope({ serviceId: '', nodeId: '0' }, []).toString()).toBe('{"node_id":"0","payload":[]}')
  })
})
