/** The limit of a write whose caller asked for none: a statement that runs on for ever would hold up all others. */
import type { SqlResult } from '../sql/index.ts'
import type { SqlRequest } from './codec/sql-codec.ts'
import { stepsIn } from './prepare-request.ts'

/** What statements that were ended say, as statement-runner.ts or this file has it. */
const ENDED = /^(?:execute|query) timeout(?:$|:)/

export class WriteLimit {
  readonly #stepsMax: number

  /** 0: no limit. */
  constructor(timeoutMs: number) {
    this.#stepsMax = stepsIn(timeoutMs)
  }

  /** Gives the request the limit, if it is a write and has none. */
  limited(request: SqlRequest): SqlRequest {
    return this.#appliesTo(request) ? { ...request, stepsMax: this.#stepsMax } : request
  }

  /** The results of a request as it was before: says which limit it was that ended a statement. */
  explained(request: SqlRequest, results: readonly SqlResult[]): readonly SqlResult[] {
    if (!this.#appliesTo(request) || !results.some(isEnded)) return results
    const limit = `a write may take ${this.#stepsMax} of SQLite's instructions unless it asks for more`
    return results.map((result) =>
      isEnded(result)
        ? { ...result, message: `${result.message}: ${limit} with db_timeout (see database.write_timeout)` }
        : result,
    )
  }

  #appliesTo({ mode, stepsMax = 0 }: SqlRequest): boolean {
    return this.#stepsMax > 0 && stepsMax === 0 && mode !== 'query'
  }
}

/** Whether it is that of a statement that was ended, or not begun, because of its request's limit. */
export function isEnded(result: SqlResult): result is Extract<SqlResult, { kind: 'error' }> {
  return result.kind === 'error' && ENDED.test(result.message)
}
