/** The composition root: opens every part in reading order, and closes them in reverse. */
import { DebrosError, errorMessage, type Logger, toError } from '../base/index.ts'
import type { Member, NodeIdentity } from '../raft/index.ts'
import { Cleanup } from './cleanup.ts'
import { Contact, type ContactComponents, type ContactInit } from './contact.ts'
import { type DataDir, MemoryDataDir, openDataDir } from './data-dir.ts'
import { WRITE_QUEUE_DRAIN_MS } from './defaults.ts'
import { askToJoin, enterCluster } from './enter-cluster.ts'
import { type NodeInit, type ResolvedNodeInit, resolveNodeInit } from './init.ts'
import { JoinAddresses } from './join-addresses.ts'
import { checkNotAlone } from './join-cluster.ts'
import { JoinDesk } from './join-desk.ts'
import { leaveCluster } from './leaving.ts'
import { type Network, openNetwork } from './open-network.ts'
import { openRaft, type Raft } from './open-raft.ts'
import { openServices, type Services } from './open-services.ts'
import { untilReady } from './readiness.ts'
import { recoverAtStart } from './recovery.ts'
import type { DebrosNode, NodeServices } from './types.ts'

/** The driver gives up after two election timeouts; nobody waits longer where these are long. */
const HANDOVER_TIMEOUT_MS = 10_000

/** What others may use, once all of it is there. */
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
  await node.start(options.signal ?? new AbortController().signal)
  return node
}

class Node implements DebrosNode {
  readonly #init: ResolvedNodeInit
  readonly #logger: Logger
  readonly #lifetime = new AbortController()
  readonly #cleanup: Cleanup
  readonly #stopped = Promise.withResolvers<void>()
  readonly #joinDesk = new JoinDesk()
  readonly #joinAddresses: JoinAddresses
  #apiUrl: () => string | undefined = () => undefined
  #closeDoor: () => Promise<void> = async () => {}
  #network: Network | undefined
  #raft: Raft | undefined
  #services: Services | undefined
  #parts: Parts | undefined
  #stopping: Promise<void> | undefined
  #fatal: Error | undefined

  constructor(init: ResolvedNodeInit) {
    this.#init = init
    this.#logger = init.logger.child({ component: 'NODE' })
    this.#cleanup = new Cleanup({ logger: this.#logger })
    this.#joinAddresses = new JoinAddresses(
      { logger: this.#logger },
      { given: init.joinAddresses, discover: init.discoverAddresses },
    )
    // Whoever wants to know asks; a node stopped by hand has nobody who must.
    this.#stopped.promise.catch(() => {})
  }

