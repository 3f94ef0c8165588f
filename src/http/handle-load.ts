/** POST /db/load, POST /boot: a database or a text of SQL, as the body. */
import { DebrosError, errorMessage } from '../base/index.ts'
import type { LoadOptions } from '../node/index.ts'
import { BodyRefused } from './body.ts'
import type { RequestContext } from './context.ts'
import { failureReply } from './failures.ts'
import { documentReply } from './handle-database.ts'
import { redirectRequest } from './redirect.ts'
import { emptyReply, errorReply, type HttpReply } from './reply.ts'

/** A SQLite file answers with no results, a text with one; packed or not. The Content-Type says nothing. */
export async function handleLoad(context: RequestContext): Promise<HttpReply> {
  const { body, server } = context
  const node = server.node()
  if (node === undefined) return errorReply(503, 'store not open')
  const redirect = await redirectRequest(context, node)
  if (redirect !== undefined) return redirect
  try {
    return documentReply(context, 'execute', await node.database.load(body.stream(), loadOptions(context)))
  } catch (error) {
    return failure(error, context)
  }
}

/** Only where this node is all of its cluster; the snapshot that follows is for nodes that join. */
export async function handleBoot(context: RequestContext): Promise<HttpReply> {
  const { body, server, signal } = context
  const node = server.node()
  if (node === undefined) return errorReply(503, 'store not open')
  try {
    await node.database.boot(body.stream(), loadOptions(context))
  } catch (error) {
    return failure(error, context)
  }
  // What was loaded is in the log, and safe.
  await node.cluster.snapshot({ signal }).catch((error: unknown) => {
    server.logger.warn({ error: errorMessage(error) }, 'no snapshot was taken of what was loaded')
  })
  return emptyReply(200)
}

function loadOptions({ credentials, parameters, server, signal }: RequestContext): LoadOptions {
  return { credentials, signal, timeoutMs: parameters.timeoutMs, bytesMax: server.loadBytesMax }
}

/**
 * A file can be loaded again, so that nobody knows what became of it is an error like others; what became
 * of a text is told as of other writes.
 */
function failure(error: unknown, { body }: RequestContext): HttpReply {
  const isFile = error instanceof DebrosError && error.code === 'LOAD_FAILED'
  const reply = failureReply(error, !isFile)
  if (body.isOver || reply.type !== 'text') return reply
  throw new BodyRefused(reply.status, String(reply.body).trimEnd(), reply.headers)
}
