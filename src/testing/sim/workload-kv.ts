/** Reads, writes and comparisons of a few keys, judged for linearizability key by key. */
import type { Prng } from '../../base/index.ts'
import type { KvOperation } from '../../kv/index.ts'
import {
  checkLinearizability,
  HistoryRecorder,
  type KvInput,
  type KvOutput,
  kvMap,
  type OpenOperation,
} from '../checkers/index.ts'
import {
  type ClientOperation,
  judged,
  type ReadOperation,
  unexpected,
  type Workload,
  type WriteOperation,
} from './workload.ts'

const NAMESPACE = 'default'
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f']
const STEPS_MAX = 2_000_000

export class KvWorkload implements Workload {
  readonly setup = undefined
  readonly #recorder: HistoryRecorder<KvInput, KvOutput>
  /** What was last seen of each key, to be compared with. */
  readonly #seen = new Map<string, string | null>()
  #values = 0

  constructor(now: () => number) {
    this.#recorder = new HistoryRecorder({ now })
  }

  draw(client: string, prng: Prng): ClientOperation {
    const key = prng.pick(KEYS)
    const kind = prng.between(0, 10)
    if (kind < 4) return this.#get(client, key)
    const value = `${client}.${++this.#values}`
    if (kind < 7) return this.#put(client, key, value)
    if (kind < 9) return this.#compareAndSwap(client, key, value)
    return this.#write(client, { type: 'delete', key }, { kind: 'delete', key: bytes(key) })
  }

  drawLast(client: string): readonly ReadOperation[] {
    return KEYS.map((key) => this.#get(`${client} ${key}`, key))
  }

  judge(): number {
    const history = this.#recorder.history()
    return judged('key-value history', checkLinearizability(kvMap, history, { stepsMax: STEPS_MAX }))
  }

  #get(client: string, key: string): ReadOperation {
    const open = this.#recorder.invoke(client, { type: 'get', key })
    return {
      type: 'read',
      read: async ({ kv }) => {
        const entry = await kv.get(NAMESPACE, bytes(key))
        return entry === undefined ? null : Buffer.from(entry.value).toString()
      },
      ok: (value) => {
        const seen = value as string | null // what `read` resolves with
        this.#seen.set(key, seen)
        open.ok(seen)
      },
      fail: () => open.fail(),
    }
  }

  #put(client: string, key: string, value: string): WriteOperation {
    return this.#write(
      client,
      { type: 'put', key, value },
      { kind: 'put', key: bytes(key), value: bytes(value) },
    )
  }

  #compareAndSwap(client: string, key: string, value: string): WriteOperation {
    const expected = this.#seen.get(key) ?? null
    return this.#write(
      client,
      { type: 'cas', key, expected, value },
      {
        kind: 'compare-and-swap',
        key: bytes(key),
        expected: expected === null ? { kind: 'absent' } : { kind: 'value', value: bytes(expected) },
        value: bytes(value),
      },
    )
  }

  #write(client: string, input: KvInput, operation: KvOperation): WriteOperation {
    const open: OpenOperation<KvOutput> = this.#recorder.invoke(client, input)
    return {
      type: 'write',
      body: { kind: 'kv', kv: { namespace: NAMESPACE, operations: [operation] } },
      ok: (answer) => {
        if (answer.kind === 'forgotten') {
          open.unknown()
          return
        }
        if (answer.kind !== 'kv' || answer.result.kind === 'invalid') unexpected(answer)
        const applied = answer.result.kind === 'applied'
        if (input.type !== 'cas' && !applied) unexpected(answer)
        open.ok(input.type === 'cas' ? applied : null)
      },
      fail: () => open.fail(),
      unknown: () => open.unknown(),
    }
  }
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}
