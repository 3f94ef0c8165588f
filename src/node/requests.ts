/**
 * The identity of a request. Every attempt at it carries the same id, and the state machines remember
 * what became of it (base/outcome-history.ts): made again after its answer was lost, it gets its first
 * outcome.
 */
import { createHash } from 'node:crypto'
import { DebrosError, REQUEST_ID_BYTES, type RequestOutcome } from '../base/index.ts'
import { randomLatin1 } from './random.ts'

/** Longest `requestId` a caller may choose, in characters. */
export const REQUEST_KEY_LENGTH_MAX = 256

/** An id nobody else has; a load is named by one, too. */
export function freshRequestId(): string {
  return randomLatin1(REQUEST_ID_BYTES)
}

/**
 * The id of a request that its caller has named. Requests with other content, or in another namespace,
 * are other requests, whatever they are called. Throws `REQUEST_INVALID`.
 */
export function namedRequestId(name: string, namespace: string, content: Uint8Array): string {
  if (name.length === 0 || name.length > REQUEST_KEY_LENGTH_MAX) {
    throw new DebrosError(
      'REQUEST_INVALID',
      `a request id must have 1 to ${REQUEST_KEY_LENGTH_MAX} characters, not ${name.length}`,
    )
  }
  const hash = createHash('sha256')
  for (const part of [Buffer.from(namespace), Buffer.from(name), content]) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.byteLength)
    hash.update(length).update(part)
  }
  return hash.digest().subarray(0, REQUEST_ID_BYTES).toString('latin1')
}

/**
 * The index that goes with each attempt: committed before the first one of which the answer was lost. As
 * long as nothing can have happened, the latest is as true as the first.
 */
export function sinceFirst(commitIndex: () => number): (attempt: { mayHaveHappened: boolean }) => number {
  let since = commitIndex()
  return ({ mayHaveHappened }) => {
    if (!mayHaveHappened) since = commitIndex()
    return since
  }
}

/** The result, and the index at which the request was applied, now or by an earlier attempt. */
export function settle<T>(outcome: RequestOutcome<T>): { readonly result: T; readonly index: number } {
  switch (outcome.kind) {
    case 'done':
      return outcome
    case 'done-before':
      throw answerLost(outcome.index)
    case 'forgotten':
      throw new DebrosError(
        'REQUEST_FORGOTTEN',
        'too many requests were applied since this one was first made to tell whether it was among them; ' +
          'this attempt was not applied',
        { retryable: true },
      )
  }
}

function answerLost(index: number): DebrosError {
  return new DebrosError(
    'REQUEST_ANSWER_LOST',
    `the request was applied at log index ${index} by an earlier attempt whose answer was lost; ` +
      'the answer was too large to be kept',
    { outcome: 'applied' },
  )
}
