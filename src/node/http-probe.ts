/** Finds out that an address to join is that of somebody's HTTP API, which is a common mistake. */
import http from 'node:http'
import https from 'node:https'
import { DebrosError, parseHostPort } from '../base/index.ts'

const PROBE_TIMEOUT_MS = 1_000

/** Codes of failures that only a node-to-node listener answers with. */
const SPOKEN = /^(?:JOIN|RAFT|RPC)_/

/** Throws `JOIN_ADDRESS_IS_HTTP` if what did not answer as a node, with `error`, answers HTTP. */
export async function checkNoHttp(address: string, error: unknown, signal: AbortSignal): Promise<void> {
  if (error instanceof DebrosError && SPOKEN.test(error.code)) return
  const answers = await Promise.all([
    answersHttp(address, 'http', signal),
    answersHttp(address, 'https', signal),
  ])
  if (!answers.includes(true)) return
  throw new DebrosError(
    'JOIN_ADDRESS_IS_HTTP',
    `${address} is the address of an HTTP API; give the Raft address of a member, host:port of its node-to-node listener`,
  )
}

function answersHttp(address: string, scheme: 'http' | 'https', signal: AbortSignal): Promise<boolean> {
  const target = parseHostPort(address)
  if (target === undefined) return Promise.resolve(false)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)])
  return new Promise((resolve) => {
    const options = { host: target.host, port: target.port, path: '/status', signal: limit, agent: false }
    // Whoever answers, nothing is sent to it but this question.
    const request =
      scheme === 'http' ? http.get(options) : https.get({ ...options, rejectUnauthorized: false })
    request.on('response', (response) => {
      response.destroy()
      resolve(true)
    })
    request.on('error', () => resolve(false))
  })
}
