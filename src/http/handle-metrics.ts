/** GET /metrics: the node's numbers for Prometheus, read at the moment they are asked for. */
import { Gauge, Registry } from 'prom-client'
import { errorMessage } from '../base/index.ts'
import type { NodeStatus } from '../node/index.ts'
import type { RequestContext } from './context.ts'
import { errorReply, type HttpReply } from './reply.ts'
import { within } from './within.ts'

/** One number of a node's status. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly read: (status: NodeStatus) => number | undefined
}

const METRICS: readonly Metric[] = [
  { name: 'debros_ready', help: 'Startup is over: 1, else 0', read: ({ ready }) => Number(ready) },
  {
    name: 'debros_raft_leader',
    help: 'This node leads: 1, else 0',
    read: ({ raft }) => Number(raft.state === 'Leader'),
  },
  { name: 'debros_raft_term', help: 'Current term', read: ({ raft }) => raft.term },
  { name: 'debros_raft_commit_index', help: 'Commit index', read: ({ raft }) => raft.commitIndex },
  { name: 'debros_raft_applied_index', help: 'Applied index', read: ({ raft }) => raft.appliedIndex },
  {
    name: 'debros_raft_pending_apply',
    help: 'Entries committed and not applied yet',
    read: ({ raft }) => raft.pendingApply,
  },
  { name: 'debros_raft_log_entries', help: 'Entries in the log', read: ({ raft }) => raft.logEntries },
  { name: 'debros_raft_log_bytes', help: 'Bytes in the log', read: ({ raft }) => raft.logBytes },
  {
    name: 'debros_raft_snapshot_index',
    help: 'Index of the newest snapshot; 0: none',
    read: ({ raft }) => raft.snapshotIndex,
  },
  {
    name: 'debros_raft_last_contact_seconds',
    help: 'Time since the leader was heard; absent if it never was',
    read: ({ raft }) => (raft.lastContactMs === undefined ? undefined : raft.lastContactMs / 1_000),
  },
  { name: 'debros_cluster_members', help: 'Members of the cluster', read: ({ members }) => members.length },
  { name: 'debros_sql_size_bytes', help: 'Size of all databases', read: ({ sqlite }) => sqlite.sizeBytes },
  {
    name: 'debros_data_dir_bytes',
    help: 'Size of the data directory',
    read: ({ dataDirBytes }) => dataDirBytes,
  },
  {
    name: 'debros_integrity_checked_index',
    help: "Log index at which all nodes' data was last compared; absent before the first comparison",
    read: ({ integrity }) => integrity?.index,
  },
  {
    name: 'debros_integrity_checked_timestamp_seconds',
    help: "When all nodes' data was last compared",
    read: ({ integrity }) => (integrity === undefined ? undefined : integrity.timeMs / 1_000),
  },
]

export async function handleMetrics({ server, parameters }: RequestContext): Promise<HttpReply> {
  const node = server.node()
  try {
    const status = node && (await within(parameters.timeoutMs, node.cluster.status()))
    return { status: 200, type: 'metrics', body: `${await server.metrics.text()}\n${await render(status)}` }
  } catch (error) {
    return errorReply(503, errorMessage(error), { 'retry-after': '1' })
  }
}

async function render(status: NodeStatus | undefined): Promise<string> {
  const registry = new Registry()
  const open = new Gauge({ name: 'debros_up', help: 'The node is open: 1, else 0', registers: [registry] })
  open.set(Number(status !== undefined))
  if (status !== undefined) {
    for (const { name, help, read } of METRICS) {
      const value = read(status)
      if (value !== undefined) new Gauge({ name, help, registers: [registry] }).set(value)
    }
    addIntegrity(registry, status)
  }
  return await registry.metrics()
}

/** 1 for each member whose data differs: what an alert should fire on. */
function addIntegrity(registry: Registry, { integrity }: NodeStatus): void {
  if (integrity === undefined) return
  const gauge = new Gauge({
    name: 'debros_integrity_diverged',
    help: "The member's data differed from the others' in the last comparison: 1; did not: 0",
    labelNames: ['node'],
    registers: [registry],
  })
  for (const node of integrity.agreeing) gauge.set({ node }, 0)
  for (const node of integrity.diverged) gauge.set({ node }, 1)
}
