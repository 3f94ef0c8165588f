/** Dot commands that show what the database holds. */
import type { DotCommand } from './command.ts'
import { runQuery } from './statements.ts'

export const SCHEMA_COMMANDS: readonly DotCommand[] = [
  query(
    '.tables',
    'List names of tables',
    'SELECT name FROM sqlite_master WHERE type="table" ORDER BY name ASC',
  ),
  query(
    '.indexes',
    'Show CREATE statements of all indexes',
    'SELECT sql FROM sqlite_master WHERE type="index"',
  ),
  query(
    '.schema',
    'Show CREATE statements of everything',
    'SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid ASC',
  ),
]

function query(name: string, summary: string, sql: string): DotCommand {
  return { name, summary, run: (session) => runQuery(session, sql) }
}
