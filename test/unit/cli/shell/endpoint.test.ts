import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readText } from '../../../../src/cli/shell/answers.ts'
import { Endpoint, type EndpointInit, type TlsOptions } from '../../../../src/cli/shell/endpoint.ts'

async function listen(listener: RequestListener): Promise<{ host: string; server: Server }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

function endpoint(hosts: readonly string[], init: Partial<EndpointInit> = {}): Endpoint {
  const one = new Endpoint({ scheme: 'http', hosts, prefix: '/', timeoutMs: 10_000, ...init })
  onTestFinished(() => one.close())
  return one
}

const NOBODY = '127.0.0.1:1'

describe('failover', () => {
  test('the next host answers - and is asked first from then on', async () => {
    const { host } = await listen((_, response) => response.end('yes'))
    const client = endpoint([NOBODY, host])
    expect(client.host).toBe(NOBODY)
    expect(await readText(await client.call({ method: 'POST', path: 'x', body: 'y' }))).toBe('yes')
    expect(client.host).toBe(host)
  })

  test('nobody answers - every reason is named', async () => {
    await expect(endpoint([NOBODY, '127.0.0.1:2']).call({ path: 'x' })).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      message: 'no host can be reached: 127.0.0.1:1: connection refused; 127.0.0.1:2: connection refused',
    })
  })

  test('a read whose answer is lost - is made again elsewhere', async () => {
    const { host: bad } = await listen((request) => request.socket.destroy())
    const { host: good } = await listen((_, response) => response.end('yes'))
    expect(await readText(await endpoint([bad, good]).call({ path: 'x' }))).toBe('yes')
  })

  test('a write whose answer is lost - is not', async () => {
    const { host: bad } = await listen((request) => request.socket.destroy())
    let asked = false
    const { host: good } = await listen((_, response) => {
      asked = true
      response.end()
    })
    const write = { method: 'POST', path: 'x', body: '[]', keyed: true } as const
    await expect(endpoint([bad, good]).call(write)).rejects.toMatchObject({
      code: 'REQUEST_CONNECTION_LOST',
      outcome: 'unknown',
      message: `the answer was lost, so it may have been applied (${bad}: connection lost)`,
    })
    expect(asked).toBe(false)
  })

  test('a write to servers that know keys - is made again under its key', async () => {
    const keys: unknown[] = []
    const { host: bad } = await listen((request) => {
      keys.push(request.headers['idempotency-key'])
      request.socket.destroy()
    })
    const { host: good } = await listen((request, response) => {
      keys.push(request.headers['idempotency-key'])
      response.end('yes')
    })
    const client = endpoint([bad, good])
    client.knowsKeys = true
    const write = { method: 'POST', path: 'x', body: '[]', keyed: true } as const
    expect(await readText(await client.call(write))).toBe('yes')
    await readText(await client.call(write))
    expect(keys).toHaveLength(3)
    expect(keys[0]).toMatch(/^[\da-f-]{36}$/)
    expect([keys[1] === keys[0], keys[2] === keys[0]]).toEqual([true, false])
    // Nor does the refusal of the second tell what became of the first.
    const { host: refusing } = await listen((_, response) => response.writeHead(503).end())
    const unlucky = endpoint([bad, refusing])
    unlucky.knowsKeys = true
    await expect(unlucky.call(write)).rejects.toMatchObject({
      code: 'REQUEST_CONNECTION_LOST',
      message: expect.stringContaining(`${refusing}: 503 Service Unavailable`),
    })
    // What has no key is not.
    const only = endpoint([bad, NOBODY])
    only.knowsKeys = true
    await expect(only.call({ ...write, keyed: false })).rejects.toThrow('(127.0.0.1:')
    await expect(only.call(write)).rejects.toMatchObject({
      code: 'REQUEST_CONNECTION_LOST',
      message: expect.stringContaining('connection refused'),
    })
  })
})

describe('redirects', () => {
  test('301 - is followed with method, body and credentials', async () => {
    const { host: leader } = await listen(async (request, response) => {
      const body = (await request.toArray()).join('')
      response.end(`${request.method} ${request.url} ${body} ${request.headers.authorization}`)
    })
    const { host } = await listen((request, response) =>
      response.writeHead(301, { Location: `http://${leader}${request.url}` }).end(),
    )
    const client = endpoint([host], { prefix: '/api/', credentials: 'bob:se:cret' })
    const answer = await client.call({ method: 'POST', path: 'db/x', query: { level: 'weak' }, body: '[1]' })
    const basic = Buffer.from('bob:se:cret').toString('base64')
    expect(await readText(answer)).toBe(`POST /api/db/x?level=weak [1] Basic ${basic}`)
  })

  test('in a circle - comes to an end after 21', async () => {
    let asked = 0
    const { host } = await listen((_, response) => {
      asked++
      response.writeHead(301, { Location: '/again' }).end()
    })
    await expect(endpoint([host]).call({ path: 'x' })).rejects.toMatchObject({
      message: `cannot reach ${host}: too many redirects`,
    })
    expect(asked).toBe(22)
  })

  test('to something that is no URL - is not followed', async () => {
    const { host } = await listen((_, response) => response.writeHead(301, { Location: 'ftp://x/' }).end())
    await expect(endpoint([host]).call({ path: 'x' })).rejects.toThrow(
      'it redirects to ftp://x/, which is no URL',
    )
  })
})

