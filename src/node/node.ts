/** The composition root: builds every part in reading order, starts them, and stops them in reverse. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPrng, DebrosError, errorMessage, type Logger, toError } from '../base/index.ts'
import { createKvMachine } from '../kv/index.ts'
import {
  createJoinServer,
  createPeerHost,
  createRaftTransport,
  createRpc,
  type Libp2pRaftTransport,
  MemberTable,
  type PeerHost,
  type RpcService,
} from '../p2p/index.ts'
import {
  createLogStore,
  decodeEntry,
  encodeEntry,
  type Member,
  type NodeIdentity,
  RaftDriver,
} from '../raft/index.ts'
import { createSqlMachine } from '../sql/index.ts'
import { Admission } from './admission.ts'
import { startTogether } from './bootstrap.ts'
import { systemClock } from './clock.ts'
import { ClusterChanges } from './cluster-changes.ts'
import { Cluster } from './cluster-service.ts'
import { Consensus } from './consensus.ts'
import { Contact } from './contact.ts'
import { countSnapshots } from './counted.ts'
import { type DataDir, MemoryDataDir, openDataDir } from './data-dir.ts'
import { Database } from './database-service.ts'
import { WRITE_QUEUE_DRAIN_MS } from './defaults.ts'
import { GROUP } from './group.ts'
import { invalid, type NodeInit, type ResolvedNodeInit, resolveNodeInit } from './init.ts'
import { Integrity } from './integrity.ts'
import { JoinAddresses } from './join-addresses.ts'
import { type Accepted, checkNotAlone, joinCluster } from './join-cluster.ts'
import { JoinDesk } from './join-desk.ts'
import { leaveCluster } from './leaving.ts'
import { Maintenance } from './maintenance.ts'
import { Outbound } from './outbound/outbound.ts'
import { QueuedWrites } from './queued-writes.ts'
import { Reaper } from './reaper.ts'
import { recoverAtStart } from './recovery.ts'
import { Router } from './router.ts'
import { NodeStateMachine } from './state-machine.ts'
import { Storage } from './storage-service.ts'
import type { DebrosNode, NodeServices } from './types.ts'

const READY_POLL_MS = 20

/** A node that is back is ready after so long even if nobody has answered what it says of itself. */
const REJOIN_WAIT_MS = 5_000

/** Nodes that start together are ready after so long even if too few of them have come. */
const COMPANY_WAIT_MS = 10_000

/** The driver gives up after two election timeouts; nobody waits longer where these are long. */
const HANDOVER_TIMEOUT_MS = 10_000

interface OpenRaft {
  readonly driver: RaftDriver
  readonly transport: Libp2pRaftTransport
  readonly consensus: Consensus
  readonly cluster: Cluster
}

/** What exists before the node knows its cluster. */
interface Network {
  readonly host: PeerHost
  readonly rpc: RpcService
  readonly members: MemberTable
  readonly logger: Logger
}

interface Membership {
  readonly self: Member
  readonly clusterId: string
  readonly ancestors: readonly string[]
  readonly founds: boolean
}

/** What exists once its store is open. */
interface Parts extends NodeServices {
  readonly peerId: string
  readonly raftAddress: string
  readonly multiaddrs: readonly string[]
}

/**
 * Starts a node. Resolves once it is a member: it has founded a cluster, resumed the stored one, or
 * been taken in through `joinAddresses`; `cluster.ready` tells when it has also caught up. Rejects
 * with nothing left running: `NODE_INIT_INVALID`, `DATA_DIR_*`, `IDENTITY_*`, `P2P_*`, `JOIN_*`,
 * `RAFT_LOG_DAMAGED`, `RAFT_SNAPSHOT_*`, `PEERS_FILE_INVALID`, `RECOVERY_REFUSED`, or what its door's
 * start rejects with.
 */
export async function createNode(
  init: NodeInit,
  options: { signal?: AbortSignal } = {},
): Promise<DebrosNode> {
  const resolved = resolveNodeInit(init)
  const node = new Node(resolved)
  try {
    await node.start(options.signal ?? new AbortController().signal)
  } catch (error) {
    await node.stop()
    throw error
  }
  return node
}

