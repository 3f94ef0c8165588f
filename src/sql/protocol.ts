/** What the machine and its worker say to each other. Messages carry several of these at a time. */
import { DebrosError, errorMessage, type Outcome, type OutcomeLimits } from '../base/index.ts'
import type { PackedItems, PackedOutcomes } from './apply-batch.ts'
import type { ChangeLogLimits, ChangePage, ChangeSettings } from './change-log.ts'
import type { Publication } from './publication.ts'
import type { ReaderWorkerInit } from './reader-protocol.ts'
import type { SqliteFiles } from './sqlite-binary.ts'
import type { SqlStats } from './types.ts'
import type { ReaderVersions } from './versions.ts'

/** What a worker is started with: `scratch.ts` says what its second part is. */
export type WorkerInit =
  | EngineWorkerInit
  | ReaderWorkerInit
  | { readonly role: 'scratch'; readonly files: SqliteFiles | undefined }

export interface EngineWorkerInit {
  readonly role: 'engine'
  readonly foreignKeys: boolean
  readonly outcomeLimits: OutcomeLimits | undefined
  readonly files: SqliteFiles | undefined
}

export type Request =
  /** Answered once the engine runs. */
  | { readonly kind: 'start' }
  | {
      readonly kind: 'apply'
      readonly items: PackedItems
      /** What readers are at by now. */
      readonly readers: ReaderVersions
    }
  | { readonly kind: 'stats' }
  /** Answered by a number that stands for the capture. */
  | { readonly kind: 'capture' }
  /** Likewise, of one database. */
  | { readonly kind: 'capture-database'; readonly namespace: string }
  /** Answered by the next chunks; none after the last. */
  | { readonly kind: 'capture-read'; readonly capture: number }
  | { readonly kind: 'capture-release'; readonly capture: number }
  | {
      readonly kind: 'changes-configure'
      readonly settings: ChangeSettings | undefined
      readonly index: number
    }
  | { readonly kind: 'changes-trim'; readonly through: number }
  | { readonly kind: 'changes'; readonly after: number; readonly limits: ChangeLogLimits }
  | { readonly kind: 'digest' }
  | { readonly kind: 'restore-begin' }
  | { readonly kind: 'restore-push'; readonly chunk: Uint8Array }
  | { readonly kind: 'restore-finish' }
  | { readonly kind: 'restore-abort' }

/** The answer to each kind of request. */
export interface Answers {
  /** Whether writes share transactions; see `draws.ts`. */
  start: { readonly sharesTransactions: boolean }
  apply: PackedOutcomes
  stats: SqlStats
  capture: number
  'capture-database': number
  'capture-read': readonly Uint8Array<ArrayBuffer>[]
  'capture-release': undefined
  'changes-configure': undefined
  'changes-trim': undefined
  changes: ChangePage
  digest: string
  'restore-begin': undefined
  'restore-push': undefined
  'restore-finish': undefined
  'restore-abort': undefined
}

export type RequestKind = Request['kind']
export type Answer = Answers[RequestKind]

export interface RequestEnvelope {
  readonly id: number
  readonly request: Request
}

export type ResponseEnvelope =
  /** The state that the answers behind it are about. */
  { readonly published: Publication } | ResponseTo

export type ResponseTo =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly failure: Failure }

/** An error on its way between threads, which keeps no classes. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly outcome: Outcome
}

export function failureOf(error: unknown): Failure {
  if (error instanceof DebrosError) {
    const { code, message, retryable, outcome } = error
    return { code, message, retryable, outcome }
  }
  return { code: 'SQL_ENGINE_FAILED', message: errorMessage(error), retryable: false, outcome: 'unknown' }
}

export function errorOf({ code, message, retryable, outcome }: Failure): DebrosError {
  return new DebrosError(code, message, { retryable, outcome })
}
