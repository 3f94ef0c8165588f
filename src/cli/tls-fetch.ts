/** A `fetch` with certificates of one's own, which Node's does not take. */
import http from 'node:http'
import https from 'node:https'
import type { Fetch } from '../client/index.ts'

export interface TlsFetchInit {
  /** Trusted instead of the roots that Node knows. */
  readonly ca?: Buffer
  /** Shown to nodes that ask for a certificate. */
  readonly cert?: Buffer
  readonly key?: Buffer
  /** Take any certificate for the node's. */
  readonly insecure: boolean
}

/** Does not follow redirects. Rejects with what the connection failed of. */
export function createTlsFetch({ insecure, ...material }: TlsFetchInit): Fetch {
  return (url, { method = 'GET', headers = {}, body, signal }) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
      const options = { method, headers: { ...headers, ...length }, agent: false as const, signal }
      const onResponse = (response: http.IncomingMessage): void => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 500 } = response
          const content = Buffer.concat(chunks)
          // A body is no part of these statuses.
          const fields = new Headers()
          for (const [name, values = []] of Object.entries(response.headersDistinct))
            for (const value of values) fields.append(name, value)
          resolve(new Response([204, 304].includes(status) ? null : content, { status, headers: fields }))
        })
      }
      const request = url.startsWith('https:')
        ? https.request(url, { ...options, ...material, rejectUnauthorized: !insecure }, onResponse)
        : http.request(url, options, onResponse)
      request.on('error', reject).end(body)
    })
}
