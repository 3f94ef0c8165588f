/** Clients that write to SQL and KV without pause and remember what was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabaseClient, DatabaseClientError } from '../../src/client/index.ts'
import type { ProcessCluster, ProcessNode } from './processes.ts'

export interface LoadHistory {
  /** Values whose INSERT was acknowledged; those refused for sure; those whose fate was not told. */
  readonly rows: { readonly acknowledged: number[]; readonly refused: number[]; readonly unknown: number[] }
  readonly keys: { readonly acknowledged: string[]; readonly refused: string[]; readonly unknown: string[] }
}

export class Load {
  readonly history: LoadHistory = {
    rows: { acknowledged: [], refused: [], unknown: [] },
    keys: { acknowledged: [], refused: [], unknown: [] },
  }
  readonly #cluster: ProcessCluster
  #running = true
  readonly #writers: Promise<void>[]
  #next = 0

  /** The table `load (value INTEGER PRIMARY KEY)` must be there. */
  constructor(cluster: ProcessCluster, writers: number) {
    this.#cluster = cluster
    this.#writers = Array.from({ length: writers }, (_, i) => this.#write(i))
  }

  get acknowledged(): number {
    return this.history.rows.acknowledged.length + this.history.keys.acknowledged.length
  }

  async stop(): Promise<LoadHistory> {
    this.#running = false
    await Promise.all(this.#writers)
    return this.history
  }

  async #write(writer: number): Promise<void> {
    while (this.#running) {
      const value = ++this.#next
      const running = this.#cluster.nodes.filter((node) => node.running)
      const node = running[(value + writer) % Math.max(1, running.length)]
      if (node === undefined) await sleep(20)
      else if (writer % 2 === 0) await this.#insert(node, value)
      else await this.#put(node, `key-${value}`)
    }
  }

  async #insert(node: ProcessNode, value: number): Promise<void> {
    const { rows } = this.history
    const client = createDatabaseClient({ urls: [node.url], timeoutMs: 15_000 })
    try {
      const [result] = await client.execute([['INSERT INTO load VALUES (?)', value]])
      if (result !== undefined && 'error' in result) rows.refused.push(value)
      else rows.acknowledged.push(value)
    } catch (error) {
      if (!(error instanceof DatabaseClientError)) throw error
      rows[error.outcome === 'unknown' ? 'unknown' : 'refused'].push(value)
      await sleep(20)
    }
  }

  async #put(node: ProcessNode, key: string): Promise<void> {
    const { keys } = this.history
    const encoded = Buffer.from(key).toString('base64')
    try {
      await node.kv({ op: 'put', key: encoded, value: encoded })
      keys.acknowledged.push(encoded)
    } catch (error) {
      keys[(error as { outcome?: string }).outcome === 'not-applied' ? 'refused' : 'unknown'].push(encoded)
      await sleep(20)
    }
  }
}
