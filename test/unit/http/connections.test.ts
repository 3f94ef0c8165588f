/** What travels on one connection, byte by byte: pipelining, bodies nobody wants, odd request lines. */
import { once } from 'node:events'
import net from 'node:net'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { HttpLimits } from '../../../src/http/types.ts'
import { createAuthorizer } from '../../../src/node/index.ts'
import { rowsResult } from './fake-node.ts'
import { type Served, serve } from './serve.ts'

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

describe('what is no request, behind one that is', () => {
  const WRITE = `POST /db/execute HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`

  test('is not taken for the answer to that', async () => {
    const { port, node } = await serve()
    const { promise, resolve } = Promise.withResolvers<void>()
    node.answer = async () => {
      await promise
      return node.response([])
    }
    onTestFinished(() => resolve())
    expect(await exchange(port, `${WRITE}GARBAGE\r\n\r\n`)).toBe('')
    expect(await exchange(port, `${WRITE}POST /db/execute HTTP/1.1\r\nContent-Length: x\r\n\r\n`)).toBe('')
  })

  test('is refused once that is answered; so is a body that is broken', async () => {
    const { port } = await serve()
    const socket = net.connect(port, '127.0.0.1')
    socket.write(WRITE)
    await until(socket, '{"results":[]}')
    socket.write('GARBAGE\r\n\r\n')
    expect(await until(socket, 'bad request')).toMatch(/^HTTP\/1.1 400 /)
    const chunked = 'POST /db/execute HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await exchange(port, `${chunked}x\r\n`)).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('answers that wait for those before them', () => {
  const SLOW = 'GET /db/query?q=slow HTTP/1.1\r\nHost: x\r\n\r\n'
  const NEXT = 'GET /db/query?q=next HTTP/1.1\r\nHost: x\r\n\r\n'
  const BACKUP = 'GET /db/backup HTTP/1.1\r\nHost: x\r\n\r\n'

  /** One is answered when the test says so, others at once, with so much text each. */
  async function serveSlowly(textLength: { slow: number; next: number }, limits: Partial<HttpLimits> = {}) {
    const served = await serve({ limits })
    const { promise, resolve: answerFirst } = Promise.withResolvers<void>()
    served.node.answer = async ({ statements }) => {
      const isSlow = statements[0]!.sql === 'slow'
      if (isSlow) await promise
      const text = 'x'.repeat(isSlow ? textLength.slow : textLength.next)
      return served.node.response([rowsResult(['v'], ['text'], [[text]])])
    }
    const socket = net.connect(served.port, '127.0.0.1').pause()
    onTestFinished(() => void socket.destroy())
    return { ...served, socket, answerFirst }
  }

  const served = async (ask: Served['ask']) => (await ask('GET', '/metrics')).body

  test.each([
    ['many', 60_000, 500],
    ['large', 40_000_000, 1],
  ])('%s, and nobody takes them - are given up', async (_, next, requests) => {
    const { ask, node, socket, answerFirst } = await serveSlowly({ slow: 0, next }, { sendTimeoutMs: 50 })
    socket.write(SLOW + NEXT.repeat(requests))
    await vi.waitFor(() => expect(node.calls.length).toBeGreaterThan(1 + requests / 2))
    await setImmediate() // the others are answered
    answerFirst()
    await vi.waitFor(async () => expect(await served(ask)).toContain('requests_in_flight 1\n'), 10_000)
  })

  test('while none is at hand - the caller is not hurried', async () => {
    const { node, socket, answerFirst } = await serveSlowly(
      { slow: 9, next: 20_000_000 },
      { sendTimeoutMs: 100 },
    )
    socket.write(NEXT + SLOW)
    await vi.waitFor(() => expect(node.calls.length).toBe(2))
    // The first is taken; much later than its limit there is something to take again.
    let received = 0
    socket.on('data', ({ length }) => {
      received += length
    })
    socket.resume()
    await vi.waitFor(() => expect(received).toBeGreaterThan(20_000_000), 10_000)
    await sleep(300)
    const before = received
    answerFirst()
    await vi.waitFor(() => expect(received).toBeGreaterThan(before))
  })

  // Some versions of Node end by themselves what waits on a connection that is gone, some do not.
  test('a caller that goes away - ends what is read for it', async () => {
    const { node, socket } = await serveSlowly({ slow: 0, next: 0 })
    const seen = { begun: false, ended: false }
    node.backup = async () => ({
      servedBy: '',
      chunks: (async function* () {
        try {
          for (;;) yield Buffer.alloc(seen.begun ? 64 * 1024 : 1)
        } finally {
          seen.ended = true
        }
      })(),
    })
    socket.write(SLOW + BACKUP)
    await vi.waitFor(() => expect(node.backups.length).toBe(1))
    socket.destroy()
    await vi.waitFor(() => expect(seen.ended).toBe(true))
  })

  test('a caller that goes away - takes nothing of what answers may take together', async () => {
    const { ask, node, socket, answerFirst } = await serveSlowly(
      { slow: 200_000, next: 200_000 },
      { answerBytesInFlightMax: 300_000 },
    )
    socket.write(SLOW + SLOW)
    await vi.waitFor(() => expect(node.calls.length).toBe(2))
    socket.destroy()
    await vi.waitFor(() => expect(node.calls[1]!.options.signal!.aborted).toBe(true))
    answerFirst()
    await setImmediate()
    const both = await Promise.all([ask('GET', '/db/query?q=a'), ask('GET', '/db/query?q=b')])
    expect((await ask('GET', '/metrics')).body).toContain('requests_in_flight 1\n')
    expect(both.map(({ status }) => status)).toContain(200)
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
