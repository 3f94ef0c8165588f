import { expect, test } from 'vitest'
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
