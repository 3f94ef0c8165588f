/** Which items of a batch may share a transaction, see `shared-transaction.ts`. */
import type { AnalysisCache } from './analysis-cache.ts'
import type { EngineItem } from './engine.ts'
import { isEstimated } from './execution-guard.ts'
import type { SqlCommand } from './types.ts'

/** As many statements, and what belongs to the last command, share at most. More would hardly gain anything. */
const SHARING_MAX = 256
/** What comes before one that fails is done twice. It is worth it if as many succeed in between. */
const WORTH_STATEMENTS = 32
/** Statements that stand alone where it was not; twice as many each time, up to the second. */
const ALONE_MIN = 32
const ALONE_MAX = 4096

/** An item that may share. */
export interface SharingItem extends EngineItem {
  readonly command: SqlCommand
}

export class Sharing {
  readonly #analyses: AnalysisCache
  readonly #isAllowed: boolean
  /** Statements that have shared since one failed. */
  #sinceFailure = 0
  /** Where much fails nothing is shared for a while. */
  #aloneLeft = 0
  #penalty = 0

  /** Not allowed: nothing is shared. */
  constructor(analyses: AnalysisCache, isAllowed: boolean) {
    this.#analyses = analyses
    this.#isAllowed = isAllowed
  }

  /**
   * The items from `from` on that may share, and whether they shall: not if it would not be worth it. At least one
   * item, which need not be one that may share.
   */
  take(
    items: readonly EngineItem[],
    from: number,
  ): { readonly together: readonly SharingItem[] } | { readonly alone: readonly EngineItem[] } {
    const taken: SharingItem[] = []
    let statements = 0
    for (let at = from; at < items.length && statements < SHARING_MAX; at++) {
      const item = items[at] as EngineItem // below the length
      if (!this.#canShare(item) || !isOfOneDatabase(taken, item)) break
      taken.push(item)
      statements += item.command.statements.length
    }
    if (taken.length === 0) return { alone: items.slice(from, from + 1) }
    if (statements < 2) return { alone: taken }
    if (this.#aloneLeft <= 0) return { together: taken }
    this.#aloneLeft -= statements
    return { alone: taken }
  }

  succeeded(items: readonly SharingItem[]): void {
    this.#sinceFailure += statementsIn(items)
  }

  /** `before`: what succeeded, until something failed. */
  failed(before: readonly SharingItem[]): void {
    const isWorthIt = this.#sinceFailure + statementsIn(before) >= WORTH_STATEMENTS
    this.#penalty = isWorthIt ? 0 : Math.min(Math.max(ALONE_MIN, 2 * this.#penalty), ALONE_MAX)
    this.#aloneLeft = this.#penalty
    this.#sinceFailure = 0
  }

  #canShare(item: EngineItem): item is SharingItem {
    const { command } = item
    if (!this.#isAllowed) return false
    if (command.mode === 'load' || command.mode === 'query') return false
    if (command.qualifyColumns === true || !isEstimated(command)) return false
    return command.statements.every(({ sql }) => this.#analyses.get(sql).isPlainWrite)
  }
}

function isOfOneDatabase([first]: readonly SharingItem[], { command }: SharingItem): boolean {
  return first === undefined || first.command.namespace === command.namespace
}

function statementsIn(items: readonly SharingItem[]): number {
  return items.reduce((sum, { command }) => sum + command.statements.length, 0)
}