class Node implements DebrosNode {
  readonly #init: ResolvedNodeInit
  readonly #logger: Logger
  readonly #lifetime = new AbortController()
  /** Undoes each step of the start, last first. */
  readonly #cleanup: { readonly what: string; readonly run: () => Promise<void> | void }[] = []
  readonly #stopped = Promise.withResolvers<void>()
  readonly #closeFailures: unknown[] = []
  #stopping: Promise<void> | undefined
  #fatal: Error | undefined
  #driver: RaftDriver | undefined
  readonly #joinDesk = new JoinDesk()
  #integrity: Integrity | undefined
  #router: Router | undefined
  #consensus: Consensus | undefined
  #outbound: Outbound | undefined
  #queuedWrites: QueuedWrites | undefined
  #closeDoor: () => Promise<void> = async () => {}
  readonly #joinAddresses: JoinAddresses
  #killHost: (() => Promise<void>) | undefined
  #parts: Parts | undefined
  #apiUrl: () => string | undefined = () => undefined

  constructor(init: ResolvedNodeInit) {
    this.#init = init
    this.#logger = init.logger.child({ component: 'NODE' })
    this.#joinAddresses = new JoinAddresses(
      { logger: this.#logger },
      { given: init.joinAddresses, discover: init.discoverAddresses },
    )
    // Whoever wants to know asks; a node stopped by hand has nobody who must.
    this.#stopped.promise.catch(() => {})
  }

