/** A server over a fake node, on a port of its own. */
import http from 'node:http'
import { onTestFinished } from 'vitest'
import { Counters, type Logger, silentLogger } from '../../../src/base/index.ts'
import { createHttpServer, type HttpServer, type HttpServerInit } from '../../../src/http/index.ts'
import { FakeNode } from './fake-node.ts'

export interface Answered {
  readonly status: number
  readonly body: string
  readonly bytes: Buffer
  readonly headers: http.IncomingHttpHeaders
}

export interface AskOptions {
  readonly body?: string | Buffer
  readonly headers?: http.OutgoingHttpHeaders
}

export interface Served {
  readonly node: FakeNode
  readonly server: HttpServer
  readonly port: number
  readonly counters: Counters
  ask(method: string, url: string, options?: AskOptions): Promise<Answered>
  /** POST of a JSON body, as curl would send it without a Content-Type. */
  post(url: string, body: unknown): Promise<Answered>
}

/** `open: false`: as before the node is there. Stopped when the test ends. */
export async function serve(
  options: { open?: boolean; logger?: Logger } & Partial<HttpServerInit> = {},
): Promise<Served> {
  const { open = true, logger = silentLogger, ...init } = options
  const node = new FakeNode()
  const counters = new Counters()
  const server = createHttpServer(
    { node: () => (open ? node : undefined), logger, counters },
    {
      host: '127.0.0.1',
      port: 0,
      advertise: '127.0.0.1:5001',
      build: { version: '1.2.3', commit: 'abc', buildTime: '2026-11-22T00:00:00Z' },
      ...init,
    },
  )
  await server.start()
  onTestFinished(() => server.stop())
  const port = server.address!.port
  const ask: Served['ask'] = (method, url, given = {}) => request(port, method, url, given)
  const post: Served['post'] = (url, body) => ask('POST', url, { body: JSON.stringify(body) })
  return { node, server, port, counters, ask, post }
}

/** One request on a connection of its own. A DELETE has its body's length given, as all clients do. */
export function request(
  port: number,
  method: string,
  path: string,
  { body, headers: given }: AskOptions,
): Promise<Answered> {
  const length =
    method === 'DELETE' && body !== undefined ? { 'content-length': Buffer.byteLength(body) } : {}
  const headers = { ...length, ...given }
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      { host: '127.0.0.1', port, method, path, agent: false, headers },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const { statusCode: status = 0, headers } = response
          resolve({ status, body: bytes.toString('utf8'), bytes, headers })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
