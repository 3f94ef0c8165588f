import { type Logger, silentLogger } from '../../../src/base/index.ts'
import { systemClock } from '../../../src/node/clock.ts'
import {
  createIdentity,
  createPeerHost,
  createRaftTransport,
  type EntryCodec,
  type Libp2pRaftTransport,
  type LinkFilter,
  type LinkTimings,
  type MemberPeer,
  MemberTable,
  type PeerHost,
  type PeerIdentity,
  type SnapshotTransferStore,
} from '../../../src/p2p/index.ts'
import type { Clock, Entry, Message, SnapshotMeta } from '../../../src/raft/index.ts'

/** Quick, so that what has to be waited for comes soon. */
export const TIMINGS: LinkTimings = {
  connectTimeoutMs: 2_000,
  dialHeadStartMs: 20,
  retryDelayMs: 10,
  retryDelayMaxMs: 100,
  pingIntervalMs: 50,
  pingsUnansweredMax: 40,
  snapshotStallMs: 30_000,
}

/** Polls until `condition` holds; the test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

/** Runs what was registered, last first: `await using cleanup = new Cleanup()`. */
export class Cleanup implements AsyncDisposable {
  readonly #steps: (() => Promise<void> | void)[] = []

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const step of this.#steps.reverse()) await step()
  }
}

export interface HostOptions {
  readonly identity?: PeerIdentity
  readonly nodeAddress?: string
  readonly linkFilter?: LinkFilter
  readonly strangersMax?: number
}

export async function startHost(cleanup: Cleanup, options: HostOptions = {}): Promise<PeerHost> {
  const { linkFilter, strangersMax } = options
  const host = createPeerHost(
    {
      identity: options.identity ?? (await createIdentity()),
      logger: silentLogger,
      ...(linkFilter === undefined ? {} : { linkFilter }),
    },
    {
      listenAddresses: [],
      nodeAddress: options.nodeAddress ?? '127.0.0.1:0',
      ...(strangersMax === undefined ? {} : { strangersMax }),
    },
  )
  await host.start()
  // Not `stop`: libp2p waits half a second for connections whose other end stops at the same time.
  cleanup.add(() => host.kill())
  return host
}

/** A codec in place of the log's own: the index and term in front of the data. */
export const codec: EntryCodec = {
  encodeEntry: (entry) => {
    if (entry.record !== undefined) return entry.record
    const record = Buffer.alloc(16 + entry.data.length)
    record.writeDoubleBE(entry.index, 0)
    record.writeDoubleBE(entry.term, 8)
    record.set(entry.data, 16)
    entry.record = record
    return record
  },
  decodeEntry: (bytes) => {
    const record = Buffer.from(bytes)
    const data = record.subarray(16)
    return {
      index: record.readDoubleBE(0),
      term: record.readDoubleBE(8),
      kind: 'command',
      data,
      config: undefined,
    }
  },
}

export function entry(index: number, term = 1, data: Uint8Array = new Uint8Array([index & 0xff])): Entry {
  return { index, term, kind: 'command', data, config: undefined }
}

export function snapshotMeta(index = 10): SnapshotMeta {
  const member = { id: 'a', peerId: 'peer-a', address: 'a:1', voter: true }
  return {
    index,
    term: 1,
    configIndex: 1,
    config: { voters: ['a'], outgoing: [], learners: [], members: [member] },
  }
}

export const noSnapshots: SnapshotTransferStore = {
  open: () => Promise.reject(new Error('no snapshots here')),
  receivedBytes: () => Promise.resolve(0),
  receive: () => Promise.reject(new Error('no snapshots here')),
}

export interface TestNode {
  readonly id: string
  readonly host: PeerHost
  readonly members: MemberTable
  readonly transport: Libp2pRaftTransport
  readonly received: Message[]
  readonly lost: string[]
  readonly member: MemberPeer
}

export interface NodeOptions extends HostOptions {
  readonly clusterId?: string
  readonly group?: number
  readonly snapshots?: SnapshotTransferStore
  /** @default 0, no limit */
  readonly snapshotBytesPerSecond?: number
  readonly timings?: Partial<LinkTimings>
  /** What paces its snapshots. @default the system's */
  readonly clock?: Clock
  readonly logger?: Logger
}

export async function startNode(cleanup: Cleanup, id: string, options: NodeOptions = {}): Promise<TestNode> {
  const host = await startHost(cleanup, options)
  const members = new MemberTable()
  const transport = createRaftTransport(
    {
      host,
      members,
      codec,
      snapshots: options.snapshots ?? noSnapshots,
      clock: options.clock ?? systemClock,
      logger: options.logger ?? silentLogger,
    },
    {
      nodeId: id,
      clusterId: options.clusterId ?? 'cluster',
      group: options.group ?? 1,
      snapshotBytesPerSecond: options.snapshotBytesPerSecond ?? 0,
      timings: { ...TIMINGS, ...options.timings },
    },
  )
  const received: Message[] = []
  const lost: string[] = []
  transport.onMessage = (message) => received.push(message)
  transport.onConnectionLost = (member) => lost.push(member)
  await transport.start()
  cleanup.add(() => transport.stop())
  const member = { id, peerId: host.peerId, address: host.nodeAddress }
  return { id, host, members, transport, received, lost, member }
}

/** Tells every node that all of them are the members. */
export function connect(...nodes: readonly TestNode[]): void {
  for (const node of nodes) node.transport.setMembers(nodes.map((other) => other.member))
}

export function isConnected(node: TestNode, to: TestNode): boolean {
  return node.transport.stats().some((stats) => stats.id === to.id && stats.connected)
}

/** Resolves once every node is linked to every other. */
export async function linked(...nodes: readonly TestNode[]): Promise<void> {
  await until(() => nodes.every((a) => nodes.every((b) => a === b || isConnected(a, b))))
}

export function heartbeat(from: TestNode, to: TestNode, round: number): Message {
  return { type: 'heartbeat', from: from.id, to: to.id, term: 1, commit: 0, round }
}

export function rounds(messages: readonly Message[]): number[] {
  return messages.flatMap((message) => (message.type === 'heartbeat' ? [message.round] : []))
}
