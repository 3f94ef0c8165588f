/** Runs one node with its HTTP API until it is told to stop, or stops by itself. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, toError } from '../base/index.ts'
import {
  type ClusterSecret,
  ensureClusterSecret,
  type NodeConfig,
  type ResolvedConfig,
} from '../config/index.ts'
import { createHttpServer, type HttpServer } from '../http/index.ts'
import type { DebrosNode, NodeInit } from '../node/index.ts'
import type { BuildInfo } from './build-info.ts'
import { EXIT_FAILURE, EXIT_OK } from './exit-codes.ts'
import { toHttpInit, toNodeInit } from './node-init.ts'
import { untilAborted } from './until-aborted.ts'

export interface RunNodeComponents {
  readonly createNode: (init: NodeInit, options: { signal: AbortSignal }) => Promise<DebrosNode>
  readonly logger: Logger
  readonly build: BuildInfo
  /** Aborted when the node is to stop. */
  readonly signal: AbortSignal
}

/**
 * The HTTP API answers from the first moment, while the node is still replaying its log or joining.
 * Stopping begins with it too: no new requests, the running ones finish, then the node leaves.
 * Returns the exit code; rejects if the node could not be started.
 */
export async function runNode(
  { config, warnings }: ResolvedConfig,
  components: RunNodeComponents,
): Promise<number> {
  const { build, signal } = components
  const logger = components.logger.child({ component: 'NODE' })
  for (const warning of warnings) logger.warn({}, warning)
  const secret = await ensureClusterSecret(config)
  tellSecret(secret, logger)
  logger.info({ version: build.version, role: config.role, data: config.dataDir }, 'starting')

  let server: HttpServer | undefined
  const init = toNodeInit(config, {
    clusterSecret: secret.value,
    door: (node) => {
      const httpLogger = components.logger.child({ component: 'HTTP' })
      server = createHttpServer({ node, logger: httpLogger }, toHttpInit(config, build))
      return server
    },
    build,
    logger: components.logger,
  })
  const node = await startNode(init, components)
  if (node === undefined) {
    logger.info({}, 'stopped before it was a member')
    return EXIT_OK
  }
  await using running = node
  await writePeerInfo(config, running)
  logger.info({ api: running.apiUrl }, 'node is running')

  const failure = await Promise.race([untilAborted(signal), failureOf(running.stopped)])
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
  { createNode, signal }: RunNodeComponents,
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

function tellSecret({ file, generated, exposed }: ClusterSecret, logger: Logger): void {
  if (generated)
    logger.info({ file }, 'made a cluster secret; nodes that are to join need a copy of this file')
  if (exposed)
    logger.warn({ file }, 'others on this machine may read the cluster secret; chmod 600 keeps it private')
}

/** Where tools look for the address of a local node; it can be replaced at the next start. */
async function writePeerInfo(
  { dataDir, listenAddresses }: NodeConfig,
  { peerId }: DebrosNode,
): Promise<void> {
  const lines = listenAddresses.map((address) => `${address}/p2p/${peerId}\n`)
  await writeFile(join(dataDir, 'peer.info'), lines.join(''), { mode: 0o644 })
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
