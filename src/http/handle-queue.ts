/** POST /db/execute?queue: writes that are answered before they are done. */
import type { QueuedWrite } from '../node/index.ts'
import type { SqlStatement } from '../sql/index.ts'
import { writeOptions } from './call-options.ts'
import type { RequestContext } from './context.ts'
import { encodeQueued } from './encode-document.ts'
import { documentFailure, failureReply } from './failures.ts'
import { indentJson } from './json-text.ts'
import { parseBody } from './parse-body.ts'
import { errorReply, type HttpReply } from './reply.ts'
import type { HttpNode } from './types.ts'

/**
 * The leader is only looked for, so that a caller learns at once that nothing can be written now; what is
 * queued waits for one if it must.
 */
export async function handleQueuedWrite(context: RequestContext): Promise<HttpReply> {
  const { parameters, server } = context
  const node = server.node()
  if (node === undefined) return documentFailure('store not open')
  if (!parameters.has('noleader') && node.cluster.leader() === undefined) {
    return errorReply(503, 'leader not found', { 'retry-after': '1' })
  }
  const statements = await readStatements(context)
  try {
    const queued = await enqueue(context, node, statements)
    if (parameters.has('wait') && !(await isWritten(context, queued))) {
      return errorReply(408, 'queue wait timeout')
    }
    return queuedReply(context, queued)
  } catch (error) {
    return failureReply(error, true)
  }
}

/** None at all, for one who waits: a marker, which is through once everything before it is. */
async function readStatements({
  body,
  parameters,
}: RequestContext): Promise<readonly SqlStatement[] | undefined> {
  const text = (await body.read()).toString('utf8')
  if (parameters.has('wait') && /^\s*(?:\[\s*\]\s*)?$/.test(text)) return undefined
  return (await parseBody(body, text)).filter(({ sql }) => sql !== '')
}

function enqueue(
  context: RequestContext,
  { queuedWrites }: HttpNode,
  statements: readonly SqlStatement[] | undefined,
): Promise<QueuedWrite> {
  const options = writeOptions(context)
  return statements === undefined ? queuedWrites.flush(options) : queuedWrites.enqueue(statements, options)
}

/** False if that took too long, or nobody waits any more. */
async function isWritten({ parameters, signal }: RequestContext, { written }: QueuedWrite): Promise<boolean> {
  const givenUp = Promise.withResolvers<false>()
  const giveUp = (): void => givenUp.resolve(false)
  const timer = setTimeout(giveUp, parameters.timeoutMs)
  signal.addEventListener('abort', giveUp)
  try {
    return await Promise.race([written.then(() => true), givenUp.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

function queuedReply({ parameters, receivedAt, server }: RequestContext, queued: QueuedWrite): HttpReply {
  const time = parameters.has('timings') ? (performance.now() - receivedAt) / 1_000 : undefined
  const document = encodeQueued(queued.sequenceNumber, time)
  return {
    status: 200,
    type: 'json',
    body: parameters.has('pretty') ? indentJson([document]) : document,
    headers: { 'x-rqlite-served-by': server.advertise() },
  }
}
