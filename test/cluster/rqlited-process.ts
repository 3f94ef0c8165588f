/** Nodes started as those who used rqlite start theirs: `rqlited [flags] DATA_DIR`, watched over HTTP alone. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../src/testing/free-ports.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/rqlited', import.meta.url))
const OUTPUT_KEPT_CHARS = 64 * 1024
/** Patience, where many processes start on few cores. */
const WAIT_TIMEOUT_MS = 40_000

export interface LeaderDocument {
  readonly addr: string
  readonly node_id: string
}

/** `/status`, as far as tests look into it. */
export interface RqlitedStatus {
  readonly store: {
    readonly open: boolean
    readonly leader?: LeaderDocument
    readonly raft: {
      readonly state: string
      readonly voter: boolean
      readonly last_snapshot_index: number
      readonly applied_index: number
    }
    readonly nodes: readonly { readonly id: string; readonly addr: string; readonly suffrage: string }[]
  }
  readonly disco?: { readonly mode: string }
}

/** One of `/nodes`. */
export interface MemberDocument {
  readonly api_addr?: string
  readonly addr: string
  readonly reachable: boolean
  readonly leader: boolean
  readonly voter: boolean
}

export class Rqlited {
  readonly id: string
  readonly dataDir: string
  apiAddress: string
  raftAddress: string
  output = ''
  #child: ChildProcess | undefined
  /** Ended, and all that it printed read. */
  #closed: Promise<unknown> | undefined

  constructor(id: string, dataDir: string, apiAddress: string, raftAddress: string) {
    this.id = id
    this.dataDir = dataDir
    this.apiAddress = apiAddress
    this.raftAddress = raftAddress
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** With the addresses it has now; `flags` may replace them. */
  start(flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}): this {
    const args = [
      ...['-node-id', this.id, '-http-addr', this.apiAddress, '-raft-addr', this.raftAddress],
      ...['-raft-snap-int', '1s', '-raft-cluster-remove-shutdown=false', '-raft-non-voter=false'],
      ...flags,
      ...['-raft-log-level', 'INFO', this.dataDir],
    ]
    const child = spawn(PROGRAM, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-OUTPUT_KEPT_CHARS)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    this.#child = child
    this.#closed = once(child, 'close')
    return this
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** As an operator stops it. Gives the exit code. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (this.running) this.#child?.kill(signal)
    return await this.exit()
  }

  /** Its exit code, once it has ended. */
  async exit(): Promise<number | null> {
    const child = this.#child
    if (child === undefined) return null
    await this.#closed
    return child.exitCode
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(`http://${this.apiAddress}${path}`, { redirect: 'manual', ...init })
  }

  async status(): Promise<RqlitedStatus> {
    return (await (await this.fetch('/status')).json()) as RqlitedStatus
  }

  /**
   * Polls `/status` as the end-to-end suite does: only refused connections and 200 are right. The very
   * next question, whether it is ready, must be answered yes.
   */
  async waitForLeader(): Promise<LeaderDocument> {
    const leader = await this.until('a leader', async () => {
      const response = await this.fetch('/status').catch(() => undefined)
      if (response === undefined) return undefined
      if (response.status !== 200) throw new Error(`/status answers ${response.status}`)
      const { store } = (await response.json()) as RqlitedStatus
      return store.leader !== undefined && store.leader.addr !== '' ? store.leader : undefined
    })
    const ready = await this.fetch('/readyz')
    if (ready.status !== 200) throw new Error(`${this.id} shows a leader, but: ${await ready.text()}`)
    return leader
  }

  async execute(...statements: readonly unknown[]): Promise<unknown> {
    return await (await this.post('/db/execute', statements)).json()
  }

  async query(sql: string, level = 'weak'): Promise<unknown> {
    return await (await this.post(`/db/query?level=${level}`, [sql])).json()
  }

  async post(path: string, body: unknown): Promise<Response> {
    return await this.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  /** Members by id. */
  async members(): Promise<Record<string, MemberDocument>> {
    return (await (await this.fetch('/nodes?nonvoters')).json()) as Record<string, MemberDocument>
  }

  /** Waits for what is not undefined or false. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const deadline = performance.now() + WAIT_TIMEOUT_MS
    for (;;) {
      const found = await look()
      if (found !== undefined && found !== false) return found
      if (!this.running) throw new Error(`${this.id} ended while waiting for ${what}\n${this.output}`)
      if (performance.now() > deadline) {
        throw new Error(`${this.id}: waited ${WAIT_TIMEOUT_MS} ms for ${what}\n${this.output.slice(-4_000)}`)
      }
      await sleep(20)
    }
  }
}

/** Makes nodes, each with a data directory and addresses of its own, and ends them all. */
export class RqlitedNodes implements AsyncDisposable {
  readonly directory: string
  readonly #nodes: Rqlited[] = []

  private constructor(directory: string) {
    this.directory = directory
  }

  static async create(): Promise<RqlitedNodes> {
    return new RqlitedNodes(await mkdtemp(join(tmpdir(), 'debros-rqlited-')))
  }

  async add(host = '127.0.0.1'): Promise<Rqlited> {
    const [api, raft] = (await freePorts(2)) as [number, number]
    const id = String(this.#nodes.length)
    const node = new Rqlited(id, join(this.directory, id), `${host}:${api}`, `${host}:${raft}`)
    this.#nodes.push(node)
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill()))
    await rm(this.directory, { recursive: true, force: true })
  }
}
