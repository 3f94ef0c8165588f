/** A node whose services answer what a test says, and record what they were asked. */
import type {
  Backup,
  BackupOptions,
  CallOptions,
  ClusterService,
  DatabaseResponse,
  DatabaseService,
  Detached,
  LeaderAddress,
  LoadOptions,
  NodeDescription,
  NodeStatus,
  QueuedWrite,
  QueueOptions,
  ReadOptions,
  Removed,
  SnapshotsReaped,
  SnapshotTaken,
  StatementInput,
  Transferred,
  WriteQueue,
} from '../../../src/node/index.ts'
import type { SqlResult, SqlStatement } from '../../../src/sql/index.ts'

export interface DatabaseCall {
  readonly method: 'execute' | 'query' | 'request'
  readonly statements: readonly SqlStatement[]
  readonly options: ReadOptions
}

export interface LoadCall {
  readonly method: 'load' | 'boot'
  readonly source: AsyncIterable<Uint8Array>
  readonly options: LoadOptions
}

type Answer = (call: DatabaseCall) => Promise<DatabaseResponse> | DatabaseResponse

export class FakeNode {
  readonly id = 'node1'
  readonly calls: DatabaseCall[] = []
  leader: LeaderAddress | undefined = { id: 'node1', address: '127.0.0.1:7001' }
  leaderApi: () => Promise<string | undefined> = async () => 'http://10.0.0.2:5001'
  members: NodeDescription[] = [member('node1', { leader: true })]
  ready = true
  integrity: NodeStatus['integrity']
  outbound: NodeStatus['outbound'] = {
    autoBackup: undefined,
    changeCapture: {
      ...{ capturing: false, endpoint: undefined, serviceId: undefined, failure: undefined },
      ...{ deliveredThrough: 0, waiting: 0, waitingBytes: 0 },
    },
  }
  detached: Detached | undefined
  /** What was asked of the leader through this node. */
  readonly asked: object[] = []
  transfer: () => Promise<Transferred> = async () => ({ leader: 'node2', servedBy: '127.0.0.1:5001' })
  remove: () => Promise<Removed> = async () => ({ removed: true, servedBy: '127.0.0.1:5001' })
  snapshot: () => Promise<SnapshotTaken> = async () => ({ taken: true })
  reap: () => Promise<SnapshotsReaped> = async () => ({ snapshots: 0 })
  sync: (options?: CallOptions) => Promise<void> = async () => {}
  status: () => Promise<NodeStatus> = async () => statusOf(this)
  /** Options of each backup that was asked for. */
  readonly backups: BackupOptions[] = []
  backup: () => Promise<Backup> = async () => backupOf([Buffer.from('SQLite format 3\0 and so on')])
  /** Every load that was asked for. */
  readonly loads: LoadCall[] = []
  load: (call: LoadCall) => Promise<DatabaseResponse> = async ({ source }) => {
    for await (const _ of source);
    return this.response([])
  }
  answer: Answer = () => this.response([])

  response(results: readonly SqlResult[], rest: Partial<DatabaseResponse> = {}): DatabaseResponse {
    return { results, raftIndex: undefined, servedBy: '127.0.0.1:5001', ...rest }
  }

  /** Every further call of the database answers these. */
  answers(...results: SqlResult[]): void {
    this.answer = () => this.response(results)
  }

  fails(error: unknown): void {
    this.answer = () => {
      throw error
    }
  }

  /** Throws if no more is let in. */
  admit: DatabaseService['admit'] = () => {}

  readonly database: DatabaseService = {
    admit: (kind) => this.admit(kind),
    hasReaders: true,
    execute: (statements, options = {}) => this.#call('execute', statements, options),
    query: (statements, options = {}) => this.#call('query', statements, options),
    request: (statements, options = {}) => this.#call('request', statements, options),
    parse: async (statements) => {
      // As above.
      const texts = (statements as readonly SqlStatement[]).map(({ sql }) => sql)
      return texts.map((original) =>
        original.includes('blah')
          ? { original, error: 'near "blah": syntax error' }
          : { original, rewritten: original },
      )
    },
    load: (source, options = {}) => this.#load('load', source, options),
    boot: (source, options = {}) => this.#load('boot', source, options),
    backup: async (options = {}) => {
      this.backups.push(options)
      return this.backup()
    },
  }

  /** Settles what is queued; by default it is written at once. */
  written: () => Promise<void> = async () => {}
  readonly queued: { readonly statements: readonly StatementInput[]; readonly options: QueueOptions }[] = []
  refusal: Error | undefined

  readonly queuedWrites: WriteQueue = {
    enqueue: (statements, options = {}) => this.#queue(statements, options),
    flush: (options = {}) => this.#queue([], options),
    status: {
      ...{ capacity: 1_024, batchSize: 128, timeoutMs: 50, transaction: false, length: 0 },
      sequenceNumber: 1_764_284_400_000_000_007n,
    },
  }