  /** The signal ends a start; a node that runs is ended by `stop`. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const abort = (): void => this.#lifetime.abort(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      await this.#start()
    } finally {
      signal.removeEventListener('abort', abort)
    }
    this.#lifetime.signal.throwIfAborted()
  }

  async #start(): Promise<void> {
    const init = this.#init
    const door = init.door?.(() => this.#parts)
    if (door !== undefined) {
      await door.start()
      this.#closeDoor = () => door.stop()
      this.#apiUrl = () => door.url
    }

    const dataDir = await openDataDir({ logger: this.#logger }, init)
    this.#cleanup.push({ what: 'data directory', run: () => dataDir.close() })
    const { stored, ancestors } = await this.#readStored(dataDir)
    const derived = `node-${dataDir.identity.peerId.slice(-8)}`
    const nodeId = init.nodeId ?? stored?.nodeId ?? init.firstNodeId ?? derived
    await dataDir.writeIdentity({ nodeId, clusterId: stored?.clusterId })

    const network = await this.#openNetwork(dataDir)
    const address = init.raftAdvertise ?? network.host.nodeAddress
    const self: Member = { id: nodeId, peerId: dataDir.identity.peerId, address, voter: init.voter }

    // A node that has no cluster yet founds one or joins one. One that has never asks again, unless
    // it was taken in and lost its way before it received a log.
    const founding = await dataDir.readFounding()
    let foundsAs = founding?.founder === self.peerId ? founding.clusterId : undefined
    let founds = stored?.clusterId === undefined && (foundsAs !== undefined || !this.#joinAddresses.exist)
    if (founds && !init.voter) {
      throw invalid('a learner cannot found a cluster; give it the address of a member to join')
    }
    let accepted: Accepted | undefined
    if (stored?.clusterId === undefined && !founds) {
      if (init.bootstrapExpect === 0) {
        accepted = await this.#join(network, self, undefined)
      } else {
        const components = {
          ...{ network, dataDir, logger: this.#logger },
          ...{ joinDesk: this.#joinDesk, joinAddresses: this.#joinAddresses },
        }
        const outcome = await startTogether(components, init, self, this.#lifetime.signal)
        founds = outcome.type === 'founds'
        if (outcome.type === 'founds') foundsAs = outcome.clusterId
        else accepted = outcome.accepted
      }
    }
    const clusterId = stored?.clusterId ?? accepted?.clusterId ?? foundsAs ?? randomUUID()
    if (accepted !== undefined) await dataDir.writeIdentity({ nodeId, clusterId })

    const raft = await this.#openRaft(dataDir, network, { self, clusterId, ancestors, founds })
    if (founds) await dataDir.writeIdentity({ nodeId, clusterId })
    // A member has nothing to promise any more.
    if (await dataDir.readFounding()) await dataDir.writeFounding(undefined)
    this.#joinDesk.foundBy(async () => ({
      ...{ type: 'waiting', nodeId, foundingId: clusterId, member: true },
    }))
    if (raft.driver.config.members.length === 0) {
      accepted ??= await this.#join(network, self, clusterId)
      raft.driver.learnMembers(accepted.members)
    }
    this.#logger.info(
      { id: nodeId, peerId: self.peerId, clusterId, address, dataDir: dataDir.location },
      founds ? `node ${nodeId} founds a cluster` : `node ${nodeId} is a member`,
    )
    const hasOthers =
      init.discoverAddresses !== undefined || init.joinAddresses.some((one) => one !== address)
    const rejoin = stored?.clusterId !== undefined && hasOthers
    if (rejoin && init.bootstrapExpect === 0) checkNotAlone(self, raft.driver.config.members)
    const { joinIntervalMs, joinCredentials, clusterSecret: secret } = init
    const { electionTimeoutMs } = init.raft
    const contact = new Contact(
      { ...raft, network, logger: this.#logger },
      {
        ...{ self, clusterId, secret, joinIntervalMs, joinCredentials, electionTimeoutMs },
        joinAddresses: this.#joinAddresses,
        dataDir: dataDir.location,
        signal: this.#lifetime.signal,
      },
    )
    void contact.announce({ rejoin })
    void contact.keepInTouch({ now: stored?.clusterId !== undefined })
    const company = stored?.clusterId === undefined ? init.bootstrapExpect : 0
    void this.#awaitReady(raft.consensus, raft.cluster, contact, company)
  }

  /** Whom the directory belongs to, after a recovery that was asked for. */
  async #readStored(
    dataDir: DataDir,
  ): Promise<{ stored: NodeIdentity | undefined; ancestors: readonly string[] }> {
    const { nodeId } = this.#init
    const stored = await dataDir.readIdentity()
    if (dataDir.kind === 'memory') return { stored, ancestors: [] }
    // Somebody else's directory is not recovered.
    if (stored !== undefined && nodeId !== undefined) await dataDir.writeIdentity({ ...stored, nodeId })
    const { peerId } = dataDir.identity
    const ancestors = await recoverAtStart({ ...dataDir, peerId }, this.#logger)
    return { stored: await dataDir.readIdentity(), ancestors }
  }

  async #openNetwork(dataDir: DataDir): Promise<Network> {
    const { listenAddresses, raftAddress: nodeAddress, linkFilter, clusterSecret } = this.#init
    const logger = this.#init.logger.child({ component: 'P2P' })
    const host = createPeerHost(
      { identity: dataDir.identity, logger, ...(linkFilter === undefined ? {} : { linkFilter }) },
      { listenAddresses, nodeAddress },
    )
    const members = new MemberTable()
    // As rqlite's counter: a pooled connection was found dead, and replaced.
    const onReconnected = () => this.#init.counters.add('cluster', 'num_client_force_new_conn')
    const rpc = createRpc({ host, members, logger, onReconnected })
    await host.start()
    this.#cleanup.push({ what: 'network', run: () => host.stop() })
    this.#killHost = () => host.kill()
    await rpc.start()
    this.#cleanup.push({ what: 'rpc', run: () => rpc.stop() })
    createJoinServer(
      { rpc, host, logger },
      { secret: clusterSecret, onJoin: (request, { signal }) => this.#joinDesk.handle(request, signal) },
    )
    return { host, rpc, members, logger }
  }

  async #openRaft(
    dataDir: DataDir,
    network: Network,
    { self, clusterId, ancestors, founds }: Membership,
  ): Promise<OpenRaft> {
    const { authorizer, counters, foreignKeys, raft: settings, version } = this.#init
    const { host, rpc, members } = network
    const logger = this.#init.logger.child({ component: 'RAFT' })

    const sql = createSqlMachine({ logger: this.#init.logger.child({ component: 'SQL' }) }, { foreignKeys })
    await sql.start()
    this.#cleanup.push({ what: 'sql', run: () => sql.stop() })
    const kv = createKvMachine(
      { database: dataDir.kvDatabase, logger: this.#init.logger.child({ component: 'KV' }) },
      { location: `${dataDir.location}/kv` },
    )
    await kv.start()
    this.#cleanup.push({ what: 'kv', run: () => kv.stop() })
    const stateMachine = new NodeStateMachine(
      { sql, kv, openSnapshot: (snapshot) => dataDir.snapshots.openForRestore(snapshot) },
      {
        awaited: (entry) => this.#driver?.awaits(entry) ?? false,
        onIntegrityReport: (report) => this.#integrity?.reported(report),
        onSqlApplied: () => this.#outbound?.applied(),
      },
    )

    const transport = createRaftTransport(
      {
        host,
        members,
        codec: { encodeEntry, decodeEntry },
        snapshots: dataDir.snapshots,
        clock: systemClock,
        logger,
      },
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
        snapshots: dataDir.snapshots,
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
          this.#router?.leaderChanged()
          this.#outbound?.roleChanged()
        },
        onSnapshot: countSnapshots(this.#init.counters),
        onFatal: (error) => this.#failed(error),
      },
    )
    this.#driver = driver
    transport.onMessage = (message) => driver.receive(message)
    transport.onConnectionLost = (id) => driver.connectionLost(id)
    await new Promise<void>((resolve, reject) => {
      driver.start((error) => (error === undefined ? resolve() : reject(error)))
    })
    this.#cleanup.push({ what: 'raft', run: () => new Promise((resolve) => driver.stop(resolve)) })
    await transport.start()
    this.#cleanup.push({ what: 'raft transport', run: () => transport.stop() })

    const consensus = new Consensus(driver, {
      prepare: async () => this.#outbound?.prepareHandover(),
      failed: () => this.#outbound?.handoverFailed(),
    })
    this.#consensus = consensus
    const integrity = new Integrity(
      { consensus, rpc, digests: stateMachine.digests, logger },
      { selfId: self.id, intervalMs: this.#init.integrityIntervalMs },
    )
    this.#integrity = integrity
    if (stateMachine.integrity !== undefined) integrity.reported(stateMachine.integrity)
    integrity.start()
    this.#cleanup.push({ what: 'integrity', run: () => integrity.stop() })
    const router = new Router(
      { rpc, leader: () => cluster.knownLeader() },
      { selfId: self.id, leaderWaitMs: 2 * settings.electionTimeoutMs },
    )
    this.#router = router
    const servedBy = (): string => this.#apiUrl()?.replace(/^https?:\/\//, '') ?? self.address
    const changes = new ClusterChanges(
      {
        consensus,
        router,
        rpc,
        authorizer,
        nodes: (options) => cluster.nodes(options),
        logger: this.#logger,
      },
      { selfId: self.id, servedBy },
    )
    const reaper = new Reaper(
      { consensus, remove: (id, limits) => changes.removeSilent(id, limits), counters, logger },
      {
        selfId: self.id,
        nodeTimeoutMs: this.#init.reapNodeTimeoutMs,
        readOnlyNodeTimeoutMs: this.#init.reapReadOnlyNodeTimeoutMs,
      },
    )
    reaper.start()
    this.#cleanup.push({ what: 'reaper', run: () => reaper.stop() })
    const cluster: Cluster = new Cluster(
      { consensus, changes, rpc, sql, stateMachine, dataDir, outbound: async () => await outbound.status() },
      {
        ...{ selfId: self.id, clusterId, address: self.address, version, settings },
        options: {
          foreignKeys,
          reapNodeTimeoutMs: this.#init.reapNodeTimeoutMs,
          reapReadOnlyNodeTimeoutMs: this.#init.reapReadOnlyNodeTimeoutMs,
        },
        apiUrl: () => this.#apiUrl(),
      },
    )
    const database = new Database(
      { consensus, router, rpc, sql, stateMachine, authorizer, counters: this.#init.counters },
      { selfId: self.id, servedBy, entryBytesMax: settings.entryBytesMax },
    )
    const queuedWrites = new QueuedWrites(
      { database, counters: this.#init.counters, logger: this.#logger },
      this.#init.writeQueue,
    )
    this.#queuedWrites = queuedWrites
    this.#cleanup.push({ what: 'write queue', run: () => queuedWrites.stop(0) })
    const maintenance = new Maintenance(
      {
        database,
        isLeader: () => consensus.isLeader,
        namespaces: async () => (await cluster.status()).sqlite.namespaces.map(({ name }) => name),
        dbAppliedIndex: () => stateMachine.dbAppliedIndex,
        counters: this.#init.counters,
        logger: this.#logger,
      },
      this.#init.maintenance,
    )
    maintenance.start()
    this.#cleanup.push({ what: 'maintenance', run: () => maintenance.stop() })
    const { autoBackup, autoRestore, changeCapture } = this.#init
    const outbound = new Outbound(
      {
        ...{ consensus, sql, database, counters },
        dbAppliedIndex: () => stateMachine.dbAppliedIndex,
        logger: this.#init.logger.child({ component: 'OUTBOUND' }),
      },
      { nodeId: self.id, autoBackup, autoRestore, changeCapture },
    )
    this.#outbound = outbound
    await outbound.start()
    this.#cleanup.push({ what: 'backups and changes', run: () => outbound.stop() })
    this.#cleanup.push({ what: 'copies of databases', run: () => database.close() })
    const storage = new Storage({ consensus, router, rpc, kv })
    const admission = new Admission(
      {
        ...{ consensus, authorizer, counters, logger },
        checkLeaving: (id, limits) => changes.checkLeaving(id, limits),
      },
      { clusterId, ancestors },
    )
    this.#joinDesk.admitBy((request, signal) => admission.admit(request, signal))
    this.#parts = {
      id: self.id,
      peerId: self.peerId,
      raftAddress: self.address,
      multiaddrs: host.multiaddrs(),
      database,
      queuedWrites,
      storage,
      cluster,
      counters: this.#init.counters,
    }
    return { driver, transport, consensus, cluster }
  }

  async #join(network: Network, self: Member, clusterId: string | undefined): Promise<Accepted> {
    const { clusterSecret: secret, joinIntervalMs, joinAttempts, joinCredentials: credentials } = this.#init
    const { joinAddresses: given, discoverAddresses } = this.#init
    if (given.length > 0 && given.every((address) => address === self.address) && !discoverAddresses) {
      throw invalid('the only address it is to join is its own')
    }
    if (!this.#joinAddresses.exist) {
      throw new DebrosError(
        'JOIN_ADDRESS_MISSING',
        'this node was taken into a cluster but has no log yet; start it with the address of a member to join',
      )
    }
    const addresses = async () =>
      (await this.#joinAddresses.now()).filter((address) => address !== self.address)
    this.#logger.info({ addresses: await addresses() }, 'joining')
    const { id: nodeId, address, voter } = self
    return await joinCluster(
      { ...network, logger: this.#logger },
      {
        addresses,
        secret,
        request: { nodeId, address, voter, clusterId, ...(credentials && { credentials }) },
        intervalMs: joinIntervalMs,
        attempts: joinAttempts,
        signal: this.#lifetime.signal,
      },
    )
  }

  /** Ready once everything that was committed when it came back is applied here; see {@link #awaitCompany}. */
  async #awaitReady(
    consensus: Consensus,
    cluster: Cluster,
    contact: Contact,
    company: number,
  ): Promise<void> {
    const { signal } = this.#lifetime
    while (!signal.aborted) {
      try {
        await consensus.readIndex({ timeoutMs: this.#init.raft.electionTimeoutMs, signal })
        break
      } catch {
        // No leader yet, or not caught up: that is what is being waited for.
        await sleep(READY_POLL_MS)
      }
    }
    // Whoever sees that it is ready may rely on what the cluster knows of it.
    await Promise.race([contact.answered, sleep(REJOIN_WAIT_MS, undefined, { signal }).catch(() => {})])
    await this.#awaitCompany(consensus, company)
    try {
      await this.#outbound?.restore(signal)
    } catch (error) {
      if (!signal.aborted) this.#failed(toError(error))
      return
    }
    if (signal.aborted) return
    cluster.becameReady()
    this.#logger.info({ leader: consensus.leaderId }, 'ready')
  }

  /**
   * Until most of those that a cluster was founded with have a vote: what is written before is on fewer
   * disks than whoever started so many nodes may think.
   */
  async #awaitCompany(consensus: Consensus, expected: number): Promise<void> {
    const { signal } = this.#lifetime
    const deadlineMs = performance.now() + COMPANY_WAIT_MS
    while (
      !signal.aborted &&
      performance.now() < deadlineMs &&
      2 * consensus.config.voters.length <= expected
    ) {
      await sleep(READY_POLL_MS, undefined, { signal }).catch(() => {})
    }
  }

  #failed(error: Error): void {
    this.#fatal ??= error
    void this.stop()
  }

  get #started(): Parts {
    if (this.#parts === undefined) throw new DebrosError('NODE_NOT_STARTED', 'the node is not started')
    return this.#parts
  }

  get id(): string {
    return this.#started.id
  }

  get peerId(): string {
    return this.#started.peerId
  }

  get raftAddress(): string {
    return this.#started.raftAddress
  }

  get multiaddrs(): readonly string[] {
    return this.#started.multiaddrs
  }

  get apiUrl(): string | undefined {
    return this.#apiUrl()
  }

  get database(): NodeServices['database'] {
    return this.#started.database
  }

  get queuedWrites(): NodeServices['queuedWrites'] {
    return this.#started.queuedWrites
  }

  get storage(): NodeServices['storage'] {
    return this.#started.storage
  }

  get cluster(): NodeServices['cluster'] {
    return this.#started.cluster
  }

  get counters(): NodeServices['counters'] {
    return this.#init.counters
  }

  get stopped(): Promise<void> {
    return this.#stopped.promise
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#lifetime.abort(new DebrosError('NODE_STOPPED', 'the node is stopping', { retryable: true }))
    // Nobody is let in any more; who is in gets an answer while there still is a node to give it.
    await this.#attempt('door', this.#closeDoor)
    if (this.#fatal === undefined) await this.#queuedWrites?.stop(WRITE_QUEUE_DRAIN_MS)
    if (this.#fatal === undefined) await this.#outbound?.prepareHandover()
    const { removeOnShutdown, stepdownOnShutdown } = this.#init
    const parts = this.#fatal === undefined ? this.#parts : undefined
    if (removeOnShutdown && parts !== undefined && parts.cluster.detached === undefined) {
      await leaveCluster({ cluster: parts.cluster, logger: this.#logger }, parts.id)
    }
    // A leader that says goodbye saves the others an election timeout.
    if (this.#fatal === undefined && stepdownOnShutdown && this.#driver?.role === 'leader') {
      const limits = { timeoutMs: HANDOVER_TIMEOUT_MS }
      await this.#consensus?.transferLeadership(undefined, limits).catch((error: unknown) => {
        this.#logger.debug({ error: errorMessage(error) }, 'leadership not handed over')
      })
    }
    await this.#close()
  }

  async kill(): Promise<void> {
    this.#stopping ??= (async () => {
      this.#lifetime.abort(new DebrosError('NODE_STOPPED', 'the node was killed'))
      if (this.#init.dataDir instanceof MemoryDataDir) this.#init.dataDir.disk.crash()
      this.#driver?.stop(() => {})
      await this.#killHost?.()
      await this.#attempt('door', this.#closeDoor)
      await this.#close()
    })()
    await this.#stopping
  }

  async #close(): Promise<void> {
    for (const { what, run } of this.#cleanup.splice(0).reverse()) await this.#attempt(what, run)
    this.#parts = undefined
    if (this.#fatal !== undefined) this.#stopped.reject(this.#fatal)
    else this.#stopped.resolve()
    const failures = this.#closeFailures
    if (failures.length > 0 && this.#fatal === undefined)
      throw new AggregateError(failures, 'the node did not stop cleanly')
  }

  async #attempt(what: string, close: () => Promise<void> | void): Promise<void> {
    try {
      await close()
    } catch (error) {
      this.#logger.error({ error: errorMessage(error) }, `closing the ${what} failed`)
      this.#closeFailures.push(error)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
