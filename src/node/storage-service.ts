/** The replicated key-value store (see StorageService). */
import { checkNamespace, DEFAULT_NAMESPACE, DebrosError, type RequestTag } from '../base/index.ts'
import {
  checkKvCommand,
  KV_LIST_LIMIT_DEFAULT,
  type KvCommand,
  type KvEntry,
  type KvListOptions,
  type KvMachine,
  type KvOperation,
  type KvPage,
  type KvResult,
} from '../kv/index.ts'
import type { PeerAddress, Rpc } from '../p2p/index.ts'
import { KvReadRequest, KvReadResponse, KvRequest, KvWriteRequest, KvWriteResponse } from '../wire/index.ts'
import { encodeCommand } from './codec/command-codec.ts'
import {
  kvCommandFromWire,
  kvCommandToWire,
  kvEntryFromWire,
  kvEntryToWire,
  kvResultFromWire,
  kvResultToWire,
} from './codec/kv-codec.ts'
import { requestIdFromWire, requestIdToWire } from './codec/request-codec.ts'
import { type Consensus, type Limits, limitsOf } from './consensus.ts'
import type { LoadGates } from './load-gate.ts'
import { freshRequestId, namedRequestId, settle, sinceFirst } from './requests.ts'
import { type Attempt, notLeader, type Router } from './router.ts'
import type { CommandResult } from './state-machine.ts'
import type { RequestOptions, StorageReadOptions, StorageService, StorageWriteOptions } from './types.ts'

const WRITE = 'kv/write'
const READ = 'kv/read'

export interface StorageComponents {
  readonly consensus: Consensus
  readonly router: Router
  readonly rpc: Rpc
  readonly kv: KvMachine
  readonly gates: LoadGates
}

type RequestName = Pick<RequestTag, 'id' | 'since'>

type Read = { readonly get: Uint8Array } | { readonly list: KvListOptions }

export class Storage implements StorageService {
  readonly #components: StorageComponents

  constructor(components: StorageComponents) {
    this.#components = components
    components.rpc.handle(WRITE, 'member', (bytes, { signal }) => this.#serveWrite(bytes, signal))
    components.rpc.handle(READ, 'member', (bytes) => this.#serveRead(bytes))
  }

  async get(key: Uint8Array, options: StorageReadOptions = {}): Promise<KvEntry | undefined> {
    const page = await this.#read({ get: key }, options)
    return page.entries[0]
  }

  async exists(key: Uint8Array, options: StorageReadOptions = {}): Promise<boolean> {
    return (await this.get(key, options)) !== undefined
  }

  async list(options: StorageReadOptions & KvListOptions = {}): Promise<KvPage> {
    return await this.#read({ list: options }, options)
  }

  put(key: Uint8Array, value: Uint8Array, options: StorageWriteOptions = {}): Promise<KvResult> {
    return this.batch([{ kind: 'put', key, value }], options)
  }

  delete(key: Uint8Array, options: StorageWriteOptions = {}): Promise<KvResult> {
    return this.batch([{ kind: 'delete', key }], options)
  }

  compareAndSwap(
    operation: Omit<Extract<KvOperation, { kind: 'compare-and-swap' }>, 'kind'>,
    options: StorageWriteOptions = {},
  ): Promise<KvResult> {
    return this.batch([{ kind: 'compare-and-swap', ...operation }], options)
  }

  async batch(operations: readonly KvOperation[], options: StorageWriteOptions = {}): Promise<KvResult> {
    const command: KvCommand = { namespace: options.namespace ?? DEFAULT_NAMESPACE, operations }
    checkKvCommand(command)
    const id = requestIdOf(command, options)
    const { consensus, gates, router } = this.#components
    const since = sinceFirst(() => consensus.commitIndex)
    const request = (attempt: Attempt): RequestName => ({ id, since: since(attempt) })
    const route = () =>
      router.route(
        {
          kind: 'write',
          local: (attempt) => this.#propose(request(attempt), command, attempt),
          remote: async (leader, attempt) => {
            const { timeoutMs, signal } = attempt
            const { since: sinceIndex } = request(attempt)
            const requestId = requestIdToWire(id)
            const wire = KvWriteRequest.encode({
              requestId,
              kv: kvCommandToWire(command),
              timeoutMs,
              sinceIndex,
            })
            const options = { timeoutMs, ...(signal === undefined ? {} : { signal }) }
            const bytes = await this.#components.rpc.call(leader, WRITE, wire, options)
            return kvResultFromWire(KvWriteResponse.decode(bytes))
          },
        },
        limitsOf(options),
      )
    return await gates.writes.run(route)
  }

  async #propose(
    request: RequestName,
    kv: KvCommand,
    limits: Limits,
  ): Promise<Exclude<KvResult, { kind: 'invalid' }>> {
    const { result } = await this.#components.consensus.propose(
      encodeCommand({ kind: 'kv', request: { ...request, timeMs: Date.now() }, kv }),
      limits,
    )
    const { outcome } = result as CommandResult & { kind: 'kv' } // what the state machine answers a KV command
    const { result: answer } = settle(outcome)
    if (answer.kind === 'invalid') throw new DebrosError(answer.code, answer.message)
    return answer
  }

