/**
 * Decides which rows of a request are gathered: all where somebody wants them, otherwise those that are
 * remembered with the request. Further ones are only stepped over.
 *
 * Whether a request's rows are few enough to be remembered is part of the replicated state, and must not
 * depend on whether somebody here wants them. So it is counted in the same way in both cases, rows of
 * statements that failed later included.
 */
export interface RowKeeperInit {
  readonly isWanted: boolean
  /** By the measure of `Statement.rowBytes`. @default nothing is remembered */
  readonly rememberBytesMax?: number | undefined
}

export class RowKeeper {
  readonly isWanted: boolean
  readonly #rememberBytesMax: number
  #bytesLeft: number
  #isAgain = false

  constructor({ isWanted, rememberBytesMax = -1 }: RowKeeperInit) {
    this.isWanted = isWanted
    this.#rememberBytesMax = rememberBytesMax
    this.#bytesLeft = rememberBytesMax
  }

  /**
   * The request is carried out again from its beginning, this time so that it takes as much memory where
   * nobody waits for it as where somebody does.
   */
  again(): void {
    this.#bytesLeft = this.#rememberBytesMax
    this.#isAgain = true
  }

  /** Whether rows are read, be it only to measure them. */
  get readsAll(): boolean {
    return this.isWanted || this.#isAgain
  }

  /** Whether rows are still gathered. */
  get isGathering(): boolean {
    return this.isWanted || this.canRemember
  }

  /** Whether everything counted can be remembered. */
  get canRemember(): boolean {
    return this.#bytesLeft >= 0
  }

  /** Everything that `isGathering` before must be counted. */
  count(bytes: number): void {
    this.#bytesLeft -= bytes
  }
}
