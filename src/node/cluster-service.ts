/** What a node knows and tells of itself and its cluster (see ClusterService). */
import { DebrosError, errorMessage } from '../base/index.ts'
import type { Rpc } from '../p2p/index.ts'
import type { Member, RaftSettings, Role } from '../raft/index.ts'
import type { SqlMachine } from '../sql/index.ts'
import { NodeInfo, NodeInfoRequest } from '../wire/index.ts'
import type { ClusterChanges } from './cluster-changes.ts'
import { type Consensus, limitsOf } from './consensus.ts'
import type { DataDir } from './data-dir.ts'
import { NODE_INFO_TIMEOUT_MS, SNAPSHOT_TIMEOUT_MS } from './defaults.ts'
import type { OutboundStatus } from './outbound/outbound.ts'
import type { NodeStateMachine } from './state-machine.ts'
import type {
  CallOptions,
  ClusterService,
  Detached,
  LeaderAddress,
  NodeDescription,
  NodeStatus,
  Removed,
  SnapshotOptions,
  SnapshotsReaped,
  SnapshotTaken,
  TransferOptions,
  Transferred,
} from './types.ts'

const INFO = 'cluster/info'

export interface ClusterComponents {
  readonly consensus: Consensus
  readonly changes: ClusterChanges
  readonly rpc: Rpc
  readonly sql: SqlMachine
  readonly stateMachine: NodeStateMachine
  readonly dataDir: DataDir
  readonly outbound: () => Promise<OutboundStatus>
}

export interface ClusterInit {
  readonly selfId: string
  readonly clusterId: string
  readonly address: string
  readonly version: string
  readonly settings: RaftSettings
  readonly options: Pick<
    NodeStatus['settings'],
    'reapNodeTimeoutMs' | 'reapReadOnlyNodeTimeoutMs' | 'foreignKeys'
  >
  readonly apiUrl: () => string | undefined
}

export class Cluster implements ClusterService {
  readonly #components: ClusterComponents
  readonly #init: ClusterInit
  #ready = false
  #detached: Detached | undefined

