/** A server that answers what a test says, and a shell that talks to it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { onTestFinished } from 'vitest'
import { run } from '../../../../src/cli/program.ts'
import type { Environment } from '../../../../src/config/index.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

export interface Asked {
  readonly method: string
  /** With the query, decoded. */
  readonly url: string
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

export interface FakeAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Breaks the connection behind the body. */
  readonly breaks?: boolean
  /** Nothing comes behind the body, not even an end. */
  readonly hangs?: boolean
}

export type Handler = (asked: Asked) => FakeAnswer | unknown[] | Promise<FakeAnswer | unknown[]>

export interface FakeServer {
  readonly port: number
  /** Without the `/status` of the welcome. */
  readonly asked: Asked[]
}

export const STATUS = { store: { db_conf: { fk_constraints: false } } }

/** A handler's array stands for the results of statements. */
export async function fakeServer(handler: Handler, status: object = STATUS): Promise<FakeServer> {
  const asked: Asked[] = []
  let welcomed = false
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    } catch {
      return // Broken off by the client: no request.
    }
    const { method = '', url = '', headers } = request
    const one = { method, url: decodeURIComponent(url), body: Buffer.concat(chunks).toString(), headers }
    if (welcomed || url !== '/status') asked.push(one)
    else {
      welcomed = true
      response.setHeader('X-RQLITE-VERSION', '10').end(JSON.stringify(status))
      return
    }
    const given = await handler(one)
    const said: FakeAnswer = Array.isArray(given) ? { body: JSON.stringify({ results: given }) } : given
    response.writeHead(said.status ?? 200, said.headers)
    if (said.hangs) response.write(said.body ?? '')
    else if (!said.breaks) response.end(said.body)
    else response.write(said.body ?? '', () => response.destroy())
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

export interface ShellRun {
  readonly code: number
  /** Without welcome and farewell. */
  readonly out: string
  readonly all: string
}

/** `debros shell` with these lines in its pipe, to its end. */
export async function shell(
  port: number,
  lines: readonly string[],
  args: readonly string[] = [],
  env: Environment = {},
): Promise<ShellRun> {
  const input = new PassThrough()
  const output = new PassThrough()
  const chunks: Buffer[] = []
  output.on('data', (chunk: Buffer) => chunks.push(chunk))
  input.end(lines.map((line) => `${line}\n`).join(''))
  const errors: string[] = []
  const code = await run(['shell', '-p', String(port), ...args], {
    env: { HOME: temporaryDirectory(), ...env },
    colors: false,
    out: (text) => void errors.push(text),
    error: (text) => void errors.push(text),
    streams: { input, output, error: new PassThrough() },
  })
  const all = Buffer.concat(chunks).toString() + errors.join('\n')
  const out = all.replace(/^Welcome.*?running version \w+\n/s, '').replace(/bye~\n$/, '')
  return { code, out, all }
}
