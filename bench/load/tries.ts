/**
 * Writes that are tried at even intervals, each by itself and over any of the nodes, whatever became of the
 * ones before: what a crowd of clients would notice of a failover. Each has its own value, so that none
 * counts twice.
 */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api, ClusterNode } from '../systems/types.ts'

const INTERVAL_MS = 3
const GIVE_UP_MS = 30_000

export const TRIES_TABLE = 'CREATE TABLE tries (value INTEGER PRIMARY KEY)'

export interface Tries {
  readonly api: Api
  readonly nodes: readonly ClusterNode[]
}

export interface Gap {
  /** The longest time without an acknowledgement. */
  readonly ms: number
  /** Values that were acknowledged. */
  readonly acknowledged: readonly number[]
}

interface Try {
  readonly value: number
  readonly begunAt: number
}

let lastValue = 0

/**
 * The longest time without an acknowledged write, from the beginning of `event` until a write is acknowledged
 * that was begun when it was over.
 */
export async function longestGap({ api, nodes }: Tries, event: () => unknown): Promise<Gap> {
  const agent = new Agent({ keepAlive: true })
  const acknowledged: number[] = []
  const started = performance.now()
  let [last, longest, over, through] = [started, 0, Number.POSITIVE_INFINITY, false]
  const answered = ({ value, begunAt }: Try): void => {
    if (through) return
    const now = performance.now()
    acknowledged.push(value)
    longest = Math.max(longest, now - last)
    last = now
    through = begunAt > over
  }
  let failure: { readonly reason: unknown } | undefined
  const ended = Promise.resolve()
    .then(event)
    .then(
      () => {
        over = performance.now()
      },
      (reason: unknown) => {
        failure = { reason }
      },
    )
  try {
    for (let i = 0; !through; i++) {
      if (failure !== undefined) throw failure.reason
      const { address } = nodes[i % nodes.length] as ClusterNode
      const one: Try = { value: ++lastValue, begunAt: performance.now() }
      // One that fails is none; that is what is measured.
      write(api, address, agent, one.value).then(
        (done) => done && answered(one),
        () => {},
      )
      if (performance.now() - last > GIVE_UP_MS) {
        throw new Error(`no write was acknowledged for ${GIVE_UP_MS / 1_000} s`)
      }
      await sleep(INTERVAL_MS)
    }
    await ended
  } finally {
    agent.destroy()
  }
  return { ms: longest, acknowledged }
}

async function write(api: Api, address: string, agent: Agent, value: number): Promise<boolean> {
  const [path, body] =
    api === 'etcd'
      ? ['/v3/kv/put', { key: base64(`try-${value}`), value: base64('') }]
      : ['/db/execute', [['INSERT INTO tries VALUES (?)', value]]]
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const headers = { 'content-type': 'application/json' }
  const sent = request(`http://${address}${path}`, { method: 'POST', agent, headers }, (response) => {
    let text = ''
    response.on('data', (chunk: Buffer) => (text += chunk))
    response.on('end', () => resolve(response.statusCode === 200 && !text.includes('"error"')))
    response.on('error', reject)
  })
  sent.on('error', reject)
  sent.end(JSON.stringify(body))
  return await promise
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
