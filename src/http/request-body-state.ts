/** Whether a request's body has been asked for, which decides what becomes of its connection. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** As much of an unwanted body is read after the answer, so that the connection can serve on. */
const DRAINED_BYTES_MAX = 256 * 2 ** 10

/** Requests whose callers wait for leave to send the body (`Expect: 100-continue`). */
const waiting = new WeakSet<IncomingMessage>()

/** Gives leave when somebody begins to read the body, and not before: a refusal then costs no upload. */
export function continueOnRead(request: IncomingMessage, response: ServerResponse): void {
  waiting.add(request)
  const onListener = (event: string | symbol): void => {
    if (event !== 'data' && event !== 'readable') return
    request.off('newListener', onListener)
    waiting.delete(request)
    if (!response.headersSent && !response.destroyed) response.writeContinue()
  }
  request.on('newListener', onListener)
}

/**
 * Nobody has read the body, and there is too much of it to read for nothing, or it is not known whether
 * the caller will send it at all: after the answer the connection is of no more use.
 */
export function endsConnection(request: IncomingMessage): boolean {
  if (waiting.has(request)) return true
  if (request.readableDidRead || request.complete) return false
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  return encoding !== undefined || Number(length ?? 0) > DRAINED_BYTES_MAX
}
