import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Counters, silentLogger } from '../../../src/base/index.ts'
import { createHttpServer } from '../../../src/http/index.ts'
import { FakeNode, member } from '../http/fake-node.ts'
import { debros } from './fake-io.ts'

/** The real HTTP API over a node that answers what a test says. */
async function apiOf(node: FakeNode | undefined): Promise<string> {
  const build = { version: '1.2.3', commit: 'c', buildTime: '' }
  const server = createHttpServer(
    { node: () => node, logger: silentLogger, counters: new Counters() },
    { host: '127.0.0.1', port: 0, build },
  )
  await server.start()
  onTestFinished(() => server.stop())
  return server.address!.url
}

describe('status', () => {
  test('a ready node - its state and its cluster', async () => {
    const node = new FakeNode()
    node.members = [
      member('node1', { leader: true }),
      member('node2', { reachable: false, apiAddress: '', error: 'timeout' }),
      member('node3', { voter: false }),
    ]
    const url = await apiOf(node)
    const { code, out, error } = await debros(['status', '--url', url.replace('http://', '')])
    expect([code, error]).toEqual([0, ''])
    expect(out).toContain(`Node:     node1 at ${url}: ready`)
    expect(out).toContain('Version:  1.2.3')
    expect(out).toContain('Leader:   node1')
    expect(out).toContain('Raft:     Leader, term 3, committed 42, applied 41')
    const rows = out
      .split('\n')
      .slice(-4)
      .map((line) => line.trim().split(/ {2,}/))
    expect(rows).toEqual([
      ['NODE', 'ROLE', 'REACHABLE', 'HTTP API', 'NODE TO NODE', 'VERSION', 'ANSWERED IN'],
      ['node1', 'leader', 'yes', 'http://node1:5001', 'node1:7001', '0.1.0', '2.0ms'],
      ['node2', 'follower', 'no: timeout', 'node2:7001', '0.1.0', '2.0ms'],
      ['node3', 'read replica', 'yes', 'http://node3:5001', 'node3:7001', '0.1.0', '2.0ms'],
    ])
  })

  test('a node that is not ready - and why', async () => {
    const node = new FakeNode()
    node.leader = undefined
    const { code, out } = await debros(['status', '--url', await apiOf(node)])
    expect(code).toBe(0)
    expect(out).toMatch(/^Node: .* not ready$/m)
    expect(out).toContain('Leader:   none')
    expect(out).toContain('Not ready: leader does not exist')
  })

  test('a node that is still opening - is no error', async () => {
    const { code, out } = await debros(['status', '--url', await apiOf(undefined)])
    expect(code).toBe(0)
    expect(out).toContain('(not open yet)')
  })

  test('--json - everything that was answered', async () => {
    const { out } = await debros(['status', '--json', '--url', await apiOf(new FakeNode())])
    expect(JSON.parse(out)).toMatchObject({
      ready: true,
      readiness: '[+]node ok\n[+]leader ok\n[+]store ok\n[+]db ok',
      status: { store: { node_id: 'node1' } },
      nodes: [{ id: 'node1', leader: true }],
    })
  })

  test('nothing there, something else there, or no answer - is a failure', async () => {
    const other = http.createServer((request, response) => {
      if (request.url !== '/status') response.end('<html>')
    })
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close().closeAllConnections())
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    const silent = await debros(['status', '--url', url, '--timeout', '50ms'])
    expect(silent).toMatchObject({
      code: 1,
      out: '',
      error: expect.stringMatching(/^debros: no node answers at .*timeout/),
    })
    other.removeAllListeners('request').on('request', (_, response) => response.end('<html>'))
    const stranger = await debros(['status', '--url', url])
    expect(stranger).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^debros: no node answers at .*JSON/),
    })
    const nothing = await debros(['status', '--url', 'http://127.0.0.1:1'])
    expect(nothing).toMatchObject({ code: 1, error: expect.stringMatching(/ECONNREFUSED|bad port/) })
  })
})
