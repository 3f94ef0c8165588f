/** Requests made of random statements. The same seed makes the same requests, now and on every machine. */
import { createPrng, type Prng } from '../../../../src/base/index.ts'
import { Schema } from './schema.ts'
import { Selects } from './selects.ts'
import type { Piece, Statement } from './values.ts'
import { Writes } from './writes.ts'

export interface GeneratedRequest {
  readonly endpoint: 'execute' | 'query' | 'request'
  readonly transaction: boolean
  readonly level: 'weak' | 'linearizable' | 'strong'
  readonly statements: readonly Statement[]
  /** Which node is asked. */
  readonly node: number
}

const PRAGMAS = ['table_xinfo', 'index_list', 'foreign_key_list']

export class RequestGenerator {
  readonly #random: Prng
  readonly #schema: Schema
  readonly #selects: Selects
  readonly #writes: Writes

  /** Everything it creates has a name that begins with `prefix`. */
  constructor(seed: number, prefix: string) {
    this.#random = createPrng(seed)
    this.#schema = new Schema(prefix)
    this.#selects = new Selects(this.#random, this.#schema)
    this.#writes = new Writes(this.#random, this.#schema, this.#selects)
  }

  next(): GeneratedRequest {
    const random = this.#random
    const endpoint = random.pick(['execute', 'execute', 'query', 'request'] as const)
    const count = random.between(1, 7)
    return {
      endpoint,
      transaction: endpoint !== 'query' && random.chance(0.3),
      level: random.pick(['weak', 'linearizable', 'strong'] as const),
      statements: Array.from({ length: count }, () => this.#statement(endpoint)),
      node: random.between(0, 1 << 16),
    }
  }

  #statement(endpoint: GeneratedRequest['endpoint']): Statement {
    const random = this.#random
    if (random.chance(0.02)) return { pieces: [this.#broken()], reads: true }
    if (endpoint === 'query' || (endpoint === 'request' && random.chance(0.4))) return this.#read()
    if (random.chance(0.25) || this.#schema.tables.length === 0)
      return { pieces: this.#writes.schema(), reads: false }
    // Of several statements in a string all run, and the last is answered.
    const pieces = random.chance(0.05)
      ? [...this.#writes.rows(), '; ', ...this.#writes.rows()]
      : this.#writes.rows()
    return { pieces, reads: false }
  }

  #read(): Statement {
    if (this.#random.chance(0.05)) return { pieces: [this.#pragma()], reads: true }
    return { pieces: this.#selects.any(), reads: true }
  }

  #pragma(): Piece {
    const { name } = this.#schema.anySource(this.#random)
    return `SELECT * FROM pragma_${this.#random.pick(PRAGMAS)}('${name}') ORDER BY 1, 2`
  }

  #broken(): string {
    return this.#random.pick([
      'SELEC 1',
      'SELECT',
      'SELECT (1',
      "SELECT 'open",
      'SELECT * FROM',
      'INSERT INTO',
      'SELECT 1 1',
      'SELECT @',
      '',
    ])
  }
}
