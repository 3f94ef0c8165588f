/** A client's write as it travels: under one id however often it is tried. */
import { type Prng, REQUEST_ID_BYTES, type RequestTag } from '../../base/index.ts'
import type { KvCommand, KvResult } from '../../kv/index.ts'
import { type CommandResult, encodeCommand } from '../../node/index.ts'
import type { SqlCommand, SqlResult } from '../../sql/index.ts'

/** `since`: a commit index from before the first attempt; the entry, if there is one, stands behind it. */
export type Request = Pick<RequestTag, 'id' | 'since'>

export type WriteBody =
  | { readonly kind: 'kv'; readonly kv: KvCommand }
  /** Time and seed are the proposer's. */
  | { readonly kind: 'sql'; readonly sql: Omit<SqlCommand, 'timeMs' | 'seed'> }

/** What became of an attempt that was applied. */
export type WriteResult =
  | { readonly kind: 'kv'; readonly result: KvResult; readonly index: number }
  | { readonly kind: 'sql'; readonly results: readonly SqlResult[]; readonly index: number }
  /** Nobody knows any more what became of an earlier attempt, or at least not what was answered. */
  | { readonly kind: 'forgotten' }

export function drawRequest(prng: Prng, since: number): Request {
  const id = Buffer.alloc(REQUEST_ID_BYTES)
  for (let at = 0; at < REQUEST_ID_BYTES; at += 4) id.writeUInt32BE(prng.nextUint32(), at)
  return { id: id.toString('latin1'), since }
}

export function encodeRequest(
  request: Request,
  body: WriteBody,
  proposer: { readonly timeMs: number; readonly seed: number },
): Uint8Array {
  const tag = { ...request, timeMs: proposer.timeMs }
  if (body.kind === 'kv') return encodeCommand({ kind: 'kv', request: tag, kv: body.kv })
  return encodeCommand({ kind: 'sql', request: tag, sql: { ...body.sql, ...proposer } })
}

/** What the state machine answered; undefined if it has no answer where there must be one. */
export function readResult(result: unknown): WriteResult | undefined {
  const answer = result as CommandResult | undefined // what the state machine answers every command
  if (answer?.kind !== 'sql' && answer?.kind !== 'kv') return undefined
  if (answer.outcome.kind !== 'done') return { kind: 'forgotten' }
  const { index } = answer.outcome
  if (answer.kind === 'sql') return { kind: 'sql', results: answer.outcome.result, index }
  return { kind: 'kv', result: answer.outcome.result, index }
}
