/** What travels on one connection, byte by byte: pipelining, bodies nobody wants, odd request lines. */
import { once } from 'node:events'
import net from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { createAuthorizer } from '../../../src/node/index.ts'
import { rowsResult } from './fake-node.ts'
import { serve } from './serve.ts'

const BODY = '["SELECT 1"]'
const AUTHORIZER = createAuthorizer('[{"username":"bob","password":"secret","perms":["execute"]}]')
const BOB = `Authorization: Basic ${btoa('bob:secret')}\r\n`

/** Sends the text, and returns all that comes until the server closes the connection. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(text)
  let answer = ''
  for await (const chunk of socket.setEncoding('latin1')) answer += chunk
  return answer
}

/** Collects what arrives until it holds the text. */
async function until(socket: net.Socket, text: string): Promise<string> {
  let received = ''
  socket.setEncoding('latin1')
  while (!received.includes(text)) received += (await once(socket, 'data'))[0]
  return received
}

const count = (text: string, part: string): number => text.split(part).length - 1

describe('pipelining', () => {
  test('many requests at once - are answered in order', async () => {
    const { port, node } = await serve()
    node.answer = ({ statements }) => node.response([rowsResult([statements[0]!.sql], [''], [[1]])])
    const request = (i: number, more = '') => `GET /db/query?q=q${i}q HTTP/1.1\r\nHost: x\r\n${more}\r\n`
    const requests = Array.from({ length: 500 }, (_, i) => request(i))
    const answer = await exchange(port, requests.join('') + request(500, 'Connection: close\r\n'))
    expect(answer.match(/q\d+q/g)).toEqual(Array.from({ length: 501 }, (_, i) => `q${i}q`))
  })

  test('more than are served at a time - are refused, one connection or many', async () => {
    const { port, node } = await serve({ limits: { requestsInFlightMax: 10 } })
    const { promise, resolve } = Promise.withResolvers<void>()
    node.answer = async () => {
      await promise
      return node.response([])
    }
    const request = 'GET /db/query?q=x HTTP/1.1\r\nHost: x\r\n'
    const answering = exchange(
      port,
      [...Array(500).fill(request), `${request}Connection: close\r\n`, ''].join('\r\n'),
    )
    while (node.calls.length < 10) await setImmediate()
    const other = await exchange(port, `${request}Connection: close\r\n\r\n`)
    expect(other).toMatch(/^HTTP\/1.1 503 .*\r\nretry-after: 1\r\n.*too many requests are being served/s)
    resolve()
    const answer = await answering
    expect(node.calls.length).toBeLessThan(500)
    expect(count(answer, 'HTTP/1.1 200')).toBe(node.calls.length)
    expect(count(answer, 'HTTP/1.1 503')).toBe(501 - node.calls.length)
  })

  test('a refusal - leaves the connection to those behind it, its small body is skipped', async () => {
    const { port } = await serve({ authorizer: AUTHORIZER })
    const refused = `POST /db/execute HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`
    const good = `POST /db/execute HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${BOB}Content-Length: ${BODY.length}\r\n\r\n${BODY}`
    const answer = await exchange(port, refused + good)
    expect(answer).toMatch(/^HTTP\/1.1 401 .*HTTP\/1.1 200 OK/s)
  })

  test('a caller that goes away - is over with all it asked for, and makes room', async () => {
    const { ask, port, node } = await serve({ limits: { requestsInFlightMax: 4 } })
    const { promise, resolve } = Promise.withResolvers<void>()
    node.answer = async () => {
      await promise
      return node.response([])
    }
    const socket = net.connect(port, '127.0.0.1')
    socket.write('GET /db/query?q=x HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(4))
    await vi.waitFor(() => expect(node.calls.length).toBe(4))
    socket.destroy()
    await vi.waitFor(() =>
      expect(node.calls.map(({ options }) => options.signal!.aborted)).not.toContain(false),
    )
    resolve()
    const gauge = 'debros_http_requests_in_flight'
    await vi.waitFor(async () => expect((await ask('GET', '/metrics')).body).toContain(`\n${gauge} 1\n`))
  })
})

describe('bodies nobody wants', () => {
  test('a large one - is answered at once, and ends the connection', async () => {
    const { port } = await serve({ authorizer: AUTHORIZER, limits: { lingerMs: 50 } })
    const head = 'POST /db/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n'
    // Most of the body never comes; nobody waits for it.
    const answer = await exchange(port, `${head}${'a'.repeat(1_000)}`)
    expect(answer).toMatch(/^HTTP\/1.1 401 /)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
  })

  test('one of unknown length - the same', async () => {
    const { port } = await serve({ limits: { lingerMs: 50 } })
    const head = 'POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n'
    const answer = await exchange(port, head)
    expect(answer).toMatch(/^HTTP\/1.1 404 .*connection: close/is)
  })

  test('one that is asked for first - is not sent in vain', async () => {
    const { port } = await serve({ authorizer: AUTHORIZER, limits: { lingerMs: 50 } })
    const head = 'POST /db/execute HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 12\r\n'
    const answer = await exchange(port, `${head}\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 401 .*connection: close/is)
    expect(answer).not.toContain('100 Continue')
  })

  test('one that is asked for first and wanted - is let come', async () => {
    const { port, node } = await serve({ authorizer: AUTHORIZER })
    const socket = net.connect(port, '127.0.0.1')
    socket.write(
      `POST /db/execute HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n${BOB}Content-Length: ${BODY.length}\r\n\r\n`,
    )
    expect(await until(socket, '\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    expect(node.calls).toEqual([])
    socket.write(BODY)
    expect(await until(socket, '{"results":[]}')).toMatch(/^HTTP\/1.1 200 OK/)
    expect(node.calls).toHaveLength(1)
    socket.destroy()
  })
})

describe('request lines', () => {
  const get = (target: string, rest = 'Host: x\r\n', version = '1.1') =>
    `GET ${target} HTTP/${version}\r\n${rest}Connection: close\r\n\r\n`

  test.each([
    ['the whole URL', get('http://node.example:5001/readyz')],
    ['the whole URL without a path', get('http://node.example')],
    ['HTTP/1.0 without a host', get('/readyz', '', '1.0')],
  ])('%s - is served', async (_, text) => {
    const { port } = await serve()
    expect(await exchange(port, text)).toMatch(/^HTTP\/1.1 200 OK/)
  })

  test.each<[string, string, RegExp]>([
    ['no host', get('/readyz', ''), /^HTTP\/1.1 400 .*missing required Host header\n$/s],
    [
      'two lengths',
      get('/readyz', 'Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n'),
      /^HTTP\/1.1 400 /,
    ],
    [
      'a length and chunks',
      get('/readyz', 'Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
      /^HTTP\/1.1 400 /,
    ],
    ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1.1 400 /],
    ['parameters in a whole URL', get('http://x/readyz?timeout=1'), /timeout is not a valid duration\n$/],
  ])('%s - is refused, with the version', async (_, text, expected) => {
    const { port } = await serve()
    const answer = await exchange(port, text)
    expect(answer).toMatch(expected)
    expect(count(answer.toLowerCase(), 'x-rqlite-version: 10')).toBe(1)
  })
})