  async #queue(statements: readonly StatementInput[], options: QueueOptions): Promise<QueuedWrite> {
    if (this.refusal !== undefined) throw this.refusal
    this.queued.push({ statements, options })
    const sequenceNumber = 1_764_284_400_000_000_000n + BigInt(this.queued.length)
    return { sequenceNumber, written: this.written() }
  }

  async #load(
    method: 'load' | 'boot',
    source: AsyncIterable<Uint8Array>,
    options: LoadOptions,
  ): Promise<DatabaseResponse> {
    const call: LoadCall = { method, source, options }
    this.loads.push(call)
    return this.load(call)
  }

  get cluster(): ClusterService {
    return {
      leader: () => this.leader,
      leaderApiAddress: () => this.leaderApi(),
      nodes: async () => this.members,
      ready: this.ready,
      detached: this.detached,
      transferLeadership: async (options = {}) => {
        this.asked.push({ transferTo: options.to, timeoutMs: options.timeoutMs })
        return this.transfer()
      },
      removeNode: async (id, options = {}) => {
        this.asked.push({ remove: id, timeoutMs: options.timeoutMs })
        return this.remove()
      },
      snapshot: async (options = {}) => {
        this.asked.push({ trailingEntries: options.trailingEntries, timeoutMs: options.timeoutMs })
        return this.snapshot()
      },
      reap: () => this.reap(),
      sync: (options) => this.sync(options),
      status: () => this.status(),
    }
  }

  async #call(
    method: DatabaseCall['method'],
    statements: readonly StatementInput[],
    options: ReadOptions,
  ): Promise<DatabaseResponse> {
    // The HTTP API always gives its statements in full.
    const call = { method, statements: statements as readonly SqlStatement[], options }
    this.calls.push(call)
    return this.answer(call)
  }
}

export function backupOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Backup {
  async function* read(): AsyncGenerator<Uint8Array> {
    yield* chunks
  }
  return { servedBy: '127.0.0.1:5001', chunks: read() }
}

export function member(id: string, rest: Partial<NodeDescription> = {}): NodeDescription {
  return {
    id,
    apiAddress: `http://${id}:5001`,
    address: `${id}:7001`,
    version: '0.1.0',
    voter: true,
    reachable: true,
    leader: false,
    time: 0.002,
    error: '',
    ...rest,
  }
}

export function rowsResult(
  columns: readonly string[],
  types: readonly string[],
  values: Extract<SqlResult, { kind: 'rows' }>['values'],
): SqlResult {
  return { kind: 'rows', columns, types, values, time: 0.25 }
}

export function writeResult(lastInsertId: number | bigint, rowsAffected: number): SqlResult {
  return { kind: 'write', lastInsertId, rowsAffected, time: 0.5 }
}

export function statusOf(node: FakeNode): NodeStatus {
  return {
    nodeId: node.id,
    peerId: '12D3KooWpeer',
    clusterId: 'cluster-1',
    address: '127.0.0.1:7001',
    apiAddress: 'http://127.0.0.1:5001',
    ready: node.ready,
    detached: node.detached,
    dataDir: '/var/lib/debros',
    dataDirBytes: 2_097_152,
    leader: node.leader,
    raft: {
      state: 'Leader',
      voter: true,
      term: 3,
      lastLogIndex: 42,
      lastLogTerm: 3,
      commitIndex: 42,
      appliedIndex: 41,
      appliedTerm: 3,
      pendingApply: 1,
      snapshotIndex: 30,
      snapshotTerm: 2,
      logEntries: 12,
      logBytes: 4_096,
      lastContactMs: 0,
    },
    members: [
      { id: 'node1', address: '127.0.0.1:7001', voter: true },
      { id: 'node2', address: '127.0.0.1:7002', voter: true },
      { id: 'node3', address: '127.0.0.1:7003', voter: false },
    ],
    outbound: node.outbound,
    integrity: node.integrity,
    dbAppliedIndex: 40,
    snapshots: {
      location: '/var/lib/debros/snapshots',
      bytes: 4_096,
      stored: [
        { index: 20, term: 1 },
        { index: 30, term: 2 },
      ],
    },
    settings: {
      heartbeatMs: 100,
      electionTimeoutMs: 1_000,
      snapshotThreshold: 8_192,
      trailingLogs: 10_240,
      reapNodeTimeoutMs: 72 * 3_600_000,
      reapReadOnlyNodeTimeoutMs: 0,
      foreignKeys: true,
    },
    sqlite: {
      version: '3.54.1',
      compileOptions: ['ENABLE_FTS3'],
      sizeBytes: 8_192,
      namespaces: [{ name: 'default', sizeBytes: 8_192 }],
    },
  }
}
