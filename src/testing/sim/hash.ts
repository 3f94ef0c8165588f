/**
 * Fingerprints as whole numbers below 2^53: two 32-bit multiplicative hashes side by side. They tell
 * accidents apart, and are several times cheaper than a cryptographic digest.
 */
import type { ClusterConfig, Entry } from '../../raft/index.ts'

const HIGH = 2 ** 21

/** A fingerprint that is being made. */
export class Hasher {
  #a = 0x811c9dc5 | 0
  #b = 0x5bd1e995 | 0

  number(value: number): this {
    this.#word(value | 0)
    const high = Math.floor(value / 0x1_0000_0000)
    if (high !== 0) this.#word(high | 0)
    return this
  }

  bytes(bytes: Uint8Array): this {
    const { length } = bytes
    this.#word(length)
    let a = this.#a
    let b = this.#b
    for (let i = 0; i < length; i++) {
      const byte = bytes[i] as number
      a = Math.imul(a ^ byte, 0x01000193)
      b = Math.imul(b ^ byte, 0x85ebca6b)
      b ^= b >>> 15
    }
    this.#a = a
    this.#b = b
    return this
  }

  text(text: string): this {
    this.#word(text.length)
    for (let i = 0; i < text.length; i++) this.#word(text.charCodeAt(i))
    return this
  }

  get value(): number {
    const a = Math.imul(this.#a ^ (this.#a >>> 16), 0x7feb352d) >>> 0
    const b = Math.imul(this.#b ^ (this.#b >>> 15), 0x846ca68b) >>> 0
    return a * HIGH + (b >>> 11)
  }

  #word(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193)
    this.#a ^= this.#a >>> 13
    this.#b = Math.imul(this.#b ^ word, 0x85ebca6b)
    this.#b ^= this.#b >>> 15
  }
}

const KINDS = { command: 1, noop: 2, config: 3 } as const

/** Of all that an entry is. */
export function hashEntry(entry: Entry): number {
  const hasher = new Hasher().number(entry.index).number(entry.term).number(KINDS[entry.kind])
  if (entry.config === undefined) hasher.bytes(entry.data)
  else hasher.text(configText(entry.config))
  return hasher.value
}

function configText({ voters, outgoing, learners, members }: ClusterConfig): string {
  const people = members.map(({ id, peerId, address, voter }) => `${id} ${peerId} ${address} ${voter}`)
  return [voters, outgoing, learners, people].map((list) => list.join()).join(';')
}

/** Of an entry and all before it, whose fingerprint is `chain`. */
export function chainEntry(chain: number, entry: Entry): number {
  return new Hasher().number(chain).number(hashEntry(entry)).value
}
