/**
 * Finds out which rows REPLACE removes to make room for another: SQLite tells nobody. Before a row is
 * inserted or updated, those that are in its way are candidates; when it is there afterwards, none of them
 * can be any more, unless somebody else has changed or deleted it in between, which was seen.
 *
 * Rows can be changed by triggers while another row is being inserted, so candidates are kept in a stack. A
 * row that was left out (IGNORE) stays in it, and goes with what is below.
 */

export interface Candidate {
  /** As JSON; `null` if the table has none. */
  readonly rowId: string
  /** Values of the columns, as JSON. */
  readonly values: readonly string[]
  /** It is in the way only if the new row gets its rowid, which is not known before. */
  readonly byRowId: boolean
}

interface Coming {
  readonly table: number
  readonly operation: string
  /** Of the new row. What it gets for a rowid may stand in one of them, and is not known yet. */
  readonly values: readonly string[]
  readonly candidates: Map<string, Candidate>
}

export class ReplacedRows {
  #stack: Coming[] = []

  clear(): void {
    if (this.#stack.length > 0) this.#stack = []
  }

  /** A row is about to be inserted or updated. */
  coming(table: number, operation: string, values: readonly string[]): void {
    this.#stack.push({ table, operation, values, candidates: new Map() })
  }

  /** A row in the way of the one that is coming. */
  found(candidate: Candidate): void {
    const candidates = this.#stack.at(-1)?.candidates
    const key = keyOf(candidate.rowId, candidate.values)
    const known = candidates?.get(key)
    if (known === undefined || known.byRowId) candidates?.set(key, candidate)
  }

  /** A row is not what it was, and it was told. */
  changed(table: number, rowId: string, values: readonly string[]): void {
    if (this.#stack.length === 0) return
    const key = keyOf(rowId, values)
    for (const { table: its, candidates } of this.#stack) if (its === table) candidates.delete(key)
  }

  /** The row that was coming is there. Which others that has cost. */
  arrived(table: number, operation: string, rowId: string, values: readonly string[]): Candidate[] {
    const at = this.#stack.findLastIndex(
      (coming) =>
        coming.table === table &&
        coming.operation === operation &&
        coming.values.every((value, i) => value === values[i] || values[i] === rowId),
    )
    if (at < 0) return []
    const { candidates } = this.#stack[at] as Coming // it was found
    this.#stack.length = at
    return [...candidates.values()].filter((candidate) => !candidate.byRowId || candidate.rowId === rowId)
  }
}

function keyOf(rowId: string, values: readonly string[]): string {
  return rowId === 'null' ? values.join() : rowId
}
