import { analyzeSql, type SqlText } from './gate.ts'

const TEXTS_MAX = 512
const TEXT_LENGTH_MAX = 4096

/** Remembers what texts that come again and again hold. */
export class AnalysisCache {
  /** In order of use, least recent first. */
  readonly #texts = new Map<string, SqlText>()

  get(sql: string): SqlText {
    const known = this.#texts.get(sql)
    const text = known ?? analyzeSql(sql)
    if (sql.length > TEXT_LENGTH_MAX) return text
    if (known !== undefined) this.#texts.delete(sql)
    this.#texts.set(sql, text)
    if (this.#texts.size > TEXTS_MAX) this.#forgetOldest()
    return text
  }

  #forgetOldest(): void {
    for (const oldest of this.#texts.keys()) {
      this.#texts.delete(oldest)
      return
    }
  }
}
