/** One result of a statement, as the API gives it. */
import { NumberText } from '../../base/index.ts'
import { arrayOf, objectOf } from './answers.ts'

export interface Rows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

export type StatementResult =
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'rows'; readonly rows: Rows; readonly seconds: number }
  | {
      readonly kind: 'write'
      /** Decimal digits: they may have more than a double holds. */
      readonly rowsAffected: string
      readonly lastInsertId: string
      readonly seconds: number
    }

export function parseResult(value: unknown): StatementResult {
  const result = objectOf(value)
  if (typeof result.error === 'string' && result.error !== '') return { kind: 'error', message: result.error }
  const seconds = Number(numberText(result.time))
  if (result.columns !== undefined || result.types !== undefined || result.values !== undefined) {
    const columns = arrayOf(result.columns).map(String)
    return { kind: 'rows', rows: { columns, rows: arrayOf(result.values).map(arrayOf) }, seconds }
  }
  return {
    kind: 'write',
    rowsAffected: numberText(result.rows_affected),
    lastInsertId: numberText(result.last_insert_id),
    seconds,
  }
}

/** The digits of a JSON number; `0` for anything else. */
export function numberText(value: unknown): string {
  if (value instanceof NumberText) return value.text
  return typeof value === 'number' ? String(value) : '0'
}
