import type { RequestOutcome } from '../base/index.ts'
import type { SqlResult } from './types.ts'

/** Smaller blobs are faster copied than handed over. */
const TRANSFER_BYTES_MIN = 32 * 1024

/** What need not be copied to the other thread, because nobody here has use for it any more. */
export function transferable(responses: readonly object[]): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = []
  for (const response of responses) {
    if (!('answer' in response) || !isObject(response.answer)) continue
    const parts = 'beside' in response.answer ? response.answer.beside : response.answer
    if (Array.isArray(parts)) for (const part of parts as readonly unknown[]) collect(part, buffers)
  }
  return buffers
}

/** A chunk, a result, a list of results, an outcome with such a list; or something without bytes. */
function collect(part: unknown, buffers: ArrayBuffer[]): void {
  if (part instanceof Uint8Array)
    buffers.push(part.buffer as ArrayBuffer) // made here, not shared memory
  else if (Array.isArray(part)) for (const result of part) collect(result, buffers)
  else if (isDone(part)) collect(part.result, buffers)
  else if (isRows(part)) {
    for (const row of part.values) {
      for (const value of row) {
        if (value instanceof Uint8Array && value.byteLength >= TRANSFER_BYTES_MIN) collect(value, buffers)
      }
    }
  }
}

function isDone(part: unknown): part is Extract<RequestOutcome<unknown>, { kind: 'done' }> {
  return (
    typeof part === 'object' && part !== null && (part as Partial<RequestOutcome<unknown>>).kind === 'done'
  )
}

function isRows(part: unknown): part is Extract<SqlResult, { kind: 'rows' }> {
  return typeof part === 'object' && part !== null && (part as Partial<SqlResult>).kind === 'rows'
}

function isObject(answer: unknown): answer is object {
  return typeof answer === 'object' && answer !== null
}
