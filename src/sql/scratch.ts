/**
 * Work on a copy of a database, apart from the replicated state: looking whether a file is one that may
 * replace a database, rewriting it without gaps, telling it as SQL. All of it can take long; so every copy
 * is worked on in a thread of its own, see `scratch-thread.ts`.
 */
import { errorMessage } from '../base/index.ts'
import { AnalysisCache } from './analysis-cache.ts'
import { BlockFile } from './block-file.ts'
import { CAPTURE_CHUNK_BYTES } from './capture-format.ts'
import { type Connection, NOTHING_STICKY } from './connection.ts'
import { imageOf, normalizeHeader } from './database-image.ts'
import { dumpSql } from './dump.ts'
import { imageInvalid, scratchFailed } from './errors.ts'
import { SQL_DATABASE_BYTES_MAX } from './limits.ts'
import { type Session, SessionFactory } from './session.ts'
import type { SqliteBinary } from './sqlite-binary.ts'
import { SqlTokens } from './tokens.ts'

export class Scratch {
  readonly #sessions: SessionFactory
  readonly #file = new BlockFile()

  constructor(binary: SqliteBinary) {
    this.#sessions = new SessionFactory(binary, false)
  }

  /** Adds to the end of the file. Throws `SQL_IMAGE_INVALID` if it becomes too large. */
  write(chunk: Uint8Array): void {
    if (this.#file.size + chunk.length > SQL_DATABASE_BYTES_MAX) {
      throw imageInvalid(`it is larger than ${SQL_DATABASE_BYTES_MAX} bytes`)
    }
    this.#file.write(chunk, this.#file.size)
  }

  /**
   * Throws `SQL_IMAGE_INVALID` unless the file can be a database here; afterwards its header is as that of
   * every replicated one. Nothing in it is left to be found out by a replica: its pages make sense, and its
   * schema holds nothing that a statement could not have made.
   */
  check(): void {
    normalizeHeader(this.#file)
    try {
      const { connection } = this.#open('read')
      connection.run('PRAGMA ignore_check_constraints = ON') // rows that break them are not damaged
      const [problem = 'ok'] = textsOf(connection, 'PRAGMA integrity_check(1)')
      if (problem !== 'ok') throw new Error(problem)
      checkSchema(connection)
    } catch (error) {
      throw imageInvalid(errorMessage(error))
    }
  }

  vacuum(): void {
    try {
      this.#open('write').connection.run('VACUUM')
    } catch (error) {
      throw scratchFailed('VACUUM', error)
    }
  }

  /** The file in chunks. To be read to its end before anything else is done. */
  *read(): Generator<Uint8Array<ArrayBuffer>> {
    const image = imageOf(this.#file.snapshot())
    for (let at = 0; at < image.size; ) {
      const chunk = new Uint8Array(Math.min(CAPTURE_CHUNK_BYTES, image.size - at))
      at += image.read(chunk, at)
      yield chunk
    }
  }

  /** All of the database as SQL text, or these tables with what belongs to them. */
  *dump(tables: readonly string[] | undefined): Generator<Uint8Array<ArrayBuffer>> {
    try {
      yield* encoded(dumpSql(this.#open('read').connection, tables))
    } catch (error) {
      throw scratchFailed('the dump', error)
    }
  }

  #open(access: 'read' | 'write'): Session {
    const session = this.#sessions.open(this.#file, NOTHING_STICKY)
    session.vfs.begin(Date.now(), access)
    return session
  }
}

/** What a file holds was not made by statements that we have seen; so what they would have had to pass is made up for. */
function checkSchema(connection: Connection): void {
  const analyses = new AnalysisCache()
  for (const sql of textsOf(connection, 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL')) {
    const { segments, refusal } = analyses.get(sql)
    if (refusal !== undefined) throw new Error(refusal)
    if (segments.length !== 1 || segments[0]?.verb !== 'create') throw new Error('its schema is damaged')
    // SQLite spells it so, whatever a statement looked like, and virtual tables are known by it.
    if (isVirtual(sql) && !sql.startsWith('CREATE VIRTUAL TABLE ')) throw new Error('its schema is damaged')
  }
}

function isVirtual(sql: string): boolean {
  const tokens = new SqlTokens(sql)
  return tokens.next() && tokens.next() && tokens.name() === 'virtual'
}

function textsOf(connection: Connection, sql: string): string[] {
  return (
    connection.useOnce(sql, (statement) => {
      const texts: string[] = []
      while (statement.step()) texts.push(String(statement.row()[0]))
      return texts
    }) ?? []
  )
}

/** Gathers small texts, and hands on large ones at once. */
function* encoded(texts: Iterable<string>): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder()
  let gathered = ''
  for (const text of texts) {
    gathered += text
    if (gathered.length < CAPTURE_CHUNK_BYTES) continue
    yield encoder.encode(gathered)
    gathered = ''
  }
  if (gathered.length > 0) yield encoder.encode(gathered)
}
