/** Runs one node with its HTTP API until it is told to stop, or stops by itself. */
import { Counters, type Logger, toError } from '../base/index.ts'
import { createHttpServer, type HttpServer, type HttpServerInit } from '../http/index.ts'
import type { DebrosNode, NodeInit } from '../node/index.ts'
import { EXIT_FAILURE, EXIT_OK } from './exit-codes.ts'
import { untilAborted } from './until-aborted.ts'

export interface ServeNodeComponents {
  readonly createNode: (init: NodeInit, options: { signal: AbortSignal }) => Promise<DebrosNode>
  readonly logger: Logger
  /** Aborted when the node is to stop. */
  readonly signal: AbortSignal
}

export interface ServeNodeInit {
  readonly node: Omit<NodeInit, 'door' | 'logger'>
  /** Callers are checked by the node's authorizer, unless it has one of its own. */
  readonly http: HttpServerInit
  /** What is to be done once it is a member. */
  readonly started?: (node: DebrosNode) => Promise<void>
}

/**
 * The HTTP API answers from the first moment, while the node is still replaying its log or joining.
 * Stopping begins with it too: no new requests, the running ones finish, then the node leaves.
 * Returns the exit code; rejects if the node could not be started.
 */
export async function serveNode(components: ServeNodeComponents, init: ServeNodeInit): Promise<number> {
  const logger = components.logger.child({ component: 'NODE' })
  const { authorizer, counters = new Counters() } = init.node
  let server: HttpServer | undefined
  const node = await startNode(
    {
      ...init.node,
      counters,
      door: (node) => {
        const httpLogger = components.logger.child({ component: 'HTTP' })
        const http = { ...(authorizer !== undefined && { authorizer }), ...init.http }
        server = createHttpServer({ node, logger: httpLogger, counters }, http)
        return server
      },
      // Without a component: the parts add their own.
      logger: components.logger,
    },
    components,
  )
  if (node === undefined) {
    logger.info({}, 'stopped before it was a member')
    return EXIT_OK
  }
  await using running = node
  await init.started?.(running)
  logger.info({ api: running.apiUrl }, 'node is running')

  const failure = await Promise.race([untilAborted(components.signal), failureOf(running.stopped)])
  if (failure !== undefined) logger.error({ error: failure }, 'the node has stopped by itself')
  else logger.info({}, 'stopping')
  await server?.stop()
  await running.stop()
  logger.info({}, 'stopped')
  return failure === undefined ? EXIT_OK : EXIT_FAILURE
}

/** Undefined if it was told to stop while it was starting. */
async function startNode(
  init: NodeInit,
  { createNode, signal }: ServeNodeComponents,
): Promise<DebrosNode | undefined> {
  // A signal of its own: once the node runs, it is stopped in order instead.
  const starting = new AbortController()
  const abort = () => starting.abort(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    return await createNode(init, { signal: starting.signal })
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Why the node stopped; an Error even where it gave no reason, since nobody asked it to. */
async function failureOf(stopped: Promise<void>): Promise<Error> {
  try {
    await stopped
    return new Error('no reason given')
  } catch (error) {
    return toError(error)
  }
}
