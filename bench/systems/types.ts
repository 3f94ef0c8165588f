/** What is measured, as the scenarios see it: three processes of a database, whichever it is. */
import type { SystemName } from '../types.ts'

/** Which requests it takes. */
export type Api = 'rqlite' | 'etcd'

export interface System {
  readonly name: SystemName
  readonly api: Api
  /** Its version; throws NotAvailable with the reason if it cannot be measured here. */
  version(): Promise<string>
  start(init: ClusterInit): Promise<Cluster>
}

export class NotAvailable extends Error {}

export interface ClusterInit {
  /** @default 3 */
  readonly nodes?: number
  /** Where each of them runs. @default all on loopback */
  readonly places?: readonly Place[]
  /** Programs that embed a node each (debros only), see load/embedded-node.ts. @default false */
  readonly embedded?: boolean
  /** V8's CPU profile of every thread goes to this directory (debros only). @default none are taken */
  readonly profileTo?: string
  /** Further flags for every node, in the system's own words. */
  readonly flags?: readonly string[]
}

/** A host of a network of its own, see network.ts. */
export interface Place {
  readonly host: string
  /** What starts a command there. */
  readonly enter: readonly string[]
}

export interface Cluster extends AsyncDisposable {
  readonly system: SystemName
  readonly api: Api
  readonly nodes: readonly ClusterNode[]
  /** Waits for one that leads, among the running nodes. */
  leader(): Promise<ClusterNode>
  /** All nodes' processes stand still (SIGSTOP), and use no CPU, until `resume`. */
  suspend(): void
  /** Goes on, and waits until there is a leader. */
  resume(): Promise<void>
  close(): Promise<void>
}

export interface ClusterNode {
  readonly id: string
  /** `127.0.0.1:port` of its HTTP API. */
  readonly address: string
  /** Where a program that embeds a node is told what to do with it. */
  readonly control?: string
  readonly dataDir: string
  readonly pid: number
  readonly running: boolean
  /** What it printed last, for messages. */
  readonly output: string
  /** Starts it (again), on the same data. */
  start(): void
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>
  suspend(): void
  resume(): void
}
