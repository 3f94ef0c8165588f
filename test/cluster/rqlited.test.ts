import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freePorts } from '../../src/testing/free-ports.ts'
import { type Rqlited, RqlitedNodes } from './rqlited-process.ts'

const ROW = { columns: ['v'], types: ['integer'], values: [[1]] }

/** A leader and two nodes that have joined through it. */
async function threeNodes(nodes: RqlitedNodes, host?: string): Promise<[Rqlited, Rqlited, Rqlited]> {
  const first = (await nodes.add(host)).start()
  const second = await nodes.add(host)
  const third = await nodes.add(host)
  await first.waitForLeader()
  second.start(['-join', first.raftAddress])
  await second.waitForLeader()
  third.start(['-join', second.raftAddress])
  await third.waitForLeader()
  return [first, second, third]
}

describe('rqlited', { timeout: 90_000 }, () => {
  test('one node - leads at once, and its data survives a kill', async () => {
    await using nodes = await RqlitedNodes.create()
    const node = (await nodes.add()).start(['-raft-snap', '2'])
    expect(await node.waitForLeader()).toEqual({ addr: node.raftAddress, node_id: '0' })
    expect((await node.status()).store.raft.state).toBe('Leader')
    expect(await node.execute('CREATE TABLE t (v INTEGER)')).toEqual({ results: [{}] })
    expect(await node.execute('INSERT INTO t VALUES (1)')).toEqual({
      results: [{ last_insert_id: 1, rows_affected: 1 }],
    })
    await node.until('a snapshot', async () => (await node.status()).store.raft.last_snapshot_index > 0)
    await node.kill()
    node.start(['-raft-snap', '2'])
    await node.waitForLeader()
    expect(await node.query('SELECT v FROM t')).toEqual({ results: [ROW] })
    expect(await node.stop()).toBe(0)
  })

  test('a node without a name - has its first address as name, and keeps it', async () => {
    await using nodes = await RqlitedNodes.create()
    const node = await nodes.add()
    const name = node.raftAddress
    node.start(['-node-id', ''])
    expect(await node.waitForLeader()).toEqual({ addr: name, node_id: name })
    await node.kill()
    const [port] = await freePorts(1)
    node.raftAddress = `127.0.0.1:${port}`
    node.start(['-node-id', ''])
    await node.waitForLeader()
    await node.until('its new address', async () => (await node.members())[name]?.addr === node.raftAddress)
  })

  test('three nodes - join through leader and follower, redirect, fail over, come back without joining', async () => {
    await using nodes = await RqlitedNodes.create()
    // Names are addresses as good as any.
    const cluster = await threeNodes(nodes, 'localhost')
    const [first, second, third] = cluster
    const leader = { addr: first.raftAddress, node_id: '0' }
    for (const node of cluster) expect((await node.status()).store.leader).toEqual(leader)
    await second.execute('CREATE TABLE t (v INTEGER)', 'INSERT INTO t VALUES (1)')
    const redirected = await third.post('/db/execute?redirect', ['nonsense'])
    expect([redirected.status, redirected.headers.get('location')]).toEqual([
      301,
      `http://${first.apiAddress}/db/execute?redirect`,
    ])

    // Two voters of three go on; a newcomer votes only once it has caught up.
    await first.until('three voters', async () =>
      Object.values(await first.members()).every(({ voter }) => voter),
    )
    await first.kill()
    const successor = await second.until('another leader', async () => {
      const found = (await second.status()).store.leader
      return found !== undefined && found.addr !== '' && found.addr !== leader.addr && found
    })
    expect(await third.query('SELECT v FROM t', 'strong')).toEqual({ results: [ROW] })
    expect((await second.members())[0]).toMatchObject({ reachable: false, leader: false })
    first.start()
    expect(await first.waitForLeader()).toEqual(successor)

    await Promise.all(cluster.map((node) => node.kill()))
    for (const node of cluster) node.start()
    for (const node of cluster) await node.waitForLeader()
    expect(await third.query('SELECT v FROM t')).toEqual({ results: [ROW] })
  })

  test('listening everywhere - the advertised addresses are those that others are told', async () => {
    await using nodes = await RqlitedNodes.create()
    const everywhere = (node: Rqlited): string[] => [
      ...['-http-addr', `0.0.0.0:${node.apiAddress.split(':')[1]}`, '-http-adv-addr', node.apiAddress],
      ...['-raft-addr', `0.0.0.0:${node.raftAddress.split(':')[1]}`, '-raft-adv-addr', node.raftAddress],
    ]
    const first = await nodes.add()
    const second = await nodes.add()
    first.start(everywhere(first))
    await first.waitForLeader()
    second.start([...everywhere(second), '-join', first.raftAddress])
    expect(await second.waitForLeader()).toEqual({ addr: first.raftAddress, node_id: '0' })
    const members = await second.members()
    for (const node of [first, second]) {
      expect(members[node.id]).toMatchObject({
        api_addr: `http://${node.apiAddress}`,
        addr: node.raftAddress,
        reachable: true,
      })
    }
  })

  test('a peers file - brings killed nodes back at other addresses', async () => {
    await using nodes = await RqlitedNodes.create()
    const cluster = await threeNodes(nodes)
    await cluster[0].execute('CREATE TABLE t (v INTEGER)', 'INSERT INTO t VALUES (1)')
    await cluster[0].until('three voters', async () =>
      Object.values(await cluster[0].members()).every(({ voter }) => voter),
    )
    await Promise.all(cluster.map((node) => node.kill()))
    const ports = await freePorts(3)
    cluster.forEach((node, i) => {
      node.raftAddress = `127.0.0.1:${ports[i]}`
    })
    const peers = JSON.stringify(
      cluster.map(({ id, raftAddress }) => ({ id, address: raftAddress, non_voter: false })),
    )
    for (const node of cluster) await writeFile(join(node.dataDir, 'raft', 'peers.json'), peers)
    for (const node of cluster) node.start()
    for (const node of cluster) await node.waitForLeader()
    expect(await cluster[2].query('SELECT v FROM t')).toEqual({ results: [ROW] })
    for (const node of cluster) {
      expect(await readFile(join(node.dataDir, 'raft', 'peers.info'), 'utf8')).toBe(peers)
    }
  })
})
