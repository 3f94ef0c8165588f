/** Snapshots that a node takes by itself, and what it comes back with. */
import { describe } from 'vitest'
import { row } from '../harness/rows.ts'
import { apiOf, counter, RqlitedNodes } from '../harness/rqlited.ts'

describe('snapshots', () => {
  row(64, 'one is taken after as many entries as -raft-snap says', async () => {
    await using nodes = await RqlitedNodes.create()
    const node = (await nodes.add()).start(['-raft-snap', '2', '-raft-snap-int', '1s'])
    await node.waitForLeader()
    await node.execute('CREATE TABLE t (v)')
    await node.execute('INSERT INTO t VALUES(1)')
    await node.until('a snapshot', async () => (await counter(node, 'store', 'num_snapshots')) > 0)
  })

  row(64, 'the last one is never far behind', async () => {
    await using nodes = await RqlitedNodes.create()
    const node = (await nodes.add()).start(['-raft-snap', '10', '-raft-snap-int', '1s'])
    await node.waitForLeader()
    await node.execute('CREATE TABLE t (v)')
    for (let i = 0; i < 200; i++) await node.execute(`INSERT INTO t VALUES(${i})`)
    await node.until(
      'a late snapshot',
      async () => (await apiOf(node).status('store.raft.last_snapshot_index')) >= 175,
    )
  })

  row(84, 'one that was down over several snapshots catches up', async () => {
    await using nodes = await RqlitedNodes.create()
    const flags = ['-raft-snap', '20']
    const first = (await nodes.add()).start(flags)
    await first.waitForLeader()
    const second = (await nodes.add()).start([...flags, '-join', first.raftAddress])
    const third = (await nodes.add()).start([...flags, '-join', first.raftAddress])
    for (const node of [second, third]) await node.waitForLeader()
    await first.until('three voters', async () =>
      Object.values(await first.members()).every(({ voter }) => voter),
    )
    await first.execute('CREATE TABLE t (v INTEGER PRIMARY KEY)')
    await third.kill()
    for (let i = 1; i <= 150; i++) await first.execute(`INSERT INTO t VALUES(${i})`)
    third.start(flags)
    await third.waitForLeader()
    await third.until('all rows', async () => {
      const text = await apiOf(third).query(['SELECT count(*) FROM t'], 'level=none')
      return text.includes('[[150]]')
    })
  })
})
