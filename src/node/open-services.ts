import type { Logger } from '../base/index.ts'
import type { Member } from '../raft/index.ts'
import { Admission } from './admission.ts'
import type { Cleanup } from './cleanup.ts'
import { ClusterChanges } from './cluster-changes.ts'
import { Cluster } from './cluster-service.ts'
import type { DataDir } from './data-dir.ts'
import { Database } from './database-service.ts'
import type { ResolvedNodeInit } from './init.ts'
import { Integrity } from './integrity.ts'
import { openGates } from './load-gate.ts'
import { Maintenance } from './maintenance.ts'
import type { Network } from './open-network.ts'
import type { Raft } from './open-raft.ts'
import { Outbound } from './outbound/outbound.ts'
import { QueuedWrites } from './queued-writes.ts'
import { Reaper } from './reaper.ts'
import { Router } from './router.ts'
import { Storage } from './storage-service.ts'
import { WriteLimit } from './write-limit.ts'

/** What stands on Raft. */
export interface Services {
  readonly cluster: Cluster
  readonly database: Database
  readonly queuedWrites: QueuedWrites
  readonly storage: Storage
  readonly outbound: Outbound
  readonly admission: Admission
}

export interface OpenServicesComponents {
  readonly dataDir: DataDir
  readonly network: Network
  readonly raft: Raft
  readonly cleanup: Cleanup
  readonly logger: Logger
}

export interface OpenServicesInit {
  readonly self: Member
  readonly clusterId: string
  /** Ids that the cluster had before it was recovered. */
  readonly ancestors: readonly string[]
  /** Base URL of the HTTP API, or undefined if it is off. */
  readonly apiUrl: () => string | undefined
}

/** Opens what clients and other nodes ask for, and what the leader does by itself. */
export async function openServices(
  components: OpenServicesComponents,
  init: ResolvedNodeInit,
  { self, clusterId, ancestors, apiUrl }: OpenServicesInit,
): Promise<Services> {
  const { dataDir, network, raft, cleanup, logger: nodeLogger } = components
  const { rpc } = network
  const { consensus, stateMachine, sql, kv, listeners } = raft
  const { authorizer, counters, foreignKeys, raft: settings, version } = init
  const { reapNodeTimeoutMs, reapReadOnlyNodeTimeoutMs } = init
  const { id: selfId, address } = self
  const logger = init.logger.child({ component: 'RAFT' })
  const servedBy = (): string => apiUrl()?.replace(/^https?:\/\//, '') ?? address

  const integrity = new Integrity(
    { consensus, rpc, digests: stateMachine.digests, logger },
    { selfId, intervalMs: init.integrityIntervalMs },
  )
  listeners.integrity = integrity
  if (stateMachine.integrity !== undefined) integrity.reported(stateMachine.integrity)
  integrity.start()
  cleanup.add('integrity', () => integrity.stop())

  const router = new Router(
    { rpc, leader: () => cluster.knownLeader() },
    { selfId, leaderWaitMs: 2 * settings.electionTimeoutMs },
  )
  listeners.router = router

  const changes = new ClusterChanges(
    {
      ...{ consensus, router, rpc, authorizer, logger: nodeLogger },
      nodes: (options) => cluster.nodes(options),
    },
    { selfId, servedBy },
  )
  const reaper = new Reaper(
    { consensus, remove: (id, limits) => changes.removeSilent(id, limits), counters, logger },
    { selfId, nodeTimeoutMs: reapNodeTimeoutMs, readOnlyNodeTimeoutMs: reapReadOnlyNodeTimeoutMs },
  )
  reaper.start()
  cleanup.add('reaper', () => reaper.stop())
  const cluster: Cluster = new Cluster(
    { consensus, changes, rpc, sql, stateMachine, dataDir, outbound: async () => await outbound.status() },
    {
      ...{ selfId, clusterId, address, version, settings, apiUrl },
      options: { foreignKeys, reapNodeTimeoutMs, reapReadOnlyNodeTimeoutMs },
    },
  )

  const database = new Database(
    {
      ...{ consensus, router, rpc, sql, stateMachine, authorizer, counters },
      gates: openGates(counters, 'db'),
    },
    {
      ...{ selfId, servedBy, entryBytesMax: settings.entryBytesMax },
      writeLimit: new WriteLimit(init.writeTimeoutMs),
    },
  )
  const queuedWrites = new QueuedWrites({ database, counters, logger: nodeLogger }, init.writeQueue)
  cleanup.add('write queue', () => queuedWrites.stop(0))
  const maintenance = new Maintenance(
    {
      database,
      isLeader: () => consensus.isLeader,
      namespaces: async () => (await cluster.status()).sqlite.namespaces.map(({ name }) => name),
      dbAppliedIndex: () => stateMachine.dbAppliedIndex,
      counters,
      logger: nodeLogger,
    },
    init.maintenance,
  )
  maintenance.start()
  cleanup.add('maintenance', () => maintenance.stop())

  const { autoBackup, autoRestore, changeCapture } = init
  const outbound = new Outbound(
    {
      ...{ consensus, sql, database, counters },
      dbAppliedIndex: () => stateMachine.dbAppliedIndex,
      logger: init.logger.child({ component: 'OUTBOUND' }),
    },
    { nodeId: selfId, autoBackup, autoRestore, changeCapture },
  )
  listeners.outbound = outbound
  await outbound.start()
  cleanup.add('backups and changes', () => outbound.stop())
  cleanup.add('copies of databases', () => database.close())

  const storage = new Storage({ consensus, router, rpc, kv, gates: openGates(counters, 'kv') })
  const admission = new Admission(
    {
      ...{ consensus, authorizer, counters, logger },
      checkLeaving: (id, limits) => changes.checkLeaving(id, limits),
    },
    { clusterId, ancestors },
  )
  return { cluster, database, queuedWrites, storage, outbound, admission }
}