describe('time', () => {
  test('no answer - is an end of waiting', async () => {
    const { host } = await listen(() => {})
    await expect(endpoint([host], { timeoutMs: 50 }).call({ path: 'x' })).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      message: `cannot reach ${host}: no whole answer within 50ms`,
    })
  })

  // Long enough for a busy machine to get as far as the beginning of the answer.
  test.each(['whole', 'silence'] as const)('an answer that stops - too (%s)', async (timeout) => {
    const { host } = await listen((_, response) => void response.write('begun'))
    const answer = await endpoint([host], { timeoutMs: 1_500 }).call({ path: 'x', timeout })
    await expect(readText(answer)).rejects.toMatchObject({
      code: 'REQUEST_CONNECTION_LOST',
      message: `the answer broke off: ${timeout === 'whole' ? 'no whole answer within' : 'nothing came for'} 1.5s`,
    })
  })

  test('the caller gives up - its reason comes out', async () => {
    const abort = new AbortController()
    const { host } = await listen(() => abort.abort(new Error('enough')))
    await expect(endpoint([host, host]).call({ path: 'x', signal: abort.signal })).rejects.toThrow('enough')
  })
})

describe('streamed bodies', () => {
  const large = (): Readable => Readable.from([Buffer.alloc(1_000_000, 'a'), Buffer.alloc(1_000_000, 'b')])

  test('arrive whole', async () => {
    const { host } = await listen(async (request, response) => {
      let size = 0
      for await (const chunk of request as AsyncIterable<Buffer>) size += chunk.length
      response.end(String(size))
    })
    const answer = await endpoint([NOBODY, host]).call({ method: 'POST', path: 'x', body: large })
    expect(await readText(answer)).toBe('2000000')
  })

  test('are not sent to a server that refuses them', async () => {
    const { host, server } = await listen(() => {})
    server.on('checkContinue', (_, response) => response.writeHead(401).end('no'))
    let opened = false
    const body = (): Readable => {
      opened = true
      return large()
    }
    const answer = await endpoint([host]).call({ method: 'POST', path: 'x', body })
    expect([answer.status, await readText(answer), opened]).toEqual([401, 'no', false])
  })

  test('that cannot be read - fail the call', async () => {
    const { host } = await listen((request) => void request.resume())
    const body = (): Readable =>
      Readable.from(
        (async function* () {
          yield Buffer.from('x')
          throw new Error('the disk is gone')
        })(),
      )
    await expect(endpoint([host]).call({ method: 'POST', path: 'x', body })).rejects.toThrow(
      /^the disk is gone$/,
    )
  })
})

test('an answer that is too large - is refused', async () => {
  const chunk = Buffer.alloc(16 * 1024 * 1024)
  const { host } = await listen((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) {}
    }
    response.on('drain', more)
    more()
  })
  await expect(endpoint([host]).call({ path: 'x' }).then(readText)).rejects.toMatchObject({
    code: 'SHELL_ANSWER_TOO_LARGE',
  })
})

describe('HTTPS', () => {
  const pem = (name: string): string =>
    readFileSync(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

  async function listenSecurely(options: https.ServerOptions, listener: RequestListener): Promise<string> {
    const server = https.createServer(options, listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `localhost:${(server.address() as AddressInfo).port}`
  }

  const identity = { cert: pem('server'), key: pem('server.key') }

  test('a certificate - is checked, unless told not to', async () => {
    const host = await listenSecurely(identity, (_, response) => response.end('yes'))
    const ask = async (tls: TlsOptions): Promise<string> =>
      await readText(await endpoint([host], { scheme: 'https', tls }).call({ path: 'x' }))
    expect(await ask({ insecure: false, ca: pem('ca') })).toBe('yes')
    expect(await ask({ insecure: true })).toBe('yes')
    await expect(ask({ insecure: false })).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' })
  })

  test('a certificate of our own - is shown', async () => {
    const asking = { ...identity, ca: pem('ca'), requestCert: true, rejectUnauthorized: true }
    const host = await listenSecurely(asking, (_, response) => response.end('yes'))
    const ask = async (tls: Partial<TlsOptions>): Promise<string> => {
      const all = { insecure: false, ca: pem('ca'), ...tls }
      return await readText(await endpoint([host], { scheme: 'https', tls: all }).call({ path: 'x' }))
    }
    expect(await ask({ cert: pem('client'), key: pem('client.key') })).toBe('yes')
    await expect(ask({})).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' })
  })

  test('a redirect into it - is followed, with the same trust', async () => {
    const secure = await listenSecurely(identity, (_, response) => response.end('yes'))
    const { host } = await listen((_, response) =>
      response.writeHead(301, { Location: `https://${secure}/` }).end(),
    )
    const client = endpoint([host], { tls: { insecure: false, ca: pem('ca') } })
    expect(await readText(await client.call({ path: 'x' }))).toBe('yes')
  })

  test('a redirect out of it - is not followed', async () => {
    const { host: plain } = await listen((_, response) => response.end('yes'))
    const host = await listenSecurely(identity, (_, response) =>
      response.writeHead(301, { Location: `http://${plain}/` }).end(),
    )
    const client = endpoint([host], { scheme: 'https', tls: { insecure: true } })
    await expect(client.call({ path: 'x' })).rejects.toThrow(`it redirects from https to http://${plain}`)
  })

  test('a server without it - is named as such', async () => {
    const { host } = await listen((_, response) => response.end('yes'))
    await expect(endpoint([host], { scheme: 'https' }).call({ path: 'x' })).rejects.toThrow(
      'it does not speak TLS',
    )
  })
})
