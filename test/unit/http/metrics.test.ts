import http from 'node:http'
import net from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readBuildInfo } from '../../../src/cli/build-info.ts'
import { serve } from './serve.ts'

test('/metrics - the numbers of a node, in the format of Prometheus', async () => {
  const { ask } = await serve()
  const answer = await ask('GET', '/metrics')
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = answer.body.split('\n')
  expect(lines).toContain('# TYPE debros_raft_commit_index gauge')
  expect(lines).toContain('debros_raft_commit_index 42')
  expect(lines).toContain('debros_raft_leader 1')
  expect(lines).toContain('debros_up 1')
})

test('/metrics - a node whose data differs from the others has a number to alert on', async () => {
  const { ask, node } = await serve()
  expect((await ask('GET', '/metrics')).body).not.toContain('integrity')
  node.integrity = {
    index: 41,
    timeMs: 1_500,
    agreeing: ['node1', 'node3'],
    diverged: ['node2'],
    unchecked: [],
  }
  const lines = (await ask('GET', '/metrics')).body.split('\n')
  expect(lines).toContain('debros_integrity_diverged{node="node1"} 0')
  expect(lines).toContain('debros_integrity_diverged{node="node2"} 1')
  expect(lines).toContain('debros_integrity_checked_index 41')
  expect(lines).toContain('debros_integrity_checked_timestamp_seconds 1.5')

  const status = JSON.parse((await ask('GET', '/status?key=store.integrity')).body)
  expect(status).toEqual({
    state: 'DIVERGED',
    index: 41,
    time: '1970-01-01T00:00:01.500Z',
    agreeing: ['node1', 'node3'],
    diverged: ['node2'],
    unchecked: [],
  })
})

test('/metrics - a node that is not open yet says so', async () => {
  const { ask } = await serve({ open: false })
  expect((await ask('GET', '/metrics')).body).toContain('debros_up 0')
})

test('/metrics - a node too busy to tell is not waited for without end', async () => {
  const { ask, node } = await serve()
  node.status = () => new Promise(() => {})
  const answer = await ask('GET', '/metrics?timeout=20ms')
  expect(answer.status).toBe(503)
  expect(answer.body).toBe('the node is too busy to tell\n')
})

test('/metrics - how late the main thread is, from the second time on', async () => {
  const { ask } = await serve()
  const first = (await ask('GET', '/metrics')).body
  expect(first).toContain('# TYPE debros_event_loop_delay_seconds gauge')
  expect(first).not.toContain('debros_event_loop_delay_seconds{')
  await expect
    .poll(async () => (await ask('GET', '/metrics')).body)
    .toMatch(/^debros_event_loop_delay_seconds\{quantile="0.999"\} [\d.e-]+$/m)
})

describe('/metrics - the API itself', () => {
  /** The value of one line, and whether there is one. */
  const lineValue = (text: string, name: string): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length))
  }

  test('requests - by route, method and status; never by what a caller wrote', async () => {
    const { ask } = await serve()
    await ask('GET', '/status/x?secret')
    await ask('PUT', '/status')
    await ask('GET', '/nowhere/at/all')
    await ask('POST', '/db/execute', { body: 'x'.repeat(1_000) })
    const { body } = await ask('GET', '/metrics')
    const count = (labels: string) => lineValue(body, `debros_http_requests_total{${labels}}`)
    expect(count('route="/status",method="GET",status="200"')).toBe(1)
    expect(count('route="/status",method="PUT",status="405"')).toBe(1)
    expect(count('route="none",method="GET",status="404"')).toBe(1)
    expect(count('route="/db/execute",method="POST",status="400"')).toBe(1)
    expect(body).not.toMatch(/nowhere|secret/)
    expect(lineValue(body, 'debros_http_request_duration_seconds_count{route="/status"}')).toBe(2)
    expect(lineValue(body, 'debros_http_requests_in_flight')).toBe(1)
    expect(lineValue(body, 'debros_http_received_bytes_total')).toBeGreaterThan(1_000)
    expect(lineValue(body, 'debros_http_sent_bytes_total')).toBeGreaterThan(1_000)
  })

  test('bytes - of a connection that serves many requests are counted once', async () => {
    const { port, ask } = await serve()
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const bytes = async () =>
      lineValue((await ask('GET', '/metrics')).body, 'debros_http_received_bytes_total')!
    const post = (size: number) =>
      new Promise<void>((resolve, reject) => {
        const outgoing = http.request({ port, host: '127.0.0.1', agent, method: 'POST', path: '/db/execute' })
        outgoing.on('response', (response) => response.resume().on('end', resolve)).on('error', reject)
        outgoing.end('x'.repeat(size))
      })
    await post(10_000)
    const before = await bytes()
    for (let i = 0; i < 5; i++) await post(10)
    expect((await bytes()) - before).toBeLessThan(10_000)
  })

  test('counters and the process - are there, too', async () => {
    const { ask, counters } = await serve()
    counters.add('store', 'num_snapshots', 3)
    const { body } = await ask('GET', '/metrics')
    expect(lineValue(body, 'debros_events_total{group="store",name="num_snapshots"}')).toBe(3)
    expect(lineValue(body, 'debros_events_total{group="http",name="auth_fail"}')).toBe(0)
    expect(
      lineValue(body, `debros_build_info{version="1.2.3",commit="abc",node_version="${process.version}"}`),
    ).toBe(1)
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'process_start_time_seconds',
    ])
      expect(lineValue(body, name)).toBeGreaterThan(0)
    expect(
      lineValue(
        (await ask('GET', '/metrics')).body,
        'debros_events_total{group="store",name="num_snapshots"}',
      ),
    ).toBe(3)
  })

  test('a caller that leaves - is counted as that', async () => {
    const { port, node, ask } = await serve()
    const asked = Promise.withResolvers<void>()
    node.answer = () => {
      asked.resolve()
      return new Promise(() => {})
    }
    const socket = net.connect(port, '127.0.0.1')
    socket.write('GET /db/query?q=SELECT+1 HTTP/1.1\r\nHost: x\r\n\r\n')
    await asked.promise
    socket.destroy()
    await expect
      .poll(async () => (await ask('GET', '/metrics')).body)
      .toContain('debros_http_requests_total{route="/db/query",method="GET",status="499"} 1')
  })
})

describe('GET /licenses', () => {
  test('text - of the build, or in short where there is none', async () => {
    const licenses = () => 'MIT\n'
    const built = await serve({ build: { version: '1', commit: '', buildTime: '', licenses } })
    expect(await built.ask('GET', '/licenses')).toMatchObject({
      status: 200,
      body: 'MIT\n',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    })
    expect((await (await serve()).ask('GET', '/licenses')).body).toBe('debros is under the MIT license.\n')
  })

  test('the program - has one at hand, built or run from source', () => {
    const text = readBuildInfo().licenses?.() ?? ''
    expect(text).toMatch(/^(?:debros\n\n)?MIT License/)
  })
})
