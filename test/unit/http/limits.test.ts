import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Counters, silentLogger } from '../../../src/base/index.ts'
import { createHttpServer } from '../../../src/http/index.ts'
import type { SqlResult, SqlValue } from '../../../src/sql/index.ts'
import { FakeNode, rowsResult } from './fake-node.ts'
import { request, serve } from './serve.ts'

/** A connection that sends `text` and gathers what comes back until the server ends it. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(text)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Makes the database wait; `release` lets every call that waits go on. */
function hold(node: FakeNode): { release: () => void } {
  const held = Promise.withResolvers<void>()
  node.answer = async () => {
    await held.promise
    return node.response([])
  }
  return { release: () => held.resolve() }
}

describe('request bodies', () => {
  const limits = { bodyBytesMax: 1_000 }

  test('a body of exactly the limit - is read', async () => {
    const { ask, node } = await serve({ limits })
    const sql = 'x'.repeat(1_000)
    const answer = await ask('POST', '/db/execute', { body: sql, headers: { 'content-type': 'text/plain' } })
    expect(answer.status).toBe(200)
    expect(node.calls[0]?.statements[0]?.sql).toBe(sql)
  })

  test('a longer one - is refused while it is still being sent, and the caller gets to read why', async () => {
    const { ask, node } = await serve({ limits })
    const answer = await ask('POST', '/db/execute', { body: Buffer.alloc(5_000_000, 'x') })
    expect([answer.status, answer.body]).toEqual([413, 'request body too large: the limit is 1000 bytes\n'])
    expect(answer.headers).toMatchObject({ connection: 'close', 'x-rqlite-version': '10' })
    expect(node.calls).toEqual([])
  })

  test('a longer one in chunks - is refused once it is too long', async () => {
    const { port, node } = await serve({ limits: { ...limits, lingerMs: 20 } })
    const chunk = `3e8\r\n${'x'.repeat(1_000)}\r\n`
    const head = 'POST /db/execute HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    const answer = await exchange(port, head + chunk + chunk)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(node.calls).toEqual([])
  })

  test('a caller that declares too much and sends nothing - is answered and let go', async () => {
    const { port } = await serve({ limits: { ...limits, lingerMs: 20 } })
    const answer = await exchange(
      port,
      'POST /db/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('all bodies together - are bounded, until their requests are answered', async () => {
    const { post, node } = await serve({ limits: { bodyBytesInFlightMax: 1_000 } })
    const { release } = hold(node)
    const first = post('/db/execute', ['x'.repeat(600)])
    await vi.waitFor(() => expect(node.calls).toHaveLength(1))
    const second = await post('/db/execute', ['y'.repeat(600)])
    expect([second.status, second.headers['retry-after']]).toEqual([503, '1'])
    const small = post('/db/execute', ['z'])
    await vi.waitFor(() => expect(node.calls).toHaveLength(2))
    release()
    expect((await first).status).toBe(200)
    expect((await small).status).toBe(200)
    await vi.waitFor(async () => expect((await post('/db/execute', ['y'.repeat(600)])).status).toBe(200))
  })

  test('what was made of them - counts, too', async () => {
    const { post, node } = await serve({ limits: { bodyBytesInFlightMax: 100_000 } })
    const { release } = hold(node)
    const many = Array(300).fill(';')
    const first = post('/db/execute', many) // 1,200 bytes, and 300 statements of 256
    await vi.waitFor(() => expect(node.calls).toHaveLength(1))
    for (const body of [many, [[';', ...Array(1_000).fill(1)]]])
      expect((await post('/db/execute', body)).status).toBe(503)
    release()
    expect((await first).status).toBe(200)
    await vi.waitFor(async () => expect((await post('/db/execute', many)).status).toBe(200))
  })

  test('a connection - is used again after a request that was refused with its body unread', async () => {
    const { port } = await serve()
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const used: (net.Socket | undefined)[] = []
    for (const path of ['/nowhere', '/db/execute']) {
      const outgoing = http.request({ host: '127.0.0.1', port, path, method: 'POST', agent })
      outgoing.end('["SELECT 1"]')
      const [response] = (await once(outgoing, 'response')) as [http.IncomingMessage]
      used.push(outgoing.socket ?? undefined)
      await once(response.resume(), 'end')
    }
    expect(used[0]).toBe(used[1])
  })
})

describe('connections', () => {
  test('headers too large - 431', async () => {
    const { port } = await serve({ limits: { headerBytesMax: 2_000 } })
    const answer = await exchange(port, `GET /db/query?q=${'x'.repeat(3_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('X-RQLITE-VERSION: 10')
  })

  test('a URL of many kilobytes - is fine', async () => {
    const { ask, node } = await serve()
    await ask('GET', `/db/query?q=${'x'.repeat(60_000)}`)
    expect(node.calls[0]?.statements[0]?.sql).toHaveLength(60_000)
  })

  test('headers that never end - 408', async () => {
    const { port } = await serve({ limits: { headersTimeoutMs: 50 } })
    expect(await exchange(port, 'GET /status HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('a body that never ends - 408', async () => {
    const { port, node } = await serve({ limits: { headersTimeoutMs: 50, requestTimeoutMs: 50 } })
    const answer = await exchange(
      port,
      'POST /db/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n["',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(node.calls).toEqual([])
  })

  test('nonsense - 400', async () => {
    const { port } = await serve()
    expect(await exchange(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('too many - further ones are closed at once', async () => {
    const { port } = await serve({ limits: { connectionsMax: 1 } })
    const first = net.connect(port, '127.0.0.1')
    onTestFinished(() => void first.destroy())
    await once(first, 'connect')
    first.write('GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(first, 'data')
    expect(await exchange(port, '')).toBe('')
  })

  test('a caller that goes away - aborts what it asked for', async () => {
    const { port, node } = await serve()
    const { release } = hold(node)
    onTestFinished(release)
    const outgoing = http.request({
      host: '127.0.0.1',
      port,
      path: '/db/execute',
      method: 'POST',
      agent: false,
    })
    outgoing.on('error', () => {})
    outgoing.end('["x"]')
    await vi.waitFor(() => expect(node.calls).toHaveLength(1))
    const signal = node.calls[0]!.options.signal!
    expect(signal.aborted).toBe(false)
    outgoing.destroy()
    await vi.waitFor(() => expect(signal.aborted).toBe(true))
    expect(signal.reason).toMatchObject({ code: 'REQUEST_ABORTED', outcome: 'unknown' })
  })

  test('a request that was answered - is not aborted afterwards', async () => {
    const { post, node } = await serve()
    await post('/db/execute', ['x'])
    await post('/db/execute', ['x'])
    expect(node.calls[0]!.options.signal!.aborted).toBe(false)
  })
})

describe('large responses', () => {
  const ROWS = 4_000
  const TEXT = 'x'.repeat(50_000)

  /** 200 MB of text that takes no memory, and counts how many rows were encoded. */
  function largeResult(): { result: SqlResult; encoded: () => number } {
    let encoded = 0
    const values = {
      length: ROWS,
      *[Symbol.iterator](): Generator<SqlValue[]> {
        for (let i = 0; i < ROWS; i++) {
          encoded++
          yield [TEXT]
        }
      },
    }
    // Stands in for an array as far as the encoder uses one.
    const result = rowsResult(['v'], ['text'], values as unknown as SqlValue[][])
    return { result, encoded: () => encoded }
  }

  /** Asks, and stops reading as soon as the response begins. */
  async function pausedResponse(port: number): Promise<http.IncomingMessage> {
    const outgoing = http.get({ host: '127.0.0.1', port, path: '/db/query?q=x', agent: false })
    outgoing.on('error', () => {})
    const [response] = (await once(outgoing, 'response')) as [http.IncomingMessage]
    response.pause()
    onTestFinished(() => void response.destroy())
    return response
  }

  test('are made at the pace of the caller, while others are served', async () => {
    const { port, node, ask } = await serve()
    const { result, encoded } = largeResult()
    node.answers(result)
    const response = await pausedResponse(port)
    // Serving others gives the encoder every chance to run ahead; it must come to a halt.
    let before = -1
    for (let unchanged = 0; unchanged < 20; ) {
      expect((await ask('GET', '/nodes')).status).toBe(200)
      unchanged = encoded() === before ? unchanged + 1 : 0
      before = encoded()
    }
    expect(before).toBeLessThan(ROWS / 2)
    let bytes = 0
    for await (const chunk of response) bytes += (chunk as Buffer).length
    expect(bytes).toBe(
      `{"results":[{"columns":["v"],"types":["text"],"values":[]}]}`.length + ROWS * (TEXT.length + 5) - 1,
    )
  })

  test('are given up if the caller takes nothing', async () => {
    const { port, node } = await serve({ limits: { sendTimeoutMs: 50 } })
    node.answers(largeResult().result)
    await pausedResponse(port)
    await vi.waitFor(() => expect(node.calls[0]!.options.signal!.aborted).toBe(true), { timeout: 10_000 })
  })

  test('that cannot be encoded - end the request, not the server', async () => {
    const { node, ask, port } = await serve()
    const broken = (after: number) =>
      rowsResult(['v'], ['text'], {
        length: 2,
        *[Symbol.iterator](): Generator<SqlValue[]> {
          for (let i = 0; i < after; i++) yield [TEXT]
          throw new RangeError('Invalid string length')
        },
      } as unknown as SqlValue[][])
    node.answers(broken(0))
    expect(await ask('GET', '/db/query?q=x')).toMatchObject({ status: 500, body: 'internal error\n' })
    node.answers(broken(100))
    await expect(request(port, 'GET', '/db/query?q=x', {})).rejects.toThrow()
    expect((await ask('GET', '/nodes')).status).toBe(200)
  })
})

describe('start and stop', () => {
  const create = (port: number, stopGraceMs = 10_000) =>
    createHttpServer(
      { node: () => new FakeNode(), logger: silentLogger, counters: new Counters() },
      { host: '127.0.0.1', port, limits: { stopGraceMs } },
    )

  test('a port in use - is named', async () => {
    const { port } = await serve()
    const second = create(port)
    await expect(second.start()).rejects.toMatchObject({
      code: 'HTTP_ADDRESS_IN_USE',
      message: expect.stringContaining(`127.0.0.1:${port} is in use`),
    })
    expect(second.address).toBeUndefined()
    await second.stop()
  })

  test('an address of another machine - cannot be listened on', async () => {
    const server = createHttpServer(
      { node: () => undefined, logger: silentLogger, counters: new Counters() },
      { host: '192.0.2.1', port: 0 },
    )
    await expect(server.start()).rejects.toMatchObject({ code: 'HTTP_LISTEN_FAILED' })
  })

  test('both - can be repeated, and follow one another', async () => {
    const server = create(0)
    await server.stop()
    await Promise.all([server.start(), server.start()])
    const { port } = server.address!
    expect((await request(port, 'GET', '/nowhere', {})).status).toBe(404)
    await Promise.all([server.stop(), server.stop()])
    expect(server.address).toBeUndefined()
    await expect(request(port, 'GET', '/nowhere', {})).rejects.toThrow('ECONNREFUSED')
    await server.start()
    expect((await request(server.address!.port, 'GET', '/nowhere', {})).status).toBe(404)
    await server.stop()
  })

  test('stop - lets running requests finish and takes no new ones', async () => {
    const { server, post, port, node } = await serve()
    const { release } = hold(node)
    const running = post('/db/execute', ['x'])
    await vi.waitFor(() => expect(node.calls).toHaveLength(1))
    const stopped = server.stop()
    await vi.waitFor(() => expect(request(port, 'GET', '/nowhere', {})).rejects.toThrow('ECONNREFUSED'))
    release()
    const answer = await running
    expect([answer.status, answer.headers.connection]).toEqual([200, 'close'])
    await stopped
  })

  test('stop - a request on a connection kept open is told to go elsewhere', async () => {
    const { server, post, port, node } = await serve()
    const { release } = hold(node)
    const running = post('/db/execute', ['x'])
    // A connection in the middle of a request, which closing the idle ones leaves alone.
    const socket = net.connect(port, '127.0.0.1')
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    socket.write('POST /db/execute HTTP/1.1\r\nHost: x\r\n')
    await vi.waitFor(() => expect(node.calls).toHaveLength(1))
    const stopped = server.stop()
    await vi.waitFor(() => expect(request(port, 'GET', '/nowhere', {})).rejects.toThrow('ECONNREFUSED'))
    socket.write('Content-Length: 5\r\n\r\n["x"]')
    await once(socket, 'close')
    expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1\.1 503 [\s\S]*server is stopping\n$/)
    release()
    await running
    await stopped
    expect(node.calls).toHaveLength(1)
  })

  test('stop - aborts what does not finish within the grace time', async () => {
    const { server, post, node } = await serve({ limits: { stopGraceMs: 20 } })
    const { release } = hold(node)
    onTestFinished(release)
    const running = post('/db/execute', ['x']).catch((error: Error) => error)
    await vi.waitFor(() => expect(node.calls).toHaveLength(1))
    await server.stop()
    expect(node.calls[0]!.options.signal!.reason).toMatchObject({ message: 'the server is stopping' })
    expect(await running).toBeInstanceOf(Error)
  })
})

describe('answers', () => {
  /** Larger than what the system takes on its own. */
  const rows = rowsResult(
    ['v'],
    ['text'],
    Array.from({ length: 100 }, () => ['x'.repeat(200_000)]),
  )

  /** Asks and does not take the answer. */
  async function askSlowly(port: number): Promise<net.Socket> {
    const socket = net.connect(port, '127.0.0.1')
    onTestFinished(() => {
      socket.destroy()
    })
    socket.write('GET /db/query?q=SELECT HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(socket, 'readable')
    return socket
  }

  test('large answers that are being sent - are bounded, but for those that tell of a write', async () => {
    const { ask, post, port, node } = await serve({ limits: { answerBytesInFlightMax: 30_000_000 } })
    node.answers(rows)
    const slow = await askSlowly(port)
    const refused = await ask('GET', '/db/query?q=SELECT')
    expect([refused.status, refused.body]).toEqual([
      503,
      'too many large answers are being sent, try again later\n',
    ])
    expect(refused.headers['retry-after']).toBe('1')
    node.answer = () => node.response([rows], { raftIndex: 7 })
    expect((await post('/db/request', ['INSERT … RETURNING v'])).status).toBe(200)
    expect((await ask('GET', '/db/query?q=SELECT&level=strong')).status).toBe(503)
    node.answers(rowsResult(['v'], ['text'], [['x'.repeat(60_000)]]))
    expect((await ask('GET', '/db/query?q=SELECT')).status).toBe(200)
    slow.destroy()
    node.answers(rows)
    await vi.waitFor(async () => expect((await ask('GET', '/db/query?q=SELECT')).status).toBe(200))
  })
})
