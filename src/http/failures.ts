/**
 * What a failed call of the node's services is over HTTP. One rule above the table: a write that
 * was or may have been applied is answered 200 with a top-level `error`, because clients repeat a request that
 * got a 5xx, and repeating this one could apply it twice. What certainly did not happen may be tried
 * again and is a 503.
 */
import { DebrosError } from '../base/index.ts'
import { encodeFailure } from './encode-document.ts'
import { errorReply, type HttpReply } from './reply.ts'

interface Rule {
  /** 200 makes a document with a top-level `error`, any other a plain text. */
  readonly status: number
  /** Instead of the error's own message: clients match on rqlite's texts. */
  readonly text?: string
  /** The text where the outcome is unknown. */
  readonly unknownText?: string
}

const NO_LEADER: Rule = { status: 503, text: 'leader not found' }
const TRY_AGAIN: Rule = { status: 503 }
const TOO_LARGE: Rule = { status: 413 }

const RULES: Readonly<Record<string, Rule>> = {
  RAFT_NO_LEADER: NO_LEADER,
  RAFT_NOT_LEADER: NO_LEADER,
  RAFT_PROPOSAL_DROPPED: NO_LEADER,
  RAFT_LEADERSHIP_LOST: { ...NO_LEADER, unknownText: 'leadership lost while committing log' },
  RAFT_TRANSFERRING: { status: 503, text: 'leadership transfer in progress' },
  RAFT_BUSY: TRY_AGAIN,
  QUEUE_FULL: { status: 503, text: 'timed out enqueuing operation' },
  QUEUE_STOPPED: TRY_AGAIN,
  CALL_TIMEOUT: TRY_AGAIN,
  PEER_UNREACHABLE: TRY_AGAIN,
  PEER_CALL_LOST: TRY_AGAIN,
  PEER_CALL_TIMEOUT: TRY_AGAIN,
  SQL_STALE_READ: { status: 200, text: 'stale read' },
  SQL_TIMEOUT: { status: 200, text: 'context deadline exceeded' },
  SQL_DISALLOWED_PRAGMA: { status: 200, text: 'disallowed pragma' },
  SQL_TOO_LARGE: TOO_LARGE,
  RAFT_ENTRY_TOO_LARGE: TOO_LARGE,
  RPC_REQUEST_TOO_LARGE: TOO_LARGE,
  NOT_AUTHORIZED: { status: 401 },
  NAMESPACE_INVALID: { status: 400 },
  BACKUP_INVALID: { status: 400 },
  SQL_IMAGE_INVALID: { status: 400 },
  LOAD_INVALID: { status: 400 },
  LOAD_TOO_LARGE: TOO_LARGE,
  LOAD_FAILED: { status: 500 },
  BOOT_REFUSED: { status: 503 },
  REQUEST_INVALID: { status: 400 },
}

/**
 * `maybeWrite`: the request could have changed something. Codes without a rule are answered by what the
 * error says of itself. Errors that nobody expected are thrown on.
 */
export function failureReply(error: unknown, maybeWrite: boolean): HttpReply {
  if (!(error instanceof DebrosError)) throw error
  const rule = RULES[error.code] ?? { status: error.retryable ? 503 : 500 }
  if (maybeWrite && error.outcome !== 'not-applied') {
    return documentFailure(rule.unknownText ?? error.message)
  }
  const text = rule.text ?? error.message
  if (rule.status === 200) return documentFailure(text)
  return errorReply(rule.status, text, rule.status === 503 ? { 'retry-after': '1' } : {})
}

/** 200 with a document that has no results and a top-level `error`. */
export function documentFailure(message: string): HttpReply {
  return { status: 200, type: 'json', body: encodeFailure(message) }
}
