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
  /** What it takes, with its candidates. */
  size: number
}

/** For a row, besides its values. */
const ROW_SIZE = 100

export class ReplacedRows {
  #stack: Coming[] = []
  #size = 0

  /** Characters, about, of all that is kept. */
  get size(): number {
    return this.#size
  }

  clear(): void {
    if (this.#stack.length > 0) this.#stack = []
    this.#size = 0
  }

  /** A row is about to be inserted or updated. */
  coming(table: number, operation: string, values: readonly string[]): void {
    const size = sizeOf(values)
    this.#stack.push({ table, operation, values, candidates: new Map(), size })
    this.#size += size
  }

  /** A row in the way of the one that is coming. */
  found(candidate: Candidate): void {
    const coming = this.#stack.at(-1)
    if (coming === undefined) return
    const key = keyOf(candidate.rowId, candidate.values)
    const known = coming.candidates.get(key)
    if (known !== undefined && !known.byRowId) return
    coming.candidates.set(key, candidate)
    if (known !== undefined) return
    const size = sizeOf(candidate.values)
    coming.size += size
    this.#size += size
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
    for (const { size } of this.#stack.splice(at)) this.#size -= size
    return [...candidates.values()].filter((candidate) => !candidate.byRowId || candidate.rowId === rowId)
  }
}

function sizeOf(values: readonly string[]): number {
  return values.reduce((size, { length }) => size + length, ROW_SIZE)
}

function keyOf(rowId: string, values: readonly string[]): string {
  return rowId === 'null' ? values.join() : rowId
}
