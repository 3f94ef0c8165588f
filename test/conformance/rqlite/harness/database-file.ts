/** SQLite files made and read by sql.js, as by any other SQLite. */
import initSqlJs from 'sql.js'

/** Where the header says whether the file has a write-ahead log: 2 and 2, or not: 1 and 1. */
const VERSIONS = 18

/** A file in which these statements have been run. */
export async function makeFile(
  statements: readonly string[],
  journal: 'delete' | 'wal' = 'delete',
): Promise<Buffer> {
  const { Database } = await initSqlJs()
  const database = new Database()
  try {
    for (const sql of statements) database.run(sql)
    const bytes = Buffer.from(database.export())
    bytes.fill(journal === 'wal' ? 2 : 1, VERSIONS, VERSIONS + 2)
    return bytes
  } finally {
    database.close()
  }
}

/** The rows of one query in a file that passes SQLite's own check. */
export async function rowsOfFile(bytes: Uint8Array, sql: string): Promise<unknown[][]> {
  const { Database } = await initSqlJs()
  // sql.js has no WAL; without companions such a file is the same as another.
  const copy = Buffer.from(bytes)
  copy.fill(1, VERSIONS, VERSIONS + 2)
  const database = new Database(copy)
  try {
    const [check] = database.exec('PRAGMA integrity_check')
    if (check?.values[0]?.[0] !== 'ok')
      throw new Error(`the file is damaged: ${JSON.stringify(check?.values)}`)
    return (database.exec(sql)[0]?.values ?? []) as unknown[][]
  } finally {
    database.close()
  }
}

/** Everything that a text of SQL makes, as rows of one query. */
export async function rowsOfText(text: string, sql: string): Promise<unknown[][]> {
  const { Database } = await initSqlJs()
  const database = new Database()
  try {
    database.exec(text)
    return (database.exec(sql)[0]?.values ?? []) as unknown[][]
  } finally {
    database.close()
  }
}

export function journalBytes(bytes: Uint8Array): readonly number[] {
  return [...bytes.subarray(VERSIONS, VERSIONS + 2)]
}
