/** For worlds without a real machine: what is written is only counted, and reads see how far it came. */
import type { Prng } from '../../base/index.ts'
import type { ClientOperation, ReadOperation, Workload } from './workload.ts'

export class LogWorkload implements Workload {
  readonly setup = undefined
  #values = 0

  draw(client: string, prng: Prng): ClientOperation {
    if (prng.chance(0.3)) return READ
    const value = new Uint8Array(Buffer.from(`${client}.${++this.#values}`))
    return {
      type: 'write',
      body: { kind: 'kv', kv: { namespace: 'default', operations: [{ kind: 'put', key: value, value }] } },
      ok: () => {},
      fail: () => {},
      unknown: () => {},
    }
  }

  drawLast(): readonly ReadOperation[] {
    return []
  }

  /** The log itself is what is judged, entry by entry. */
  judge(): number {
    return 0
  }
}

const READ: ReadOperation = {
  type: 'read',
  read: () => Promise.resolve(),
  ok: () => {},
  fail: () => {},
}
