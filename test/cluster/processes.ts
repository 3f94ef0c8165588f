/**
 * Clusters of real processes on loopback, for tests and measurements: `debros node` as a user starts
 * it, with real sockets and a real disk, killed and restarted at will.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createDatabaseClient, type DatabaseClient } from '../../src/client/index.ts'
import type { RaftSettings } from '../../src/raft/index.ts'
import { freePorts } from '../../src/testing/free-ports.ts'
import type { KvAnswer, KvCall } from './library-node.ts'

const CLUSTER_SECRET = 'a secret of this test cluster only'
const EMBEDDING_PROGRAM = fileURLToPath(new URL('./library-node.ts', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const OUTPUT_KEPT_CHARS = 64 * 1024

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
type KvRequest = DistributiveOmit<KvCall, 'id'>

/** `/status`, as far as tests look into it. */
export interface StatusDocument {
  readonly store: {
    readonly node_id: string
    readonly ready: boolean
    readonly leader: { readonly node_id: string; readonly addr: string }
    readonly raft: {
      readonly state: string
      readonly term: number
      readonly commit_index: number
      readonly applied_index: number
      readonly last_log_index: number
      readonly last_snapshot_index: number
      readonly log_entries: number
    }
  }
}

export interface ProcessClusterInit {
  readonly nodes?: number
  /** Entries between snapshots, and kept behind one. @default the product's */
  readonly snapshots?: { readonly threshold: number; readonly trailing: number }
  /** Further settings, of programs that embed a node. @default the product's */
  readonly raft?: Partial<RaftSettings>
  /** Programs that embed a node (with the key-value store at hand) instead of `debros node`. @default false */
  readonly embedded?: boolean
  /** Further flags of `debros node`, for every node. @default none */
  readonly flags?: readonly string[]
}

interface ProcessNodeInit extends ProcessClusterInit {
  readonly id: string
  readonly dataDir: string
  readonly ports: { readonly http: number; readonly raft: number; readonly p2p: number }
  readonly secretFile: string
}

export class ProcessNode {
  readonly id: string
  readonly dataDir: string
  readonly url: string
  readonly client: DatabaseClient
  readonly #init: ProcessNodeInit
  #child: ChildProcess | undefined
  #calls = 0
  readonly #answers = new Map<number, (answer: KvAnswer) => void>()
  /** What it printed last, for messages. */
  output = ''

  constructor(init: ProcessNodeInit) {
    this.#init = init
    this.id = init.id
    this.dataDir = init.dataDir
    this.url = `http://127.0.0.1:${init.ports.http}`
    this.client = createDatabaseClient({ urls: [this.url] })
  }

  get raftAddress(): string {
    return `127.0.0.1:${this.#init.ports.raft}`
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(join?: string): void {
    const args = this.#init.embedded === true ? this.#embeddedArguments(join) : this.#commandArguments(join)
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-OUTPUT_KEPT_CHARS)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('message', (answer: KvAnswer) => {
      this.#answers.get(answer.id)?.(answer)
      this.#answers.delete(answer.id)
    })
    child.on('exit', () => {
      const error = `${this.id} ended before it answered`
      for (const [id, done] of this.#answers) done({ id, ok: false, error, outcome: 'unknown' })
      this.#answers.clear()
    })
    this.#child = child
  }

  #commandArguments(join: string | undefined): string[] {
    const { id, dataDir, ports, secretFile, snapshots, flags = [] } = this.#init
    return [
      ...[PROGRAM, 'node', '--id', id, '--data', dataDir, '--log-format', 'json'],
      ...['--rqlite-http-port', String(ports.http), '--rqlite-raft-port', String(ports.raft)],
      ...['--listen-address', `/ip4/127.0.0.1/tcp/${ports.p2p}`, '--raft-host', '127.0.0.1'],
      ...['--cluster-secret-file', secretFile],
      ...(snapshots === undefined
        ? []
        : [
            ...['--raft-snapshot-threshold', String(snapshots.threshold)],
            ...['--raft-snapshot-trailing', String(snapshots.trailing)],
          ]),
      ...(join === undefined ? [] : ['--rqlite-join-address', join]),
      ...flags,
    ]
  }