  async #serveWrite(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { requestId, kv, timeoutMs, sinceIndex } = KvWriteRequest.decode(bytes)
    if (kv === undefined) throw new DebrosError('REQUEST_INVALID', 'a key-value request without operations')
    const command = kvCommandFromWire(kv)
    checkKvCommand(command)
    const request = { id: requestIdFromWire(requestId), since: sinceIndex }
    const { writes } = this.#components.gates
    const result = await writes.run(() => this.#propose(request, command, { timeoutMs, signal }))
    return KvWriteResponse.encode(kvResultToWire(result))
  }

  #read(read: Read, options: StorageReadOptions): Promise<KvPage> {
    return this.#components.gates.reads.run(() => this.#readAtLevel(read, options))
  }

  async #readAtLevel(read: Read, options: StorageReadOptions): Promise<KvPage> {
    const namespace = checkNamespace(options.namespace ?? DEFAULT_NAMESPACE)
    const limits = limitsOf(options)
    const { consensus, router } = this.#components
    switch (options.level ?? 'linearizable') {
      case 'none':
        return await this.#readLocally(namespace, read)
      case 'linearizable':
        await router.attempt((remaining) => consensus.readIndex(remaining), limits, 'read')
        return await this.#readLocally(namespace, read)
      case 'weak':
        return await router.route(
          {
            kind: 'read',
            local: () => this.#readLocally(namespace, read),
            remote: (leader, remaining) => this.#readAt(leader, namespace, read, remaining),
          },
          limits,
        )
    }
  }

  async #readLocally(namespace: string, read: Read): Promise<KvPage> {
    const { kv } = this.#components
    if ('list' in read) return await kv.list(namespace, read.list)
    const entry = await kv.get(namespace, read.get)
    return { entries: entry === undefined ? [] : [entry], cursor: undefined }
  }

  async #readAt(leader: PeerAddress, namespace: string, read: Read, limits: Limits): Promise<KvPage> {
    const { timeoutMs, signal } = limits
    const request = KvReadRequest.encode({
      namespace,
      ...('list' in read ? { list: listToWire(read.list) } : read),
    })
    const options = { timeoutMs, ...(signal === undefined ? {} : { signal }) }
    const { entries, cursor } = KvReadResponse.decode(
      await this.#components.rpc.call(leader, READ, request, options),
    )
    return { entries: entries.map(kvEntryFromWire), cursor }
  }

  #serveRead(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#components.gates.reads.run(() => this.#readAsLeader(bytes))
  }

  async #readAsLeader(bytes: Uint8Array): Promise<Uint8Array> {
    if (!this.#components.consensus.isLeader) throw notLeader()
    const { namespace, get, list } = KvReadRequest.decode(bytes)
    checkNamespace(namespace)
    const page = await this.#readLocally(
      namespace,
      list === undefined
        ? { get: get ?? new Uint8Array(0) }
        : {
            list: {
              prefix: list.prefix,
              limit: list.limit,
              keysOnly: list.keysOnly,
              ...(list.cursor === undefined ? {} : { cursor: list.cursor }),
            },
          },
    )
    return KvReadResponse.encode({
      entries: page.entries.map(kvEntryToWire),
      ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
    })
  }
}

function requestIdOf(command: KvCommand, { requestId }: RequestOptions): string {
  if (requestId === undefined) return freshRequestId()
  return namedRequestId(requestId, command.namespace, KvRequest.encode(kvCommandToWire(command)))
}

function listToWire(options: KvListOptions): NonNullable<KvReadRequest['list']> {
  return {
    prefix: options.prefix ?? new Uint8Array(0),
    limit: options.limit ?? KV_LIST_LIMIT_DEFAULT,
    keysOnly: options.keysOnly ?? false,
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  }
}
