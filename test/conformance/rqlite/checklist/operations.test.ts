/** What an operator does to a cluster over HTTP: moving the lead, removing nodes. */
import { describe, expect } from 'vitest'
import type { Api } from '../harness/api.ts'
import { type ApiCluster, useCluster, withCluster } from '../harness/cluster.ts'
import type { Answer } from '../harness/http.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

function stepDown(node: Api, body?: string, query = ''): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' }
  return node.ask(`/leader${query}`, { method: 'POST', ...(body !== undefined && { body, headers }) })
}

async function expectLeader(cluster: ApiCluster, holds: (leader: Api) => boolean): Promise<void> {
  await cluster.processes.until(20_000, 'another leader', async () => holds(await cluster.leader()))
  await cluster.processes.ready()
}

describe('operations', () => {
  row(70, 'with wait another one leads on reply, whoever is asked; "" and null mean any', async () => {
    const { cluster } = suite
    for (const [i, body] of [undefined, '', '{}', '{"id":""}', '{"id":null}'].entries()) {
      const before = await cluster.leader()
      const asked = cluster.nodes[i % 3] as Api
      expect(await stepDown(asked, body, '?wait'), String(body)).toMatchObject({ status: 200, text: '' })
      expect(await cluster.leader()).not.toBe(before)
      await cluster.processes.ready()
    }
  })

  row(70, 'a target takes over, with and without wait, through any node', async () => {
    const { cluster } = suite
    for (const [query, viaLeader] of [
      ['?wait', true],
      ['?wait', false],
      ['', true],
      ['', false],
    ] as const) {
      const before = await cluster.leader()
      const [follower, target] = await cluster.followers()
      const body = JSON.stringify({ id: cluster.process(target!).id })
      expect(await stepDown(viaLeader ? before : follower!, body, query)).toMatchObject({
        status: 200,
        text: '',
      })
      await expectLeader(cluster, (leader) => leader === target)
    }
  })

  row(70, 'the leader itself and unknown nodes are errors with 500, bad JSON with 400', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    for (const query of ['', '?wait']) {
      for (const node of cluster.nodes) {
        const self = await stepDown(node, JSON.stringify({ id: cluster.process(leader).id }), query)
        expect(self, query).toMatchObject({ status: 500, text: expect.stringMatching(/^stepdown: /) })
        expect(await stepDown(node, '{"id":"nobody"}', query)).toMatchObject({
          status: 500,
          text: 'stepdown: node not found in cluster\n',
        })
      }
    }
    expect(await stepDown(leader, '{"id":')).toMatchObject({
      status: 400,
      text: expect.stringMatching(/^invalid JSON: /),
    })
    expect(await cluster.leader()).toBe(leader)
  })

  row(70, 'a cluster of one has nobody to hand over to', async () => {
    await withCluster({ nodes: 1 }, async (cluster) => {
      const [node] = cluster.nodes
      expect(await stepDown(node!, undefined, '?wait')).toMatchObject({
        status: 500,
        text: expect.stringMatching(/^stepdown: /),
      })
      expect(await node!.query(['SELECT 1'], 'level=strong')).toContain('[[1]]')
    })
  })

  row(71, 'a body with exactly one member, id, or 400', async () => {
    const [node] = suite.cluster.nodes
    for (const body of ['', '{}', '[]', '{"id":1}', '{"id":"a","b":1}', '{"node":"a"}', 'nonsense']) {
      expect((await node!.ask('/remove', { method: 'DELETE', body })).status, body).toBe(400)
    }
    expect(await node!.ask('/remove', { method: 'DELETE', body: '{"id":"nobody"}' })).toMatchObject({
      status: 200,
      text: '',
    })
    expect(Object.keys(JSON.parse((await node!.ask('/nodes')).text))).toHaveLength(3)
  })

  row(71, 'through leader and follower, and gone at once', async () => {
    await withCluster({ nodes: 4 }, async (cluster) => {
      const leader = await cluster.leader()
      for (const remaining of [3, 2]) {
        const [via, gone] = await cluster.followers()
        const { id } = cluster.process(gone!)
        const asked = remaining === 3 ? leader : via!
        expect(await asked.ask('/remove', { method: 'DELETE', body: JSON.stringify({ id }) })).toMatchObject({
          status: 200,
          text: '',
        })
        const listed = Object.keys(JSON.parse((await leader.ask('/nodes?nonvoters')).text))
        expect(listed).toHaveLength(remaining)
        expect(listed).not.toContain(id)
        await cluster.process(gone!).kill()
      }
      expect(await leader.query(['SELECT 1'], 'level=strong')).toContain('[[1]]')
    })
  })

  row(71, 'the last voter stays', async () => {
    await withCluster({ nodes: 1 }, async (cluster) => {
      const [node] = cluster.nodes
      const body = JSON.stringify({ id: cluster.process(node!).id })
      expect((await node!.ask('/remove', { method: 'DELETE', body })).status).toBe(500)
      expect(await node!.query(['SELECT 1'], 'level=strong')).toContain('[[1]]')
    })
  })
})
