/** Memory of a node's process. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { residentMb } from '../linux.ts'
import type { Cluster, ClusterNode } from '../systems/types.ts'
import type { Bench, Findings, Row, Scenario, SystemName, Target } from '../types.ts'
import { createTable, fillTable } from './common.ts'

const SETTLE_MS = 5_000
const ROWS = 1_000_000
const CONNECTIONS = 5_000
/** Connections are opened so many at a time: more than a listener's backlog would be refused. */
const AT_ONCE = 200
const FIRST_REQUEST = 'GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n'

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory of a node',
  method: `Resident memory of the node's process (VmRSS), ${SETTLE_MS / 1_000} s after what is said: of each of the three nodes after their start, with ${ROWS.toLocaleString('en-US')} rows of about 130 bytes, and of the leader with ${CONNECTIONS.toLocaleString('en-US')} idle HTTP connections, each of which was answered once.`,
  systems: ['debros', 'against', 'etcd', 'rqlite'],
  targets: ['idle: <= 150 MB per node'],
  short: true,
  run,
}

type Samples = Partial<Record<SystemName, number[]>>

async function run(bench: Bench): Promise<Findings> {
  const [idle, filled, connected]: [Samples, Samples, Samples] = [{}, {}, {}]
  const open: Partial<Record<SystemName, string>> = {}
  for (const system of memory.systems) {
    const cluster = await bench.start(system)
    if (cluster === undefined) continue
    bench.note(`${system}: idle`)
    idle[system] = await residents(cluster.nodes)
    if (cluster.api === 'rqlite') {
      bench.note(`${system}: ${CONNECTIONS} connections`)
      const leader = await cluster.leader()
      const before = residentMb(leader.pid)
      const held = await hold(leader)
      connected[system] = await residents([leader])
      const each = ((connected[system]?.[0] as number) - before) / held.stillOpen()
      open[system] = `${held.stillOpen()} still open, ${(each * 1_000).toFixed(1)} kB each`
      held.close()
      bench.note(`${system}: ${ROWS} rows`)
      await fill(cluster)
      filled[system] = await residents(cluster.nodes)
    }
    await cluster.close()
  }
  const target: Target = { of: 'debros', statistic: 'max', at: 'most', bound: 150 }
  return {
    rows: [
      row('idle', 'idle', idle, { target }),
      row('connections', `${CONNECTIONS.toLocaleString('en-US')} idle connections`, connected, {
        details: open,
      }),
      row('rows', `${ROWS.toLocaleString('en-US')} rows`, filled),
    ],
  }
}

function row(id: string, label: string, samples: Samples, more: Partial<Row> = {}): Row {
  return { id, label, unit: 'MB', better: 'lower', samples, ...more }
}

async function residents(nodes: readonly ClusterNode[]): Promise<number[]> {
  await sleep(SETTLE_MS)
  return nodes.map(({ pid }) => residentMb(pid))
}

async function fill(cluster: Cluster): Promise<void> {
  await createTable(cluster)
  await fillTable(cluster, ROWS)
}

async function hold({ address }: ClusterNode): Promise<{ stillOpen(): number; close(): void }> {
  const sockets: Socket[] = []
  while (sockets.length < CONNECTIONS) {
    const more = Array.from({ length: AT_ONCE }, () => openOne(address))
    sockets.push(...(await Promise.all(more)))
  }
  return {
    stillOpen: () => sockets.filter((socket) => socket.readyState === 'open').length,
    close: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function openOne(address: string): Promise<Socket> {
  const [host, port] = address.split(':') as [string, string]
  const socket = connect({ host, port: Number(port) })
  await once(socket, 'connect')
  // One that is closed later is counted by what is still open.
  socket.on('error', () => {})
  socket.write(FIRST_REQUEST)
  await once(socket, 'data')
  return socket
}
