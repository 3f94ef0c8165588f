import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Logger } from '../../../src/base/index.ts'
import type { HttpServerInit, HttpTlsInit } from '../../../src/http/index.ts'
import { recordingLogger } from '../cli/recording-logger.ts'
import { type Answered, request, serve } from './serve.ts'

const fixture = (name: string) => new URL(`../../fixtures/tls/${name}`, import.meta.url).pathname
const pem = (name: string) => readFileSync(fixture(name))

const TLS: HttpTlsInit = { certFile: fixture('server.pem'), keyFile: fixture('server.key.pem') }
const CA = { ca: pem('ca.pem') }

/** One HTTPS request on a connection of its own. */
function ask(
  port: number,
  path: string,
  options: https.RequestOptions = CA,
): Promise<Omit<Answered, 'bytes'>> {
  return new Promise((resolve, reject) => {
    const outgoing = https.request(
      { host: '127.0.0.1', port, path, agent: false, ...options },
      async (response) => {
        let body = ''
        for await (const chunk of response.setEncoding('utf8')) body += chunk
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      },
    )
    outgoing.on('error', reject)
    outgoing.end()
  })
}

function serveTls(
  given: Partial<HttpTlsInit> = {},
  rest: Partial<HttpServerInit> & { logger?: Logger } = {},
) {
  return serve({ tls: { ...TLS, ...given }, ...rest })
}

async function commonNameAt(port: number): Promise<string | undefined> {
  const socket = tls.connect({ host: '127.0.0.1', port, ...CA })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerCertificate().subject.CN as string
  } finally {
    socket.destroy()
  }
}

describe('TLS', () => {
  test('a client that knows the CA - is served, and told https everywhere', async () => {
    const { server, port, node } = await serveTls()
    expect(server.url).toBe('https://127.0.0.1:5001')
    expect(server.address?.url).toBe(`https://127.0.0.1:${port}`)
    const status = JSON.parse((await ask(port, '/status')).body)
    expect(status.http).toMatchObject({ tls: { enabled: 'true' }, bind_addr: `127.0.0.1:${port}` })
    expect(status.cluster).toMatchObject({ https: 'true' })
    node.leader = { id: 'node2', address: '10.0.0.2:7001' }
    node.leaderApi = async () => 'https://10.0.0.2:5001'
    const { status: code, headers } = await ask(port, '/db/query?q=SELECT+1&redirect')
    expect([code, headers.location]).toEqual([301, 'https://10.0.0.2:5001/db/query?q=SELECT+1&redirect'])
  })

  test('without - plain, and said so', async () => {
    const { ask: plain } = await serve()
    const status = JSON.parse((await plain('GET', '/status')).body)
    expect([status.http.tls, status.cluster.https]).toEqual([{ enabled: 'false' }, 'false'])
  })

  test('a client that does not know the CA - refuses', async () => {
    const { port } = await serveTls()
    await expect(ask(port, '/status', {})).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  })

  test('TLS 1.1 - is refused', async () => {
    const { port } = await serveTls()
    const old = {
      ...CA,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    } as const
    await expect(ask(port, '/status', old)).rejects.toThrow()
    expect((await ask(port, '/status', { ...CA, maxVersion: 'TLSv1.2' })).status).toBe(200)
  })

  test('plain HTTP - gets its connection closed, and others are served', async () => {
    const { port } = await serveTls()
    await expect(request(port, 'GET', '/status', {})).rejects.toThrow()
    expect((await ask(port, '/status')).status).toBe(200)
  })

  test('broken HTTP - is answered, encrypted', async () => {
    const { port } = await serveTls()
    const socket = tls.connect({ host: '127.0.0.1', port, ...CA })
    socket.write('NONSENSE\r\n\r\n')
    let answer = ''
    for await (const chunk of socket.setEncoding('utf8')) answer += chunk
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
  })

  test('a handshake that does not come - is not waited for', async () => {
    const { server, port } = await serveTls({}, { limits: { headersTimeoutMs: 60_000, stopGraceMs: 50 } })
    const silent = net.connect(port, '127.0.0.1')
    await once(silent, 'connect')
    const closed = once(silent, 'close')
    await server.stop()
    await closed
  })
})

describe('client certificates', () => {
  const client = { ...CA, cert: pem('client.pem'), key: pem('client.key.pem') }
  const stranger = { ...CA, cert: pem('stranger.pem'), key: pem('stranger.key.pem') }
  const caFile = fixture('ca.pem')

  test('asked for - one of the CA is let in, none and a stranger are not', async () => {
    const { port } = await serveTls({ caFile, verifyClient: true })
    expect((await ask(port, '/status', client)).status).toBe(200)
    await expect(ask(port, '/status')).rejects.toThrow()
    await expect(ask(port, '/status', stranger)).rejects.toThrow()
  })

  test('common name - must be the one that is wanted', async () => {
    const right = await serveTls({ caFile, verifyCommonName: 'trusted-client' })
    expect((await ask(right.port, '/status', client)).status).toBe(200)
    await expect(ask(right.port, '/status')).rejects.toThrow()
    await expect(ask(right.port, '/status', stranger)).rejects.toThrow()
    const wrong = await serveTls({ caFile, verifyCommonName: 'another' })
    await expect(ask(wrong.port, '/status', client)).rejects.toThrow()
    expect(wrong.node.calls).toEqual([])
  })

  test('not asked for - nobody need have one', async () => {
    const { port } = await serveTls({ caFile })
    expect((await ask(port, '/status')).status).toBe(200)
    expect((await ask(port, '/status', stranger)).status).toBe(200)
  })
})