  constructor(components: ClusterComponents, init: ClusterInit) {
    this.#components = components
    this.#init = init
    components.rpc.handle(INFO, 'member', async () => this.#info())
  }

  get ready(): boolean {
    return this.#ready && this.detached === undefined
  }

  get detached(): Detached | undefined {
    return this.#components.consensus.retired ? this.#detached : undefined
  }

  /** For as long as Raft is retired here. */
  detach(detached: Detached): void {
    this.#detached = detached
  }

  /** Startup is over: everything committed before it is applied here. */
  becameReady(): void {
    this.#ready = true
  }

  /** Not told before this node is ready: whoever sees a leader here may rely on `/readyz`. */
  leader(): LeaderAddress | undefined {
    return this.ready ? this.knownLeader() : undefined
  }

  /** The leader, ready or not, with what it takes to call it. */
  knownLeader(): Member | undefined {
    const { leaderId, config } = this.#components.consensus
    return config.members.find((member) => member.id === leaderId)
  }

  async leaderApiAddress(options: CallOptions = {}): Promise<string | undefined> {
    const leader = this.knownLeader()
    if (leader === undefined) return undefined
    const { apiAddress } = await this.#describe(leader, options)
    return apiAddress === '' ? undefined : apiAddress
  }

  async nodes(options: CallOptions = {}): Promise<readonly NodeDescription[]> {
    const { members } = this.#components.consensus.config
    return await Promise.all(members.map((member) => this.#describe(member, options)))
  }

  async #describe(member: Member, options: CallOptions): Promise<NodeDescription> {
    const { id, address } = member
    const { consensus } = this.#components
    const voter = !consensus.config.learners.includes(id)
    const started = performance.now()
    const seconds = (): number => (performance.now() - started) / 1000
    const leader = consensus.leaderId === id
    try {
      const info = id === this.#init.selfId ? this.#self() : await this.#ask(member, options)
      const { version, apiAddress } = info
      return { id, apiAddress, address, version, voter, reachable: true, leader, time: seconds(), error: '' }
    } catch (error) {
      const timedOut = error instanceof DebrosError && error.code === 'PEER_CALL_TIMEOUT'
      const message = timedOut ? 'timeout waiting for node to respond' : errorMessage(error)
      return {
        id,
        apiAddress: '',
        address,
        version: '',
        voter,
        reachable: false,
        leader: false,
        time: seconds(),
        error: message,
      }
    }
  }

  async #ask(member: Member, options: CallOptions): Promise<NodeInfo> {
    const timeoutMs = options.timeoutMs ?? NODE_INFO_TIMEOUT_MS
    const call = { timeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) }
    return NodeInfo.decode(await this.#components.rpc.call(member, INFO, NodeInfoRequest.encode({}), call))
  }

  #info(): Uint8Array {
    return NodeInfo.encode(this.#self())
  }

  #self(): NodeInfo {
    const { selfId: id, version } = this.#init
    const { commit: commitIndex } = this.#components.consensus.status
    return { id, apiAddress: this.#init.apiUrl() ?? '', version, commitIndex }
  }

  async sync(options: CallOptions = {}): Promise<void> {
    await this.#components.consensus.readIndex(limitsOf(options))
  }

  transferLeadership(options: TransferOptions = {}): Promise<Transferred> {
    return this.#components.changes.transferLeadership(options)
  }

  removeNode(id: string, options: CallOptions = {}): Promise<Removed> {
    return this.#components.changes.removeNode(id, options)
  }

  async snapshot({ trailingEntries, ...options }: SnapshotOptions = {}): Promise<SnapshotTaken> {
    const limits = limitsOf({ timeoutMs: SNAPSHOT_TIMEOUT_MS, ...options })
    return { taken: await this.#components.consensus.takeSnapshot(trailingEntries, limits) }
  }

  async reap(): Promise<SnapshotsReaped> {
    const { consensus, dataDir } = this.#components
    const { snapshot } = consensus.status
    if (snapshot === undefined) return { snapshots: 0 }
    return { snapshots: await dataDir.snapshots.reap(snapshot, consensus.snapshotsInUse) }
  }

  async status(): Promise<NodeStatus> {
    const { consensus, dataDir, sql, stateMachine, outbound } = this.#components
    const { selfId, clusterId, address, settings } = this.#init
    const [dataDirBytes, snapshotBytes, stored, sqlStats, outboundStatus] = await Promise.all([
      dataDir.size(),
      dataDir.snapshotsSize(),
      dataDir.snapshots.list(),
      sql.stats(),
      outbound(),
    ])
    const raft = consensus.status
    const { config } = raft
    return {
      nodeId: selfId,
      peerId: dataDir.identity.peerId,
      clusterId,
      address,
      apiAddress: this.#init.apiUrl() ?? '',
      ready: this.ready,
      detached: this.detached,
      dataDir: dataDir.location,
      dataDirBytes,
      leader: this.leader(),
      raft: {
        state: stateName(raft.role),
        voter: config.voters.includes(selfId),
        term: raft.term,
        lastLogIndex: raft.lastIndex,
        lastLogTerm: raft.lastTerm,
        commitIndex: raft.commit,
        appliedIndex: raft.applied,
        appliedTerm: consensus.appliedTerm,
        pendingApply: raft.backlogEntries,
        snapshotIndex: raft.snapshot?.index ?? 0,
        snapshotTerm: raft.snapshot?.term ?? 0,
        logEntries: raft.lastIndex - raft.firstIndex + 1,
        logBytes: raft.logBytes,
        lastContactMs: raft.lastContactMs,
      },
      members: config.members.map(({ id, address }) => ({
        id,
        address,
        voter: !config.learners.includes(id),
      })),
      snapshots: { location: dataDir.snapshotsLocation, bytes: snapshotBytes, stored },
      dbAppliedIndex: stateMachine.dbAppliedIndex,
      outbound: outboundStatus,
      integrity: stateMachine.integrity,
      settings: {
        heartbeatMs: settings.heartbeatMs,
        electionTimeoutMs: settings.electionTimeoutMs,
        snapshotThreshold: settings.snapshotEntries,
        trailingLogs: settings.trailingEntries,
        ...this.#init.options,
      },
      sqlite: {
        version: sqlStats.sqliteVersion,
        compileOptions: sqlStats.compileOptions,
        sizeBytes: sqlStats.namespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        namespaces: sqlStats.namespaces,
      },
    }
  }
}

function stateName(role: Role): NodeStatus['raft']['state'] {
  switch (role) {
    case 'leader':
      return 'Leader'
    case 'follower':
      return 'Follower'
    case 'pre-candidate':
    case 'candidate':
      return 'Candidate'
  }
}
