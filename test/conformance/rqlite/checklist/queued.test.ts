/** Queued writes: answered before they are done. */
import { describe, expect } from 'vitest'
import { documentOf } from '../harness/api.ts'
import { useCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

describe('queued', () => {
  row(45, 'exactly two members, and a number that rises', async () => {
    for (const node of suite.cluster.nodes) {
      await node.execute(['CREATE TABLE IF NOT EXISTS q (node, v)'])
      let last = 0n
      for (let i = 0; i < 3; i++) {
        const text = await node.execute([['INSERT INTO q VALUES(?, ?)', node.url, i]], 'queue')
        const number = /^\{"results":\[\],"sequence_number":(\d+)\}$/.exec(text)?.[1]
        expect(number, text).toBeDefined()
        expect(BigInt(number!)).toBeGreaterThan(last)
        last = BigInt(number!)
      }
    }
  })

  row(45, 'what goes through a follower is written in its order, and in batches', async () => {
    const [follower] = await suite.cluster.followers()
    await follower!.execute(['CREATE TABLE sequence (id INTEGER PRIMARY KEY AUTOINCREMENT, v INTEGER)'])
    const before = await follower!.status('store.db_applied_index')
    for (let i = 0; i < 500; i++) await follower!.execute([['INSERT INTO sequence(v) VALUES(?)', i]], 'queue')
    await follower!.execute([['INSERT INTO sequence(v) VALUES(?)', 500]], 'queue&wait')
    expect(await follower!.rows('SELECT count(*), sum(v <> id - 1) FROM sequence')).toEqual([[501, 0]])
    // Not one entry of the log for each.
    expect((await follower!.status('store.db_applied_index')) - before).toBeLessThan(450)
  })

  row(45, 'a statement that fails does not take others with it; bad bodies are refused at once', async () => {
    const leader = await suite.cluster.leader()
    await leader.execute(['CREATE TABLE partial (v INTEGER PRIMARY KEY)'])
    await leader.execute(
      [
        'INSERT INTO partial VALUES(1)',
        'INSERT INTO partial VALUES(1)',
        'nonsense',
        'INSERT INTO partial VALUES(2)',
      ],
      'queue&wait',
    )
    expect(await leader.rows('SELECT v FROM partial ORDER BY v')).toEqual([[1], [2]])
    expect(await leader.post('/db/execute?queue', '["INSERT')).toMatchObject({
      status: 400,
      text: 'invalid JSON body\n',
    })
    expect(await leader.post('/db/execute?queue', '[[]]')).toMatchObject({
      status: 400,
      text: 'invalid request\n',
    })
    expect(await leader.post('/db/execute?queue', '[]')).toMatchObject({
      status: 400,
      text: 'no statements\n',
    })
    // rqlite takes it on, and its queue never gets past it.
    expect(await leader.execute(['PRAGMA synchronous = OFF'], 'queue')).toBe(
      '{"results":[],"error":"disallowed pragma"}',
    )
    await leader.execute(['INSERT INTO partial VALUES(3)'], 'queue&wait')
    expect(await leader.rows('SELECT max(v) FROM partial')).toEqual([[3]])
  })

  row(46, 'it is visible on reply, through any node', async () => {
    for (const [i, node] of suite.cluster.nodes.entries()) {
      await node.execute(['CREATE TABLE IF NOT EXISTS visible (v)'])
      const document = documentOf(await node.execute([`INSERT INTO visible VALUES(${i})`], 'queue&wait'))
      expect(document.sequence_number).toBeGreaterThan(0)
      expect(await node.rows('SELECT count(*) FROM visible', 'level=linearizable')).toEqual([[i + 1]])
    }
  })

  row(46, '[] is a flush marker: it answers once everything before it is written', async () => {
    for (const [i, node] of suite.cluster.nodes.entries()) {
      await node.execute(['CREATE TABLE IF NOT EXISTS flushed (v)'])
      for (let j = 0; j < 50; j++) await node.execute([`INSERT INTO flushed VALUES(${j})`], 'queue')
      expect(await node.execute([], 'queue&wait&timeout=20s')).toMatch(
        /^\{"results":\[\],"sequence_number":\d+\}$/,
      )
      expect(await node.rows('SELECT count(*) FROM flushed', 'level=linearizable')).toEqual([[50 * (i + 1)]])
    }
  })

  row(46, '2,000 of them and one that waits', async () => {
    const [follower] = await suite.cluster.followers()
    await follower!.execute(['CREATE TABLE crowd (v)'])
    const writers = Array.from({ length: 10 }, async (_, writer) => {
      for (let i = 0; i < 200; i++) await follower!.execute([`INSERT INTO crowd VALUES(${writer})`], 'queue')
    })
    await Promise.all(writers)
    await follower!.execute(['INSERT INTO crowd VALUES(10)'], 'queue&wait')
    expect(await follower!.rows('SELECT count(*) FROM crowd')).toEqual([[2_001]])
  })

  row(46, 'the highest number written is in /status', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute(['CREATE TABLE IF NOT EXISTS counted (v)'])
    const text = await node!.execute(['INSERT INTO counted VALUES(1)'], 'queue&wait')
    const number = /"sequence_number":(\d+)/.exec(text)?.[1]
    const { text: status } = await node!.ask('/status?key=http.queue._default')
    expect(status).toContain(`"sequence_number":${number}`)
    expect(JSON.parse(status)).toMatchObject({ max_size: 1024, batch_size: 128, timeout: '50ms' })
  })
})