describe('files', () => {
  async function directory(): Promise<{ certFile: string; keyFile: string }> {
    const path = await mkdtemp(join(tmpdir(), 'debros-tls-'))
    onTestFinished(() => rm(path, { recursive: true }))
    const files = { certFile: join(path, 'cert.pem'), keyFile: join(path, 'key.pem') }
    await copyFile(TLS.certFile, files.certFile)
    await copyFile(TLS.keyFile, files.keyFile)
    return files
  }

  test('a key that everybody may read - is warned of', async () => {
    const files = await directory()
    for (const [mode, warned] of [
      [0o644, 1],
      [0o640, 0],
      [0o600, 0],
    ] as const) {
      await chmod(files.keyFile, mode)
      const logger = recordingLogger()
      await serveTls(files, { logger })
      const warnings = logger.lines.filter(({ level }) => level === 'warn')
      expect([mode, warnings.length]).toEqual([mode, warned])
    }
  })

  test('replaced while it runs - new connections get the new certificate', async () => {
    const files = await directory()
    const { port } = await serveTls(files, { limits: { certificatePollMs: 10 } })
    const kept = new https.Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => kept.destroy())
    const old = { ...CA, agent: kept }
    expect((await ask(port, '/status', old)).status).toBe(200)
    expect(await commonNameAt(port)).toBe('localhost')

    await copyFile(fixture('server-renewed.pem'), files.certFile)
    await copyFile(fixture('server-renewed.key.pem'), files.keyFile)
    await expect.poll(() => commonNameAt(port), { timeout: 10_000 }).toBe('localhost renewed')
    expect((await ask(port, '/status', old)).status).toBe(200)
  })

  test('replaced by something unusable - the old one stays, and the next good one is taken', async () => {
    const files = await directory()
    const logger = recordingLogger()
    const errors = () => logger.lines.filter(({ level }) => level === 'error')
    const { port } = await serveTls(files, { limits: { certificatePollMs: 10 }, logger })
    await writeFile(files.certFile, 'nonsense')
    await expect.poll(() => errors().length, { timeout: 10_000 }).toBeGreaterThan(0)
    expect(errors()[0]?.fields).toMatchObject({
      error: expect.stringContaining('cert.pem is no certificate'),
    })
    expect(await commonNameAt(port)).toBe('localhost')
    await copyFile(fixture('server-renewed.key.pem'), files.keyFile)
    await copyFile(fixture('server-renewed.pem'), files.certFile)
    await expect.poll(() => commonNameAt(port), { timeout: 10_000 }).toBe('localhost renewed')
  })

  test.each<[string, Partial<HttpTlsInit>, RegExp]>([
    ['a missing certificate', { certFile: '/nowhere/cert.pem' }, /certificate cannot be read.*nowhere/],
    ['a missing key', { keyFile: '/nowhere/key.pem' }, /key cannot be read.*nowhere/],
    ['a missing CA', { caFile: '/nowhere/ca.pem' }, /CA certificate cannot be read.*nowhere/],
    ['a key as certificate', { certFile: TLS.keyFile }, /server.key.pem is no certificate/],
    [
      'the key of another',
      { keyFile: fixture('client.key.pem') },
      /client.key.pem is not the key of .*server.pem/,
    ],
  ])('%s - is refused at start', async (_, given, message) => {
    await expect(serveTls(given)).rejects.toMatchObject({
      code: 'HTTP_TLS_INVALID',
      message: expect.stringMatching(message),
    })
  })
})

/** A machine may know an address of `localhost` and yet lack it. */
async function addressesHere(): Promise<string[]> {
  const found: string[] = []
  for (const { address } of await lookup('localhost', { all: true })) {
    const probe = net.createServer().listen(0, address)
    const usable = await once(probe, 'listening').then(
      () => true,
      () => false,
    )
    probe.close()
    if (usable) found.push(address)
  }
  return found
}

function connects(port: number, host: string): Promise<boolean> {
  const socket = net.connect(port, host)
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy())
}

test.each([
  ['plain', undefined],
  ['TLS', TLS],
])('localhost, %s - is served on all its addresses', async (_, tlsInit) => {
  const { server, port } = await serve({ host: 'localhost', ...(tlsInit && { tls: tlsInit }) })
  const addresses = await addressesHere()
  expect(addresses).toContain(server.address?.host)
  for (const address of addresses) expect([address, await connects(port, address)]).toEqual([address, true])
  await server.stop()
  for (const address of addresses) expect([address, await connects(port, address)]).toEqual([address, false])
})
