/**
 * A cluster inside one process, for tests of programs that use debros, and for our own: real nodes
 * over real loopback sockets, on memory or on disk, that can be killed, restarted and cut off.
 */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert, DebrosError, type Logger, silentLogger } from '../base/index.ts'
import { createNode, type DebrosNode } from '../index.ts'
import {
  type AutoBackupConfig,
  type ChangeCaptureConfig,
  MemoryDataDir,
  type NodeInit,
} from '../node/index.ts'
import type { RaftSettings } from '../raft/index.ts'
import { freePorts } from './free-ports.ts'

export interface ClusterInit {
  /** @default 3 */
  readonly nodes?: number
  /** A directory to keep every node's data in, each in one of its own. @default memory */
  readonly directory?: string
  /** Serve the HTTP API on a free loopback port of each node. @default false */
  readonly http?: boolean
  readonly foreignKeys?: boolean
  /** See `NodeInit`. */
  readonly writeTimeoutMs?: number
  readonly reads?: NodeInit['reads']
  readonly raft?: Partial<RaftSettings>
  /** Between two comparisons of all nodes' data. @default 300_000 */
  readonly integrityIntervalMs?: number
  /** Of each node. @default none */
  readonly autoBackup?: AutoBackupConfig
  readonly changeCapture?: ChangeCaptureConfig | 'off'
  readonly logger?: Logger
}

/** One place in the cluster, whoever currently runs there. */
export interface TestNode {
  readonly id: string
  /** The running node; throws while it is down. */
  readonly node: DebrosNode
  readonly running: boolean
}

export interface TestCluster extends AsyncDisposable {
  readonly nodes: readonly TestNode[]
  /** What a further node needs to join. */
  readonly secret: string
  /** Waits until a running node is leader and ready, and gives its position. */
  leader(timeoutMs?: number): Promise<number>
  /** Ends a node as a crash would: nothing is said to the others. */
  kill(position: number): Promise<void>
  /** Ends a node in an orderly way. */
  stop(position: number): Promise<void>
  /** Starts a node again on what it has stored. */
  restart(position: number): Promise<void>
  /** Loses all a stopped node has stored; its next start joins the cluster anew. */
  wipe(position: number): void
  /** Adds a node and gives its position. */
  add(): Promise<number>
  /** Cuts every link between nodes of different groups. Nodes in no group are a group of their own. */
  partition(...groups: readonly (readonly number[])[]): void
  /** Cuts one node off from all others. */
  isolate(position: number): void
  /** Restores every link. */
  heal(): void
  /** Waits until all running nodes are ready and have applied the same, newest index. */
  converged(timeoutMs?: number): Promise<void>
  close(): Promise<void>
}

const DEFAULT_WAIT_MS = 20_000
const POLL_MS = 10

/** All nodes vote: whichever is stopped first, the others go on. */
export async function startCluster(init: ClusterInit = {}): Promise<TestCluster> {
  const cluster = new InProcessCluster(init)
  try {
    for (let i = 0; i < (init.nodes ?? 3); i++) await cluster.add()
    await cluster.allVoting()
    await cluster.converged()
  } catch (error) {
    await cluster.close()
    throw error
  }
  return cluster
}

class Place implements TestNode {
  readonly id: string
  current: DebrosNode | undefined
  dataDir: string | MemoryDataDir
  peerId: string | undefined
  /** Fixed, so that the others find it again. */
  readonly raftAddress: string
  wiped = 0

  constructor(id: string, dataDir: string | MemoryDataDir, raftPort: number) {
    this.id = id
    this.raftAddress = `127.0.0.1:${raftPort}`
    this.dataDir = dataDir
  }

  get node(): DebrosNode {
    if (this.current === undefined)
      throw new DebrosError('NODE_NOT_STARTED', `node ${this.id} is not running`)
    return this.current
  }

  get running(): boolean {
    return this.current !== undefined
  }
}

class InProcessCluster implements TestCluster {
  readonly #init: ClusterInit
  readonly #places: Place[] = []
  readonly secret = crypto.randomUUID()
  /** Group of each position; undefined while nothing is cut. */
  #groups: readonly number[] | undefined

  constructor(init: ClusterInit) {
    this.#init = init
  }

  get nodes(): readonly TestNode[] {
    return this.#places
  }

  async add(): Promise<number> {
    const [raftPort] = (await freePorts(1)) as [number]
    const position = this.#places.length
    const id = `node${position + 1}`
    const place = new Place(id, this.#dataDir(id, 0), raftPort)
    this.#places.push(place)
    await this.#start(position)
    return position
  }

  #dataDir(id: string, generation: number): string | MemoryDataDir {
    const { directory } = this.#init
    if (directory === undefined) return new MemoryDataDir()
    return join(directory, generation === 0 ? id : `${id}-${generation + 1}`)
  }

