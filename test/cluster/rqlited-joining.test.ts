import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freePorts } from '../../src/testing/free-ports.ts'
import { type Rqlited, RqlitedNodes } from './rqlited-process.ts'

const ROW = { columns: ['v'], types: ['integer'], values: [[1]] }

describe('joining and leaving by the flags of rqlited', { timeout: 90_000 }, () => {
  test('a read replica - joins, replicates, never votes, and comes back without an address to join', async () => {
    await using nodes = await RqlitedNodes.create()
    const leader = (await nodes.add()).start()
    const replica = await nodes.add()
    await leader.waitForLeader()
    const flags = ['-raft-non-voter=true']
    replica.start([...flags, '-join', leader.raftAddress])
    await replica.waitForLeader()
    await replica.execute('CREATE TABLE t (v INTEGER)', 'INSERT INTO t VALUES (1)')
    await replica.kill()
    replica.start(flags)
    await replica.waitForLeader()
    expect((await replica.status()).store.raft).toMatchObject({ state: 'Follower', voter: false })
    await replica.until('the row', async () => {
      const { results } = (await replica.query('SELECT v FROM t', 'none')) as { results: object[] }
      return results[0] !== undefined && 'values' in results[0]
    })
  })

  test('a read replica that looks for others by name - finds them once they are there', async () => {
    await using nodes = await RqlitedNodes.create()
    const leader = await nodes.add()
    const replica = (await nodes.add()).start(
      [
        '-raft-non-voter=true',
        '-disco-mode',
        'dns',
        '-disco-key',
        'any',
        '-join-interval',
        '100ms',
        '-join-attempts',
        '200',
      ],
      { RQLITE_DISCO_DNS_HOSTS: leader.raftAddress },
    )
    await replica.until('HTTP', () => replica.fetch('/status').catch(() => undefined))
    expect((await replica.status()).disco).toMatchObject({ mode: 'dns' })
    leader.start()
    expect(await replica.waitForLeader()).toEqual({ addr: leader.raftAddress, node_id: leader.id })
  })

  test('a read replica without a cluster - has nothing to start with', async () => {
    await using nodes = await RqlitedNodes.create()
    const replica = (await nodes.add()).start(['-raft-non-voter'])
    expect(await replica.exit()).toBe(1)
    expect(replica.output).toContain('a learner cannot found a cluster')
  })

  test('an address to join that nobody answers at - the node serves meanwhile, and gives up in the end', async () => {
    await using nodes = await RqlitedNodes.create()
    const [nobody] = await freePorts(1)
    const node = (await nodes.add()).start([
      ...['-join', `127.0.0.1:${nobody}`, '-join-attempts', '2', '-join-interval', '1s'],
    ])
    const response = await node.until('HTTP', () => node.fetch('/readyz').catch(() => undefined))
    expect([response.status, await response.text()]).toEqual([503, '[+]node ok\n[+]leader does not exist'])
    expect((await node.fetch('/readyz?noleader')).status).toBe(200)
    expect((await node.fetch('/readyz?sync')).status).toBe(503)
    expect(await node.exit()).toBe(1)
    expect(node.output).toContain('could not join')
  })

  test('the secret - keeps out who does not have it', async () => {
    await using nodes = await RqlitedNodes.create()
    await mkdir(nodes.directory, { recursive: true })
    const secretFile = join(nodes.directory, 'secret')
    await writeFile(secretFile, 'what only members know\n', { mode: 0o600 })
    const first = (await nodes.add()).start(['-cluster-secret-file', secretFile])
    await first.waitForLeader()
    const stranger = (await nodes.add()).start(['-join', first.raftAddress])
    expect(await stranger.exit()).toBe(1)
    const member = (await nodes.add()).start(['-cluster-secret-file', secretFile, '-join', first.raftAddress])
    await member.waitForLeader()
    expect(Object.keys(await first.members())).toEqual(['0', member.id])
  })

  test('permissions - decide who joins, and as what', async () => {
    await using nodes = await RqlitedNodes.create()
    const file = join(nodes.directory, 'auth.json')
    const users = [
      { username: '*', perms: ['status', 'ready'] },
      { username: 'anything', password: 'a', perms: ['all'] },
      { username: 'replica', password: 'r', perms: ['join-read-replica'] },
    ]
    await writeFile(file, JSON.stringify(users), { mode: 0o600 })
    const auth = ['-auth', file]
    const leader = (await nodes.add()).start(auth)
    await leader.waitForLeader()
    const asks = [...auth, '-join', leader.raftAddress, '-join-attempts', '2', '-join-interval', '100ms']
    const anonymous = (await nodes.add()).start(asks)
    const voting = (await nodes.add()).start([...asks, '-join-as', 'replica'])
    expect(await anonymous.exit()).toBe(1)
    expect(await voting.exit()).toBe(1)
    expect(Object.keys(await leader.members())).toEqual(['0'])
    const voter = (await nodes.add()).start([...asks, '-join-as', 'anything'])
    const replica = (await nodes.add()).start([...asks, '-join-as', 'replica', '-raft-non-voter=true'])
    await voter.waitForLeader()
    await replica.waitForLeader()
    expect(Object.keys(await leader.members())).toEqual(['0', voter.id, replica.id])
    expect((await replica.status()).store.raft.voter).toBe(false)
  })

  test('told to join where it cannot - ends, and says why', async () => {
    await using nodes = await RqlitedNodes.create()
    const alone = (await nodes.add()).start()
    const other = (await nodes.add()).start()
    await alone.waitForLeader()
    await other.waitForLeader()
    await alone.kill()
    alone.start(['-join', other.raftAddress])
    expect(await alone.exit()).toBe(1)
    expect(alone.output).toContain('is a cluster of its own and cannot join another one')
    const misled = (await nodes.add()).start(['-join', other.apiAddress])
    expect(await misled.exit()).toBe(1)
    expect(misled.output).toContain(`${other.apiAddress} is the address of an HTTP API`)
  })

  test('three that are started at once - one command line for the first start and every later one', async () => {
    await using nodes = await RqlitedNodes.create()
    const cluster = [await nodes.add(), await nodes.add(), await nodes.add()]
    const addresses = cluster.map(({ raftAddress }) => raftAddress).join(',')
    const flags = ['-bootstrap-expect', '3', '-join', addresses, '-raft-cluster-remove-shutdown=true']
    for (const node of cluster) node.start(flags)
    const leaders = await Promise.all(cluster.map((node) => node.waitForLeader()))
    expect(new Set(leaders.map((leader) => leader.node_id)).size).toBe(1)
    const [first] = cluster as [Rqlited]
    await first.until('three voters', async () => {
      const members = Object.values(await first.members())
      return members.length === 3 && members.every(({ voter }) => voter)
    })
    await first.execute('CREATE TABLE t (v INTEGER)', 'INSERT INTO t VALUES (1)')

    // A stop takes a node out; the same command line takes it in again.
    const leaver = cluster.find(({ id }) => id === leaders[0]?.node_id) as Rqlited
    const stayer = cluster.find((node) => node !== leaver) as Rqlited
    expect(await leaver.stop()).toBe(0)
    expect(Object.keys(await stayer.members())).not.toContain(leaver.id)
    leaver.start(flags)
    await leaver.waitForLeader()
    await stayer.until('its return', async () => leaver.id in (await stayer.members()))

    await Promise.all(cluster.map((node) => node.kill()))
    for (const node of cluster) node.start(flags)
    for (const node of cluster) await node.waitForLeader()
    expect(await first.query('SELECT v FROM t')).toEqual({ results: [ROW] })
    const fourth = (await nodes.add()).start(flags)
    await fourth.waitForLeader()
    expect(Object.keys(await first.members())).toEqual(['0', '1', '2', '3'])
  })

  test('three that find each other by name', async () => {
    await using nodes = await RqlitedNodes.create()
    const cluster = [await nodes.add(), await nodes.add(), await nodes.add()]
    const hosts = { RQLITE_DISCO_DNS_HOSTS: cluster.map(({ raftAddress }) => raftAddress).join(',') }
    for (const node of cluster) node.start(['-bootstrap-expect', '3', '-disco-mode', 'dns'], hosts)
    const leaders = await Promise.all(cluster.map((node) => node.waitForLeader()))
    expect(new Set(leaders.map((leader) => leader.node_id)).size).toBe(1)
    const replica = (await nodes.add()).start(['-disco-mode', 'dns', '-raft-non-voter=true'], hosts)
    await replica.waitForLeader()
    expect((await replica.status()).store.raft.voter).toBe(false)
  })

  test('two nodes - each leaves on its own stop, and leaves a cluster that writes', async () => {
    await using nodes = await RqlitedNodes.create()
    const leaves = ['-raft-cluster-remove-shutdown']
    const leader = (await nodes.add()).start(leaves)
    await leader.waitForLeader()
    await leader.execute('CREATE TABLE t (v INTEGER)')
    const other = await nodes.add()
    other.start([...leaves, '-join', leader.raftAddress])
    await other.waitForLeader()
    await leader.until('two voters', async () =>
      Object.values(await leader.members()).every(({ voter }) => voter),
    )
    expect(await leader.stop()).toBe(0)
    expect(await other.waitForLeader()).toMatchObject({ node_id: other.id })
    expect(Object.keys(await other.members())).toEqual([other.id])
    expect(await other.execute('INSERT INTO t VALUES (1)')).toEqual({
      results: [{ last_insert_id: 1, rows_affected: 1 }],
    })
  })
})