  #embeddedArguments(join: string | undefined): string[] {
    const { id: nodeId, dataDir, ports, snapshots, raft } = this.#init
    const options = {
      nodeId,
      dataDir,
      raftAddress: this.raftAddress,
      joinAddresses: join === undefined ? [] : [join],
      clusterSecret: CLUSTER_SECRET,
      http: { host: '127.0.0.1', port: ports.http },
      raft: {
        ...raft,
        ...(snapshots && { snapshotEntries: snapshots.threshold, trailingEntries: snapshots.trailing }),
      },
    }
    return [EMBEDDING_PROGRAM, JSON.stringify(options)]
  }

  /** Uses the key-value store of an embedding program. Rejects with the answer if it is an error. */
  async kv(call: KvRequest): Promise<Extract<KvAnswer, { ok: true }>> {
    const id = ++this.#calls
    const answer = await new Promise<KvAnswer>((resolve) => {
      this.#answers.set(id, resolve)
      // One that cannot be sent any more is answered by the exit.
      if (this.running) this.#child?.send({ ...call, id }, () => {})
      else resolve({ id, ok: false, error: `${this.id} is not running`, outcome: 'not-applied' })
    })
    if (!answer.ok) throw Object.assign(new Error(answer.error), { outcome: answer.outcome })
    return answer
  }

  /** As if its power were cut. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** As an operator stops it. Gives the exit code. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child === undefined || !this.running) return child?.exitCode ?? null
    const exit = once(child, 'exit') as Promise<[number | null]>
    child.kill(signal)
    return (await exit)[0]
  }

  async exit(): Promise<number | null> {
    if (this.#child === undefined || !this.running) return this.#child?.exitCode ?? null
    return ((await once(this.#child, 'exit')) as [number | null])[0]
  }

  async wipe(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true })
  }

  async status(): Promise<StatusDocument> {
    return (await this.client.status({ signal: AbortSignal.timeout(2_000) })) as StatusDocument
  }

  async ready(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) })
      await response.arrayBuffer()
      return response.ok
    } catch {
      return false
    }
  }
}

export class ProcessCluster implements AsyncDisposable {
  readonly nodes: readonly ProcessNode[]
  readonly #directory: string

  private constructor(directory: string, nodes: readonly ProcessNode[]) {
    this.#directory = directory
    this.nodes = nodes
  }

  static async start(init: ProcessClusterInit = {}): Promise<ProcessCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'debros-cluster-'))
    const secretFile = join(directory, 'cluster.secret')
    await mkdir(directory, { recursive: true })
    await writeFile(secretFile, `${CLUSTER_SECRET}\n`, { mode: 0o600 })
    const count = init.nodes ?? 3
    const ports = await freePorts(3 * count)
    const nodes = Array.from({ length: count }, (_, i) => {
      const id = `node${i + 1}`
      const [http, raft, p2p] = ports.slice(3 * i, 3 * i + 3) as [number, number, number]
      return new ProcessNode({
        ...init,
        id,
        dataDir: join(directory, id),
        ports: { http, raft, p2p },
        secretFile,
      })
    })
    const cluster = new ProcessCluster(directory, nodes)
    try {
      nodes[0]?.start()
      for (const node of nodes.slice(1)) node.start(nodes[0]?.raftAddress)
      await cluster.ready()
      await cluster.allVoters()
    } catch (error) {
      await cluster.close()
      throw error
    }
    return cluster
  }

  /** The arguments a node had at its first start; harmless on later ones. */
  restart(node: ProcessNode): void {
    const other = this.nodes.find((one) => one !== node)
    node.start(node === this.nodes[0] ? undefined : other?.raftAddress)
  }

  /** Every running node answers `/readyz` with 200. */
  async ready(timeoutMs = 40_000): Promise<void> {
    await this.until(timeoutMs, 'every node to be ready', async () => {
      const answers = await Promise.all(this.nodes.filter((node) => node.running).map((node) => node.ready()))
      return answers.every((ready) => ready)
    })
  }

  async allVoters(): Promise<void> {
    await this.until(20_000, 'every node to be a voter', async () => {
      const { nodes } = (await (await this.leader()).client.nodes()) as { nodes: { voter: boolean }[] }
      return nodes.length === this.nodes.length && nodes.every((node) => node.voter)
    })
  }

  async leader(): Promise<ProcessNode> {
    let found: ProcessNode | undefined
    await this.until(20_000, 'a leader', async () => {
      const running = this.nodes.filter((node) => node.running)
      const seen = await Promise.all(running.map((node) => node.status().catch(() => undefined)))
      const leaders = running.filter((_, i) => seen[i]?.store.raft?.state === 'Leader')
      const terms = seen.map((status) => status?.store.raft?.term ?? 0)
      // A deposed leader may not know it yet; the one of the newest term is the one.
      found = leaders.find((node) => terms[running.indexOf(node)] === Math.max(...terms))
      return found !== undefined
    })
    return found as ProcessNode
  }

  /** Waits until every running node has applied all that the leader has. */
  async converged(): Promise<void> {
    await this.until(40_000, 'all replicas to be at the same index', async () => {
      const running = this.nodes.filter((node) => node.running)
      const rafts = (await Promise.all(running.map((node) => node.status()))).map(
        (status) => status.store.raft,
      )
      const newest = Math.max(...rafts.map((raft) => raft.last_log_index))
      return rafts.every((raft) => raft.applied_index === newest)
    })
  }

  async until(timeoutMs: number, what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      if (await holds()) return
      if (performance.now() > deadline) {
        const output = this.nodes.map((node) => `--- ${node.id}\n${node.output.slice(-3_000)}`).join('\n')
        throw new Error(`waited ${timeoutMs} ms for ${what}\n${output}`)
      }
      await sleep(20)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    await rm(this.#directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
