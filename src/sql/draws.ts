/**
 * Whether what a statement draws from SQLite's random number generator is the same wherever in a transaction it stands,
 * which it is if what SQLite draws for a journal is taken back (`Generator.takeBack`). That relies on how a build of
 * SQLite draws and on what it writes into a journal, so it is tried.
 */
import { BlockFile } from './block-file.ts'
import { NOTHING_STICKY } from './connection.ts'
import { statementSeed } from './generator-seed.ts'
import type { Session, SessionFactory } from './session.ts'
import type { SqliteBinary } from './sqlite-binary.ts'

/** The journal begins after so many bytes were drawn: within what the generator has made at a time, and around its end. */
const DRAWN_BEFORE = [1, 59, 60, 61, 62, 63, 64, 65] as const

const known = new WeakMap<SqliteBinary, boolean>()

export function areDrawsAlike(binary: SqliteBinary, sessions: SessionFactory): boolean {
  const before = known.get(binary)
  if (before !== undefined) return before
  const session = sessions.open(new BlockFile(), NOTHING_STICKY)
  session.vfs.begin(0, 'write')
  session.connection.run('CREATE TABLE draws (drawn)')
  const alike = DRAWN_BEFORE.every((bytes) => isSame(session, bytes))
  known.set(binary, alike)
  return alike
}

/** Compares with what is drawn where nothing is written. */
function isSame(session: Session, bytes: number): boolean {
  const { connection } = session
  const draw = `SELECT hex(randomblob(${bytes})) FROM (VALUES (1), (2))`
  const run = <T>(take: () => T): T => {
    connection.seed(statementSeed(bytes, 1, 2))
    return take()
  }
  const expected = run(() => connection.texts(draw))
  connection.run('DELETE FROM draws')
  run(() => connection.run(`INSERT INTO draws ${draw}`))
  connection.control('BEGIN')
  for (let i = 0; i < 2; i++) run(() => connection.run(`INSERT INTO draws ${draw}`))
  connection.control('COMMIT')
  const drawn = connection.texts('SELECT drawn FROM draws ORDER BY rowid')
  return drawn.join() === [...expected, ...expected, ...expected].join()
}