  /** The signal ends a start; a node that runs is ended by `stop`. A start that fails leaves nothing running. */
  async start(signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#lifetime.abort(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      signal.throwIfAborted()
      await this.#start()
      this.#lifetime.signal.throwIfAborted()
    } catch (error) {
      // What does not close has been logged; why the start failed matters more.
      await this.stop().catch(() => {})
      // A node that fails while it starts is closed while more of it is opened.
      await this.#cleanup.run()
      throw this.#fatal ?? error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  async #start(): Promise<void> {
    const init = this.#init
    const logger = this.#logger
    const cleanup = this.#cleanup
    const { signal } = this.#lifetime
    await this.#openDoor()

    const dataDir = await openDataDir({ logger }, init)
    cleanup.add('data directory', () => dataDir.close())
    const { stored, ancestors } = await this.#readStored(dataDir)
    const { peerId } = dataDir.identity
    const nodeId = init.nodeId ?? stored?.nodeId ?? init.firstNodeId ?? `node-${peerId.slice(-8)}`
    await dataDir.writeIdentity({ nodeId, clusterId: stored?.clusterId })

    const joinDesk = this.#joinDesk
    const network = await openNetwork({ dataDir, joinDesk, cleanup }, init)
    this.#network = network
    const address = init.raftAdvertise ?? network.host.nodeAddress
    const self: Member = { id: nodeId, peerId, address, voter: init.voter }

    const entering = { network, dataDir, joinDesk, joinAddresses: this.#joinAddresses, logger }
    const { clusterId, founds, accepted } = await enterCluster(entering, init, { self, stored, signal })

    const raft = await openRaft({ dataDir, network, cleanup }, init, {
      ...{ self, clusterId, founds },
      onFatal: (error) => this.#failed(error),
    })
    this.#raft = raft
    const services = await openServices({ dataDir, network, raft, cleanup, logger }, init, {
      ...{ self, clusterId, ancestors },
      apiUrl: () => this.#apiUrl(),
    })
    this.#services = services
    joinDesk.admitBy((request, signal) => services.admission.admit(request, signal))
    const { database, queuedWrites, storage, cluster } = services
    this.#parts = {
      ...{ id: nodeId, peerId, raftAddress: address, multiaddrs: network.host.multiaddrs() },
      ...{ database, queuedWrites, storage, cluster, counters: init.counters },
    }

    if (founds) await dataDir.writeIdentity({ nodeId, clusterId })
    // A member has nothing to promise any more.
    if (await dataDir.readFounding()) await dataDir.writeFounding(undefined)
    joinDesk.foundBy(async () => ({
      ...{ type: 'waiting', nodeId, foundingId: clusterId, member: true },
    }))
    if (raft.driver.config.members.length === 0) {
      const taken = accepted ?? (await askToJoin(entering, init, { self, clusterId, signal }))
      raft.driver.learnMembers(taken.members)
    }
    logger.info(
      { id: nodeId, peerId, clusterId, address, dataDir: dataDir.location },
      founds ? `node ${nodeId} founds a cluster` : `node ${nodeId} is a member`,
    )
    const { driver, consensus } = raft
    const isBack = stored?.clusterId !== undefined
    const contact = this.#keepInTouch(
      { network, driver, consensus, cluster },
      { self, clusterId, dataDir: dataDir.location },
      { isBack },
    )
    void this.#becomeReady(raft, services, { contact, company: isBack ? 0 : init.bootstrapExpect })
  }

  async #openDoor(): Promise<void> {
    const door = this.#init.door?.(() => this.#parts)
    if (door === undefined) return
    await door.start()
    this.#closeDoor = () => door.stop()
    this.#apiUrl = () => door.url
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

  /** Goes by what the cluster says of this node, and tells it where the node is if it is back. */
  #keepInTouch(
    components: Omit<ContactComponents, 'logger'>,
    where: Pick<ContactInit, 'self' | 'clusterId' | 'dataDir'>,
    { isBack }: { readonly isBack: boolean },
  ): Contact {
    const { discoverAddresses, joinAddresses, bootstrapExpect } = this.#init
    const { clusterSecret: secret, joinCredentials, joinIntervalMs } = this.#init
    const { electionTimeoutMs } = this.#init.raft
    const { self } = where
    const hasOthers = discoverAddresses !== undefined || joinAddresses.some((one) => one !== self.address)
    const rejoin = isBack && hasOthers
    if (rejoin && bootstrapExpect === 0) checkNotAlone(self, components.driver.config.members)
    const contact = new Contact(
      { ...components, logger: this.#logger },
      {
        ...{ ...where, secret, joinCredentials, joinIntervalMs, electionTimeoutMs },
        joinAddresses: this.#joinAddresses,
        signal: this.#lifetime.signal,
      },
    )
    void contact.announce({ rejoin })
    void contact.keepInTouch({ now: isBack })
    return contact
  }

  async #becomeReady(
    { consensus }: Raft,
    { cluster, outbound }: Services,
    { contact, company }: { readonly contact: Contact; readonly company: number },
  ): Promise<void> {
    const { signal } = this.#lifetime
    const { electionTimeoutMs } = this.#init.raft
    await untilReady({ consensus, contact }, { electionTimeoutMs, company, signal })
    try {
      await outbound.restore(signal)
    } catch (error) {
      if (!signal.aborted) this.#failed(toError(error))
      return
    }
    if (signal.aborted) return
    cluster.becameReady()
    this.#logger.info({ leader: consensus.leaderId }, 'ready')
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
    await this.#cleanup.attempt('door', this.#closeDoor)
    if (this.#fatal === undefined) await this.#services?.queuedWrites.stop(WRITE_QUEUE_DRAIN_MS)
    if (this.#fatal === undefined) await this.#services?.outbound.prepareHandover()
    const { removeOnShutdown, stepdownOnShutdown } = this.#init
    const parts = this.#fatal === undefined ? this.#parts : undefined
    if (removeOnShutdown && parts !== undefined && parts.cluster.detached === undefined) {
      await leaveCluster({ cluster: parts.cluster, logger: this.#logger }, parts.id)
    }
    // A leader that says goodbye saves the others an election timeout.
    const consensus = this.#fatal === undefined ? this.#raft?.consensus : undefined
    if (stepdownOnShutdown && consensus?.isLeader) {
      const limits = { timeoutMs: HANDOVER_TIMEOUT_MS }
      await consensus.transferLeadership(undefined, limits).catch((error: unknown) => {
        this.#logger.debug({ error: errorMessage(error) }, 'leadership not handed over')
      })
    }
    await this.#close()
  }

  async kill(): Promise<void> {
    this.#stopping ??= (async () => {
      this.#lifetime.abort(new DebrosError('NODE_STOPPED', 'the node was killed'))
      if (this.#init.dataDir instanceof MemoryDataDir) this.#init.dataDir.disk.crash()
      this.#raft?.driver.stop(() => {})
      await this.#network?.host.kill()
      await this.#cleanup.attempt('door', this.#closeDoor)
      await this.#close()
    })()
    await this.#stopping
  }

  async #close(): Promise<void> {
    await this.#cleanup.run()
    this.#parts = undefined
    if (this.#fatal !== undefined) {
      this.#stopped.reject(this.#fatal)
      return
    }
    this.#stopped.resolve()
    const { failures } = this.#cleanup
    if (failures.length > 0) throw new AggregateError(failures, 'the node did not stop cleanly')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
