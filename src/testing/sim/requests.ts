/**
 * A client's write as it travels: under one id however often it is tried. Here, and nowhere else, is
 * decided whether a write of unknown outcome may be tried again.
 */
import type { Prng } from '../../base/index.ts'
import type { KvCommand, KvResult } from '../../kv/index.ts'
import { type CommandResult, encodeCommand, REQUEST_ID_BYTES } from '../../node/index.ts'
import type { SqlCommand, SqlResult } from '../../sql/index.ts'

/**
 * Whether clients try a write again, under the same id, when they do not know what became of it. Only
 * right once the state machines remember what they did for which request.
 */
export const RETRIES_UNKNOWN_WRITES = false

export interface Request {
  readonly id: Uint8Array
  /** A commit index from before the first attempt: the entry, if there is one, stands behind it. */
  readonly since: number
}

export type WriteBody =
  | { readonly kind: 'kv'; readonly kv: KvCommand }
  /** Time and seed are the proposer's. */
  | { readonly kind: 'sql'; readonly sql: Omit<SqlCommand, 'timeMs' | 'seed'> }

/** What became of an attempt that was applied. */
export type WriteResult =
  | { readonly kind: 'kv'; readonly result: KvResult }
  | { readonly kind: 'sql'; readonly results: readonly SqlResult[] }
  /** An earlier attempt was applied, or none: nobody knows any more. */
  | { readonly kind: 'forgotten' }

export function drawRequest(prng: Prng, since: number): Request {
  const id = new Uint8Array(REQUEST_ID_BYTES)
  const view = new DataView(id.buffer)
  for (let at = 0; at < REQUEST_ID_BYTES; at += 4) view.setUint32(at, prng.nextUint32())
  return { id, since }
}

export function encodeRequest(
  request: Request,
  body: WriteBody,
  proposer: { readonly timeMs: number; readonly seed: number },
): Uint8Array {
  const { id: requestId } = request
  if (body.kind === 'kv') return encodeCommand({ kind: 'kv', requestId, kv: body.kv })
  return encodeCommand({ kind: 'sql', requestId, sql: { ...body.sql, ...proposer } })
}

/** What the state machine answered; undefined if it has no answer where there must be one. */
export function readResult(result: unknown): WriteResult | undefined {
  const answer = result as CommandResult // what the state machine answers every command
  if (answer.kind === 'sql') return answer
  return answer.result === undefined ? undefined : { kind: 'kv', result: answer.result }
}
