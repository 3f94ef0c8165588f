/** What the machine and the threads that read say to each other. */
import type { Failure } from './protocol.ts'
import type { Publication } from './publication.ts'
import type { SqliteFiles } from './sqlite-binary.ts'
import type { SqlQueryOptions, SqlResult, SqlStatement, SqlValue } from './types.ts'

export interface ReaderWorkerInit {
  readonly role: 'reader'
  readonly foreignKeys: boolean
  /** See read-flags.ts. */
  readonly readFlags: SharedArrayBuffer
  /** See {@link CONTROL}. */
  readonly control: SharedArrayBuffer
  /** How long a read may run, in milliseconds; 0: for ever. */
  readonly timeBudgetMs: number
  readonly files: SqliteFiles | undefined
}

/**
 * Words of memory that both sides share. Reads are numbered by their place in the order in which the thread gets
 * them, from 1 on, in 32 bits that wrap around.
 * - `position`: the place of the read that the thread is at, or was at last;
 * - `skipThrough`: reads up to this place are not to be begun any more;
 * - `taken`: pieces of results that were taken, counted in 32 bits that wrap around.
 */
export const CONTROL = { position: 0, skipThrough: 1, taken: 2, words: 3 } as const

/** Pieces that may be on their way. With more of them, whoever takes them would have no time for anything else. */
export const PIECES_MAX = 2

/** Whether a place is not behind another one. */
export function isThrough(place: number, through: number): boolean {
  return ((place - through) | 0) <= 0
}

interface AboutStatements {
  readonly namespace: string
  readonly statements: readonly SqlStatement[]
}

export type ReadRequest =
  | (AboutStatements & {
      readonly kind: 'query'
      readonly options: Omit<SqlQueryOptions, 'signal'>
      /** Of `ReaderWorkerInit.readFlags`: raised when nobody waits any more. */
      readonly flag?: number | undefined
    })
  | (AboutStatements & { readonly kind: 'classify' })
  | (AboutStatements & { readonly kind: 'parse' })

/** The answer to each kind of read. */
export interface ReadAnswers {
  query: readonly SqlResult[]
  classify: readonly boolean[]
  parse: readonly (string | undefined)[]
}

/** Reads that are carried out at one version. */
export interface ReadBatch {
  /** The place of the first. */
  readonly first: number
  /** What has to be known to be at that version, in the order of versions. */
  readonly publications: readonly Publication[]
  readonly reads: readonly { readonly id: number; readonly request: ReadRequest }[]
}

export type ReadResponse =
  | { readonly id: number; readonly answer: ReadAnswers[keyof ReadAnswers] }
  | { readonly id: number; readonly failure: Failure }

/** The first rows of a result that is large; others, or the result with the last ones, follow. */
export interface ResultPiece {
  readonly id: number
  /** The result's place among those of the read. */
  readonly result: number
  readonly values: readonly (readonly SqlValue[])[]
}

export type ReaderMessage = { readonly piece: ResultPiece } | ReaderProgress

/** The first one says that the thread has started. */
export interface ReaderProgress {
  /** In the order of the reads. */
  readonly responses: readonly ReadResponse[]
  /** Reads up to this place are done, or were skipped if they have no response. */
  readonly through: number
}
