/** What the engine remembers of requests: their results, for as long as there is room. */
import {
  OUTCOME_LIMITS,
  OutcomeHistory,
  type OutcomeLimits,
  type RequestOutcome,
  type RequestTag,
} from '../base/index.ts'
import type { CapturedHistory } from './capture-format.ts'
import { decodeResults, ResultEncoder } from './result-codec.ts'
import type { SqlResult } from './types.ts'

export class ResultHistory {
  readonly #history: OutcomeHistory
  readonly #encoder = new ResultEncoder()
  /** Stands for what is too large to keep, of which only the length matters. */
  readonly #tooLarge: Uint8Array
  /** Of one request's results. */
  readonly bytesMax: number

  constructor(limits: OutcomeLimits = OUTCOME_LIMITS) {
    this.#history = new OutcomeHistory(limits)
    this.bytesMax = limits.outcomeBytesMax
    this.#tooLarge = new Uint8Array(this.bytesMax + 1)
  }

  /** What became of the request before; undefined if it is new. The results are empty unless wanted. */
  recall(tag: RequestTag, wantResults: boolean): RequestOutcome<readonly SqlResult[]> | undefined {
    const recollection = this.#history.recall(tag)
    if (recollection.kind === 'new') return undefined
    if (recollection.kind === 'forgotten') return { kind: 'forgotten' }
    const { index, outcome } = recollection.remembered
    if (outcome === undefined) return { kind: 'done-before', index }
    return { kind: 'done', index, result: wantResults ? decodeResults(outcome) : [] }
  }

  /** `undefined` stands for results known to be too large. */
  remember(tag: RequestTag, index: number, results: readonly SqlResult[] | undefined): void {
    const outcome = results === undefined ? this.#tooLarge : this.#encoder.encode(results, this.bytesMax)
    this.#history.remember(tag, index, outcome)
  }

  /** What is remembered from now on can be taken back, until `settle`. */
  try(): void {
    this.#history.try()
  }

  settle(): void {
    this.#history.settle()
  }

  takeBack(): void {
    this.#history.takeBack()
  }

  /** As it is now. The outcomes themselves never change. */
  capture(): CapturedHistory {
    return { forgottenThrough: this.#history.forgottenThrough, outcomes: [...this.#history.entries()] }
  }

  restore({ forgottenThrough, outcomes }: CapturedHistory): void {
    this.#history.load(outcomes, forgottenThrough)
  }
}
