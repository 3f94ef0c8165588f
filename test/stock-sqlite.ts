/** Database files as SQLite itself sees them: the one that Node brings along, which is not the one we use. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Lends an opened database whose file holds `bytes`. */
export function withStockSqlite<T>(bytes: Uint8Array, use: (database: DatabaseSync) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'debros-sqlite-'))
  try {
    const path = join(directory, 'file.db')
    writeFileSync(path, bytes)
    const database = new DatabaseSync(path)
    try {
      return use(database)
    } finally {
      database.close()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export function stockRows(bytes: Uint8Array, sql: string): unknown[][] {
  return withStockSqlite(bytes, (database) =>
    database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)),
  )
}

/** `ok`, or what is wrong. */
export function stockCheck(bytes: Uint8Array): string {
  return stockRows(bytes, 'PRAGMA integrity_check').join()
}

/** A file as SQLite itself makes it: `settings` before anything is in it, then `sql`. */
export function stockFile(sql: string, settings = ''): Buffer {
  return withStockSqlite(new Uint8Array(0), (database) => {
    database.exec(settings)
    database.exec(sql)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return readFileSync(database.location() ?? '')
  })
}
