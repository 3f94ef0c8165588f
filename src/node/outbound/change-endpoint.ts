/** Where captured changes go: an HTTP server that takes them, or standard output. */
import { readFile } from 'node:fs/promises'
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { finished } from 'node:stream/promises'
import { hasErrorCode } from '../../base/index.ts'
import type { ChangeCaptureConfig, ChangeCaptureTls } from './change-capture-config.ts'

export interface ChangeEndpoint {
  /** For people, without a password. */
  readonly name: string
  /** Resolves once what was sent is taken; rejects, with an Error, if that is not certain. */
  send(body: Uint8Array, signal: AbortSignal): Promise<void>
  close(): void
}

/** What an endpoint may say of why; the rest of an answer is not read. */
const ANSWER_BYTES_MAX = 64 * 1024

const DELIVERED = new Set([200, 202])

/** Rejects if a file of the TLS settings cannot be read. */
export async function openChangeEndpoint({
  endpoint,
  tls = {},
}: Pick<ChangeCaptureConfig, 'endpoint' | 'tls'>): Promise<ChangeEndpoint> {
  if (endpoint === 'stdout') return STANDARD_OUTPUT
  const url = new URL(endpoint)
  const isSecure = url.protocol === 'https:'
  const agent = isSecure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 1, ...(await tlsOptions(tls)) })
    : new HttpAgent({ keepAlive: true, maxSockets: 1 })
  const request = isSecure ? requestHttps : requestHttp
  const auth = url.username === '' ? undefined : `${decode(url.username)}:${decode(url.password)}`
  const post = (body: Uint8Array, signal: AbortSignal, again: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
      const options = { method: 'POST', agent, headers, signal, ...(auth === undefined ? {} : { auth }) }
      const sent = request(withoutCredentials(url), options, (answer) => {
        taken(answer).then(resolve, reject)
      })
      sent.on('error', (error) => {
        // The endpoint had closed a connection that was idle, and that is no failure of it.
        if (again && sent.reusedSocket && hasErrorCode(error, 'ECONNRESET')) {
          post(body, signal, false).then(resolve, reject)
        } else reject(error)
      })
      sent.end(body)
    })
  return {
    name: nameOf(url),
    send: (body, signal) => post(body, signal, true),
    close: () => agent.destroy(),
  }
}

/** Reads what is answered to its end, or the connection could not be used again. */
async function taken(answer: IncomingMessage): Promise<void> {
  let bytes = 0
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) answer.destroy()
  })
  const status = answer.statusCode ?? 0
  if (!DELIVERED.has(status)) {
    answer.resume()
    throw new Error(`the endpoint answered ${status} ${answer.statusMessage ?? ''}`.trimEnd())
  }
  // The status is all that counts; what happens to the rest does not make it untrue.
  await finished(answer).catch(() => {})
}

async function tlsOptions(tls: ChangeCaptureTls): Promise<object> {
  const { caFile, certFile, keyFile, serverName, insecureSkipVerify = false } = tls
  return {
    rejectUnauthorized: !insecureSkipVerify,
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
    ...(certFile !== undefined && { cert: await readFile(certFile) }),
    ...(keyFile !== undefined && { key: await readFile(keyFile) }),
    ...(serverName !== undefined && { servername: serverName }),
  }
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare
}

function nameOf(url: URL): string {
  const shown = new URL(url)
  if (shown.password !== '') shown.password = 'xxxxx'
  return shown.href
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A line for each batch. An operator has asked for it, so it is no printing of our own. */
const STANDARD_OUTPUT: ChangeEndpoint = {
  name: 'stdout',
  send: (body) =>
    new Promise((resolve, reject) => {
      process.stdout.write(Buffer.concat([body, Buffer.from('\n')]), (error) =>
        error == null ? resolve() : reject(error),
      )
    }),
  close: () => {},
}
