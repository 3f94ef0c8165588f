/** What a node and a cluster tell of themselves. */
import { describe, expect } from 'vitest'
import { useCluster, withCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

describe('diagnostics', () => {
  row(65, 'the keys that clients and the suite read', async () => {
    const { cluster } = suite
    const leader = cluster.process(await cluster.leader())
    for (const node of cluster.nodes) {
      const status = await node.status()
      const leads = cluster.process(node) === leader
      expect(status).toMatchObject({
        build: { version: expect.any(String) },
        http: {
          bind_addr: new URL(node.url).host,
          auth: 'disabled',
          tls: { enabled: 'false' },
          queue: { _default: {} },
        },
        node: { start_time: expect.any(String), uptime: expect.any(String) },
        os: { pid: cluster.process(node).pid },
        runtime: { version: expect.any(String) },
        store: {
          open: true,
          ready: true,
          node_id: cluster.process(node).id,
          addr: cluster.process(node).raftAddress,
          leader: { node_id: leader.id, addr: leader.raftAddress },
          fsm_index: expect.any(Number),
          db_applied_index: expect.any(Number),
          raft: {
            state: leads ? 'Leader' : 'Follower',
            voter: true,
            commit_index: expect.any(Number),
            applied_index: expect.any(Number),
            fsm_pending: expect.any(Number),
            last_log_index: expect.any(Number),
            last_snapshot_index: expect.any(Number),
            term: expect.any(Number),
            num_peers: 2,
          },
          snapshot_store: { snapshots: expect.any(Array) },
          sqlite3: {
            version: expect.stringMatching(/^3\./),
            pragmas: { ro: expect.any(Object), rw: expect.any(Object) },
          },
        },
      })
      expect(status.store.nodes.map(({ id }: { id: string }) => id)).toEqual(['node1', 'node2', 'node3'])
    }
  })

  row(65, 'a sub-document by its key, {} for none, a scalar below a scalar', async () => {
    const [node] = suite.cluster.nodes
    const text = async (key: string): Promise<string> => (await node!.ask(`/status?key=${key}`)).text
    expect(JSON.parse(await text('store.leader'))).toHaveProperty('node_id')
    expect(await text('store.raft.voter')).toBe('true')
    expect(await text('store.node_id')).toBe('"node1"')
    expect(await text('nothing')).toBe('{}')
    expect(await text('store.nothing.at.all')).toBe('{}')
    expect(await text('store.node_id.deeper')).toBe('"node1"')
  })

  row(65, 'the pragmas, as they are', async () => {
    const [node] = suite.cluster.nodes
    // rqlite's are those of a WAL database on disk. Ours is in memory behind a replicated log, and says so.
    expect(await node!.status('store.sqlite3.pragmas.ro')).toMatchObject({
      foreign_keys: '0',
      journal_mode: 'delete',
      synchronous: '0',
    })
  })

  row(65, 'after a write is acknowledged, indexes meet', async () => {
    const leader = await suite.cluster.leader()
    await leader.execute(['CREATE TABLE IF NOT EXISTS met (v)'])
    await suite.cluster.processes.converged()
    const raft = await leader.status('store.raft')
    expect(raft.commit_index).toBe(raft.applied_index)
    for (const node of suite.cluster.nodes)
      expect(await node.status('store.fsm_index')).toBeGreaterThanOrEqual(raft.applied_index)
  })

  row(66, 'the very next question is answered 200', async () => {
    // Several times over: what is asked for is that there is no moment in between.
    await withCluster({ nodes: 1 }, async (cluster) => {
      const [node] = cluster.nodes
      const process = cluster.process(node!)
      for (let round = 0; round < 4; round++) {
        await process.kill()
        cluster.processes.restart(process)
        await cluster.processes.until(40_000, 'a leader in /status', async () => {
          const leader = await node!.status('store.leader').catch(() => undefined)
          if (!leader?.addr || !leader.node_id) return false
          expect((await node!.ask('/readyz')).status).toBe(200)
          return true
        })
      }
    })
  })

  row(67, 'a map by id, or an array in the order of ids', async () => {
    const { cluster } = suite
    const leader = cluster.process(await cluster.leader())
    for (const node of cluster.nodes) {
      const map = JSON.parse((await node.ask('/nodes')).text)
      expect(Object.keys(map)).toEqual(['node1', 'node2', 'node3'])
      for (const [i, process] of cluster.processes.nodes.entries()) {
        expect(map[process.id]).toEqual({
          id: process.id,
          api_addr: cluster.nodes[i]!.url,
          addr: process.raftAddress,
          version: expect.any(String),
          voter: true,
          reachable: true,
          leader: process === leader,
          time: expect.any(Number),
          time_s: expect.stringMatching(/s$/),
        })
      }
      const { nodes } = JSON.parse((await node.ask('/nodes?ver=2&nonvoters')).text)
      expect(nodes.map(({ id }: { id: string }) => id)).toEqual(['node1', 'node2', 'node3'])
    }
  })

  row(68, 'reachable is false, with an error, at once; the others are as they were', async () => {
    await withCluster({}, async (cluster) => {
      const dead = cluster.process(await cluster.follower())
      await dead.kill()
      for (const node of cluster.nodes.filter((one) => cluster.process(one) !== dead)) {
        const map = JSON.parse((await node.ask('/nodes?nonvoters', { timeoutMs: 10_000 })).text)
        expect(map[dead.id]).toMatchObject({
          reachable: false,
          leader: false,
          version: '',
          error: expect.stringMatching(/./),
        })
        expect(map[dead.id]).not.toHaveProperty('api_addr')
        const others = Object.values(map).filter((one) => one !== map[dead.id])
        for (const other of others) {
          expect(other).toMatchObject({ reachable: true })
          expect(other).not.toHaveProperty('error')
        }
      }
    })
  })

  row(68, 'one that hangs is given as long as timeout says', async () => {
    const { cluster } = suite
    await cluster.processes.ready()
    const frozen = cluster.process(await cluster.follower())
    process.kill(frozen.pid!, 'SIGSTOP')
    try {
      const leader = await cluster.leader()
      const map = JSON.parse((await leader.ask('/nodes?timeout=500ms', { timeoutMs: 10_000 })).text)
      expect(map[frozen.id]).toMatchObject({ reachable: false, error: 'timeout waiting for node to respond' })
    } finally {
      process.kill(frozen.pid!, 'SIGCONT')
    }
    await cluster.processes.ready()
  })

  row(69, 'the node object of the leader, from every node', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    for (const node of cluster.nodes) {
      const { status, text } = await node.ask('/leader')
      expect(status).toBe(200)
      expect(JSON.parse(text)).toMatchObject({
        id: cluster.process(leader).id,
        api_addr: leader.url,
        addr: cluster.process(leader).raftAddress,
        reachable: true,
        leader: true,
        voter: true,
      })
    }
  })

  row(72, 'exact bodies', async () => {
    for (const node of suite.cluster.nodes) {
      expect(await node.ask('/readyz')).toMatchObject({
        status: 200,
        text: '[+]node ok\n[+]leader ok\n[+]store ok\n[+]db ok',
      })
      expect(await node.ask('/readyz?sync')).toMatchObject({
        status: 200,
        text: '[+]node ok\n[+]leader ok\n[+]store ok\n[+]sync ok\n[+]db ok',
      })
      expect(await node.ask('/readyz?noleader')).toMatchObject({ status: 200, text: '[+]node ok' })
    }
  })

  row(73, 'all of them are there from the start, as integers', async () => {
    const names: Readonly<Record<string, readonly string[]>> = {
      http: ['user_snapshots', 'user_reaps'],
      store: [
        'num_snapshots',
        'num_restores',
        'num_restores_start',
        'num_restores_start_skipped',
        'num_ignored_joins',
        'num_removed_before_joins',
      ],
      cluster: ['num_join_req', 'num_client_force_new_conn'],
      uploader: ['num_uploads_ok', 'num_uploads_fail', 'num_uploads_skipped', 'num_uploads_skipped_id'],
      snapshot: ['upgrade_ok'],
    }
    for (const node of suite.cluster.nodes) {
      const { status, text, headers } = await node.ask('/debug/vars')
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('application/json; charset=utf-8')
      const vars = JSON.parse(text)
      expect(vars).toHaveProperty('cmdline')
      for (const group of [
        'db',
        'queue',
        'proxy',
        'mux',
        'proto',
        'sql.processor',
        'downloader',
        'cdc.service',
        'memstats',
      ]) {
        expect(vars).toHaveProperty([group], expect.any(Object))
      }
      for (const [group, counters] of Object.entries(names)) {
        for (const name of counters)
          expect(Number.isInteger(vars[group][name]), `${group}.${name}`).toBe(true)
      }
      expect(vars.uploader).toMatchObject({ num_uploads_ok: 0 })
      const { text: store } = await node.ask('/debug/vars?key=store')
      expect(JSON.parse(store)).toEqual({
        store: expect.objectContaining({ num_snapshots: expect.any(Number) }),
      })
    }
  })

  row(64, '200 or 204 for a snapshot, counts for reaping, both counted', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute(['CREATE TABLE IF NOT EXISTS shot (v)'])
    const http = async (): Promise<Record<string, number>> =>
      JSON.parse((await leader.ask('/debug/vars?key=http')).text).http
    const before = await http()
    expect(await leader.post('/snapshot', '')).toMatchObject({ status: 200, text: '' })
    expect(await leader.post('/snapshot', '')).toMatchObject({ status: 204, text: '' })
    const reaped = await leader.post('/reap', '')
    expect(reaped).toMatchObject({ status: 200 })
    expect(reaped.text).toMatch(/^\{"snapshots_reaped":\d+,"wals_checkpointed":\d+\}$/)
    const after = await http()
    expect(after.user_snapshots! - before.user_snapshots!).toBe(2)
    expect(after.user_reaps! - before.user_reaps!).toBe(1)
    expect((await leader.status('store.snapshot_store.snapshots')).length).toBeGreaterThan(0)
  })
})
