/** Nodes of any system as processes on loopback; the systems differ in command lines and in who leads. */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { endProcess, isRunning, removeDirectory, spawnTracked } from '../processes.ts'
import type { SystemName } from '../types.ts'
import type { Api, Cluster, ClusterNode } from './types.ts'

const OUTPUT_KEPT_CHARS = 64 * 1024
const LEADER_TIMEOUT_MS = 40_000

export interface ProcessNodeInit {
  readonly id: string
  readonly address: string
  readonly control?: string
  readonly dataDir: string
  readonly command: string
  readonly args: readonly string[]
}

export class ProcessNode implements ClusterNode {
  readonly id: string
  readonly address: string
  readonly control?: string
  readonly dataDir: string
  readonly #init: ProcessNodeInit
  #child: ChildProcess | undefined
  #output = ''

  constructor(init: ProcessNodeInit) {
    this.#init = init
    this.id = init.id
    this.address = init.address
    if (init.control !== undefined) this.control = init.control
    this.dataDir = init.dataDir
  }

  get output(): string {
    return this.#output
  }

  get running(): boolean {
    return this.#child !== undefined && isRunning(this.#child)
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.id} was not started`)
    return this.#child.pid
  }

  start(): void {
    const child = spawnTracked(this.#init.command, this.#init.args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_KEPT_CHARS)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('error', (error) => keep(Buffer.from(String(error))))
    this.#child = child
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await endProcess(this.#child, 'SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined) await endProcess(this.#child, 'SIGTERM')
  }

  suspend(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }
}

export interface ProcessClusterInit {
  readonly system: SystemName
  readonly api: Api
  readonly directory: string
  readonly nodes: readonly ProcessNode[]
  /** What ends the nodes with the cluster. @default SIGKILL: there is nothing to keep */
  readonly endedBy?: 'SIGKILL' | 'SIGTERM'
  /** The address of the API of the leader that this node knows; undefined if it knows none. */
  readonly leaderSeenBy: (address: string) => Promise<string | undefined>
}

export class ProcessCluster implements Cluster {
  readonly system: SystemName
  readonly api: Api
  readonly nodes: readonly ProcessNode[]
  readonly #directory: string
  readonly #endedBy: ProcessClusterInit['endedBy']
  readonly #leaderSeenBy: ProcessClusterInit['leaderSeenBy']

  private constructor(init: ProcessClusterInit) {
    this.system = init.system
    this.api = init.api
    this.nodes = init.nodes
    this.#directory = init.directory
    this.#endedBy = init.endedBy
    this.#leaderSeenBy = init.leaderSeenBy
  }

  static async start(init: ProcessClusterInit): Promise<ProcessCluster> {
    const cluster = new ProcessCluster(init)
    try {
      for (const node of cluster.nodes) node.start()
      await cluster.leader()
    } catch (error) {
      await cluster.close()
      throw error
    }
    return cluster
  }

  /** One that all running nodes agree on. */
  async leader(): Promise<ProcessNode> {
    const deadline = performance.now() + LEADER_TIMEOUT_MS
    for (;;) {
      const running = this.nodes.filter((node) => node.running)
      const seen = await Promise.all(
        running.map((node) => this.#leaderSeenBy(node.address).catch(() => undefined)),
      )
      const leader = running.find((node) => seen.every((address) => address === node.address))
      if (leader !== undefined) return leader
      if (performance.now() > deadline || running.length === 0) throw new Error(this.#noLeader())
      await sleep(50)
    }
  }

  #noLeader(): string {
    const output = this.nodes.map(
      (node) => `--- ${node.id}${node.running ? '' : ' (ended)'}\n${node.output.slice(-2_000)}`,
    )
    return `${this.system}: no leader within ${LEADER_TIMEOUT_MS / 1000} s\n${output.join('\n')}`
  }

  suspend(): void {
    for (const node of this.nodes) node.suspend()
  }

  async resume(): Promise<void> {
    for (const node of this.nodes) node.resume()
    await this.leader()
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => (this.#endedBy === 'SIGTERM' ? node.stop() : node.kill())))
    await removeDirectory(this.#directory)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
