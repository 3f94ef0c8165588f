import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChangeCaptureTls } from '../../../../src/node/outbound/change-capture-config.ts'
import { openChangeEndpoint } from '../../../../src/node/outbound/change-endpoint.ts'

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/tls/${name}`, import.meta.url))

/** Takes batches from clients that its authority knows. */
const server = createServer(
  {
    cert: readFileSync(file('server.pem')),
    key: readFileSync(file('server.key.pem')),
    ca: readFileSync(file('ca.pem')),
    requestCert: true,
    rejectUnauthorized: true,
  },
  (request, response) => {
    request.resume()
    request.on('end', () => response.end())
  },
)

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => server.close(resolve)))

const CLIENT = { certFile: file('client.pem'), keyFile: file('client.key.pem') }

async function send(tls: ChangeCaptureTls): Promise<void> {
  const { port } = server.address() as AddressInfo
  const endpoint = await openChangeEndpoint({ endpoint: `https://127.0.0.1:${port}/`, tls })
  try {
    await endpoint.send(Buffer.from('{}'), new AbortController().signal)
  } finally {
    endpoint.close()
  }
}

describe('change endpoint over TLS', () => {
  test('change endpoint - both sides prove who they are', async () => {
    await send({ ...CLIENT, caFile: file('ca.pem') })
    await send({ ...CLIENT, insecureSkipVerify: true })
  })

  test.each<[string, ChangeCaptureTls]>([
    ['an authority nobody knows', CLIENT],
    ['another authority', { ...CLIENT, caFile: file('stranger.pem') }],
    ['another name', { ...CLIENT, caFile: file('ca.pem'), serverName: 'elsewhere.example.org' }],
    ['no certificate of ours', { caFile: file('ca.pem') }],
    [
      'one that is not known there',
      { caFile: file('ca.pem'), certFile: file('stranger.pem'), keyFile: file('stranger.key.pem') },
    ],
  ])('change endpoint - nothing is sent with %s', async (_, tls) => {
    await expect(send(tls)).rejects.toThrow()
  })
})
