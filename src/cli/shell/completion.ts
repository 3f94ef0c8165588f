/** What Tab offers. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { arrayOf, askJson, objectOf } from './answers.ts'
import { expandPath } from './arguments.ts'
import { COMMANDS } from './commands.ts'
import type { Endpoint } from './endpoint.ts'
import { KEYWORDS } from './keywords.ts'

/** A person waits while the names are fetched. */
const FETCH_TIMEOUT_MS = 2_000
/** Others may change the schema, too. */
const KEPT_MS = 30_000
const SCHEMA =
  "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type IN ('table', 'view')"
const CHANGES_SCHEMA = /\b(?:CREATE|ALTER|DROP)\b|^\s*\.(?:restore|boot|read)\b/i
const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_$]*$/u

/** Columns by table or view. */
type Schema = ReadonlyMap<string, readonly string[]>

export class Completion {
  readonly #endpoint: Endpoint
  #schema: Schema = new Map()
  #fetchedMs = Number.NEGATIVE_INFINITY

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** What was entered may have changed the names. */
  entered(line: string): void {
    if (CHANGES_SCHEMA.test(line)) this.#fetchedMs = Number.NEGATIVE_INFINITY
  }

  /** What may stand in the place of the last word, and that word. Never fails: then there is nothing. */
  async complete(line: string): Promise<[string[], string]> {
    try {
      return /^\s*\./.test(line) ? await completeCommand(line) : await this.#completeSql(line)
    } catch {
      return [[], line]
    }
  }

  async #completeSql(line: string): Promise<[string[], string]> {
    const qualified = /("?)([\p{L}_][\p{L}\p{N}_$]*)\1\.([\p{L}\p{N}_$]*)$/u.exec(line)
    const schema = await this.#names()
    if (qualified !== null) {
      const [, , table = '', begun = ''] = qualified
      const found = [...schema].find(([name]) => name.toLowerCase() === table.toLowerCase())
      return [beginningWith(begun, found?.[1] ?? []).map(quoted), begun]
    }
    const begun = /[\p{L}_][\p{L}\p{N}_$]*$/u.exec(line)?.[0] ?? ''
    if (begun === '') return [[], begun]
    const small = begun === begun.toLowerCase()
    const keywords = small ? KEYWORDS.map((word) => word.toLowerCase()) : KEYWORDS
    const names = [...schema.keys(), ...[...schema.values()].flat()]
    const words = [...beginningWith(begun, keywords), ...beginningWith(begun, names).map(quoted)]
    return [words, begun]
  }

  /** Those of before, if they cannot be fetched. */
  async #names(): Promise<Schema> {
    if (performance.now() - this.#fetchedMs < KEPT_MS) return this.#schema
    this.#fetchedMs = performance.now()
    try {
      this.#schema = await this.#fetch()
    } catch {}
    return this.#schema
  }

  async #fetch(): Promise<Schema> {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
    const query = { level: 'none', q: SCHEMA }
    const [result] = arrayOf(
      objectOf(await askJson(this.#endpoint, { path: 'db/query', query, signal })).results,
    )
    const columns = new Map<string, string[]>()
    for (const [table, column] of arrayOf(objectOf(result).values).map(arrayOf)) {
      const known = columns.get(String(table)) ?? []
      columns.set(String(table), [...known, String(column)])
    }
    return columns
  }
}

async function completeCommand(line: string): Promise<[string[], string]> {
  const [, name = '', argument] = /^\s*(\S*)(?:\s+(.*))?$/s.exec(line) ?? []
  if (argument === undefined) {
    const names = COMMANDS.map((command) => `${command.name}${command.usage === undefined ? '' : ' '}`)
    return [beginningWith(name, names), name]
  }
  const completes = COMMANDS.find((command) => command.name === name.toLowerCase())?.completes
  if (completes === 'files') return [await filesBeginningWith(argument), argument]
  return [beginningWith(argument, completes ?? []), argument]
}

async function filesBeginningWith(path: string): Promise<string[]> {
  // What was typed stays as it is; only the last part is completed.
  const typed = path.slice(0, path.lastIndexOf('/') + 1)
  const begun = path.slice(typed.length)
  const directory = expandPath(typed === '' ? '.' : join(dirname(`${typed}x`), '.'))
  const entries = await readdir(directory, { withFileTypes: true })
  return entries
    .filter(({ name }) => name.startsWith(begun) && (begun !== '' || !name.startsWith('.')))
    .map((entry) => `${typed}${basename(entry.name)}${entry.isDirectory() ? '/' : ''}`)
    .sort()
}

function beginningWith(begun: string, words: readonly string[]): string[] {
  const found = words.filter((word) => word.toLowerCase().startsWith(begun.toLowerCase()))
  return [...new Set(found)].sort()
}

/** As it must be written in SQL. */
function quoted(name: string): string {
  return PLAIN_NAME.test(name) && !KEYWORDS.includes(name.toUpperCase())
    ? name
    : `"${name.replaceAll('"', '""')}"`
}
