import { createPrng } from '../base/index.ts'
import { createKvMachine, type KvMachine } from '../kv/index.ts'
import { createRaftTransport, type Libp2pRaftTransport } from '../p2p/index.ts'
import { createLogStore, decodeEntry, encodeEntry, type Member, RaftDriver } from '../raft/index.ts'
import { createSqlMachine, type SqlMachine } from '../sql/index.ts'
import type { Cleanup } from './cleanup.ts'
import { systemClock } from './clock.ts'
import { Consensus } from './consensus.ts'
import { countSnapshots } from './counted.ts'
import type { DataDir } from './data-dir.ts'
import { GROUP } from './group.ts'
import type { ResolvedNodeInit } from './init.ts'
import type { Integrity } from './integrity.ts'
import type { Network } from './open-network.ts'
import type { Outbound } from './outbound/outbound.ts'
import type { Router } from './router.ts'
import { NodeStateMachine } from './state-machine.ts'

/** Whom Raft tells what happens. They stand on Raft themselves, so each is set when it has been made. */
export interface RaftListeners {
  router?: Router
  integrity?: Integrity
  outbound?: Outbound
}

/** The log, what it is applied to, and how to propose to it. */
export interface Raft {
  readonly driver: RaftDriver
  readonly transport: Libp2pRaftTransport
  readonly consensus: Consensus
  readonly stateMachine: NodeStateMachine
  readonly sql: SqlMachine
  readonly kv: KvMachine
  readonly listeners: RaftListeners
}

export interface OpenRaftInit {
  readonly self: Member
  readonly clusterId: string
  /** It is the first member, unless a log is stored. */
  readonly founds: boolean
  /** The driver stopped itself. */
  readonly onFatal: (error: Error) => void
}

/** Opens the state machines, restores them from what is stored, and takes part in consensus. */
export async function openRaft(
  components: { readonly dataDir: DataDir; readonly network: Network; readonly cleanup: Cleanup },
  init: ResolvedNodeInit,
  { self, clusterId, founds, onFatal }: OpenRaftInit,
): Promise<Raft> {
  const { dataDir, network, cleanup } = components
  const { host, members } = network
  const { counters, foreignKeys, reads, raft: settings } = init
  const { snapshots } = dataDir
  const logger = init.logger.child({ component: 'RAFT' })
  const listeners: RaftListeners = {}

  const sql = createSqlMachine({ logger: init.logger.child({ component: 'SQL' }) }, { foreignKeys, reads })
  await sql.start()
  cleanup.add('sql', () => sql.stop())
  const kv = createKvMachine(
    { database: dataDir.kvDatabase, logger: init.logger.child({ component: 'KV' }) },
    { location: `${dataDir.location}/kv` },
  )
  await kv.start()
  cleanup.add('kv', () => kv.stop())
  const stateMachine = new NodeStateMachine(
    { sql, kv, openSnapshot: (snapshot) => snapshots.openForRestore(snapshot) },
    {
      awaited: (entry) => driver.awaits(entry),
      onIntegrityReport: (report) => listeners.integrity?.reported(report),
      onSqlApplied: () => listeners.outbound?.applied(),
    },
  )

  const transport = createRaftTransport(
    { host, members, codec: { encodeEntry, decodeEntry }, snapshots, clock: systemClock, logger },
    {
      nodeId: self.id,
      clusterId,
      group: GROUP,
      snapshotBytesPerSecond: settings.snapshotBytesPerSecond,
    },
  )
  const driver = new RaftDriver(
    {
      clock: systemClock,
      logStore: createLogStore({ store: dataDir.logDatabase }, { groupId: GROUP }),
      snapshots,
      transport,
      stateMachine,
      prng: createPrng(crypto.getRandomValues(new Uint32Array(1))[0] as number),
      logger,
    },
    {
      id: self.id,
      peerId: self.peerId,
      settings,
      ...(founds ? { bootstrap: [self] } : {}),
      onRoleChange: () => {
        listeners.router?.leaderChanged()
        listeners.outbound?.roleChanged()
      },
      onSnapshot: countSnapshots(counters),
      onFatal,
    },
  )
  transport.onMessage = (message) => driver.receive(message)
  transport.onConnectionLost = (id) => driver.connectionLost(id)
  await new Promise<void>((resolve, reject) => {
    driver.start((error) => (error === undefined ? resolve() : reject(error)))
  })
  cleanup.add('raft', () => new Promise((resolve) => driver.stop(resolve)))
  await transport.start()
  cleanup.add('raft transport', () => transport.stop())

  const consensus = new Consensus(driver, {
    prepare: async () => listeners.outbound?.prepareHandover(),
    failed: () => listeners.outbound?.handoverFailed(),
  })
  return { driver, transport, consensus, stateMachine, sql, kv, listeners }
}
