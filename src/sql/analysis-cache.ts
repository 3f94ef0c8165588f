import { analyzeSql, type SqlText } from './gate.ts'
import { Recent } from './recent.ts'

const TEXTS = 512
const TEXT_LENGTH_MAX = 4096

/** Remembers what texts that come again and again hold. */
export class AnalysisCache {
  readonly #texts = new Recent<SqlText>(TEXTS)

  get(sql: string): SqlText {
    if (sql.length > TEXT_LENGTH_MAX) return analyzeSql(sql)
    const known = this.#texts.get(sql)
    if (known !== undefined) return known
    const text = analyzeSql(sql)
    this.#texts.set(sql, text)
    return text
  }
}