  async #start(position: number): Promise<void> {
    const place = this.#place(position)
    const { raft, foreignKeys, writeTimeoutMs, reads, integrityIntervalMs, autoBackup, changeCapture } =
      this.#init
    const { logger = silentLogger, http } = this.#init
    const joinAddresses = this.#places
      .filter((other) => other !== place && other.running)
      .map((other) => other.node.raftAddress)
    place.current = await createNode({
      dataDir: place.dataDir,
      nodeId: place.id,
      raftAddress: place.raftAddress,
      joinAddresses,
      clusterSecret: this.secret,
      joinIntervalMs: 100,
      linkFilter: (peerId) => this.#linked(position, peerId),
      logger: logger.child({ node: place.id }),
      ...(raft === undefined ? {} : { raft }),
      ...(foreignKeys === undefined ? {} : { foreignKeys }),
      ...(writeTimeoutMs === undefined ? {} : { writeTimeoutMs }),
      ...(reads === undefined ? {} : { reads }),
      ...(integrityIntervalMs === undefined ? {} : { integrityIntervalMs }),
      ...(autoBackup === undefined ? {} : { autoBackup }),
      ...(changeCapture === undefined ? {} : { changeCapture }),
      ...(http === true ? { http: { host: '127.0.0.1', port: 0 } } : {}),
    })
    place.peerId = place.node.peerId
  }

  #place(position: number): Place {
    const place = this.#places[position]
    assert(place !== undefined, `there is no node at position ${position}`)
    return place
  }

  #linked(position: number, peerId: string): boolean {
    if (this.#groups === undefined) return true
    const other = this.#places.findIndex((place) => place.peerId === peerId)
    return other === -1 || this.#groups[position] === this.#groups[other]
  }

  async leader(timeoutMs = DEFAULT_WAIT_MS): Promise<number> {
    let found = -1
    await until(timeoutMs, 'a leader', async () => {
      for (const [position, place] of this.#places.entries()) {
        if (!place.running || !place.node.cluster.ready) continue
        const { raft } = await place.node.cluster.status()
        if (raft.state === 'Leader' && (await confirms(place.node))) found = position
      }
      return found !== -1
    })
    return found
  }

  async allVoting(): Promise<void> {
    await until(DEFAULT_WAIT_MS, 'all nodes to vote', async () => {
      const { members } = await this.#place(await this.leader()).node.cluster.status()
      return members.every(({ voter }) => voter)
    })
  }

  async kill(position: number): Promise<void> {
    const place = this.#place(position)
    const { node } = place
    place.current = undefined
    await node.kill()
  }

  async stop(position: number): Promise<void> {
    const place = this.#place(position)
    const { node } = place
    place.current = undefined
    await node.stop()
  }

  async restart(position: number): Promise<void> {
    if (this.#place(position).running) await this.stop(position)
    await this.#start(position)
  }

  wipe(position: number): void {
    const place = this.#place(position)
    assert(!place.running, 'only a stopped node can be wiped')
    place.wiped++
    place.dataDir = this.#dataDir(place.id, place.wiped)
  }

  partition(...groups: readonly (readonly number[])[]): void {
    this.#groups = this.#places.map((_, position) => {
      const group = groups.findIndex((positions) => positions.includes(position))
      return group === -1 ? groups.length + position : group
    })
  }

  isolate(position: number): void {
    this.partition(this.#places.map((_, other) => other).filter((other) => other !== position))
  }

  heal(): void {
    this.#groups = undefined
  }

  async converged(timeoutMs = DEFAULT_WAIT_MS): Promise<void> {
    await until(timeoutMs, 'all nodes to be at the same index', async () => {
      const running = this.#places.filter((place) => place.running)
      if (running.some((place) => !place.node.cluster.ready)) return false
      const states = await Promise.all(running.map(async ({ node }) => (await node.cluster.status()).raft))
      const newest = Math.max(...states.map((raft) => raft.lastLogIndex))
      return states.every((raft) => raft.appliedIndex === newest)
    })
  }

  async close(): Promise<void> {
    const running = this.#places.filter((place) => place.running)
    const ended = await Promise.allSettled(
      running.map((place, i) => (i === 0 ? place.node.stop() : place.node.kill())),
    )
    for (const place of running) place.current = undefined
    const failures = ended.filter((end) => end.status === 'rejected').map((end) => end.reason as unknown)
    if (failures.length > 0) throw new AggregateError(failures, 'the cluster did not stop cleanly')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** A deposed leader that does not know it yet cannot confirm a read. */
async function confirms(node: DebrosNode): Promise<boolean> {
  return await node.cluster.sync({ timeoutMs: 1_000 }).then(
    () => true,
    () => false,
  )
}

async function until(timeoutMs: number, what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new DebrosError('CLUSTER_WAIT_TIMEOUT', `waited ${timeoutMs} ms for ${what}`, { retryable: true })
    }
    await sleep(POLL_MS)
  }
}
