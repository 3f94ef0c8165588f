/** What a process that runs a node has around it, whatever command line it was given. */
import type { LoggingSettings } from '../config/index.ts'
import { growHeapBeforeCollecting } from './heap-growth.ts'
import type { Logging } from './logging.ts'
import type { ServeNodeComponents } from './serve-node.ts'
import { releaseLoadingMemory } from './startup-memory.ts'
import { watchStopSignals, watchUncaught } from './stop-signals.ts'

/**
 * Hands `run` what it needs for a node, stops it by the process's signals, and closes the log when it is
 * over. Gives and rejects what `run` does.
 */
export async function withNodeProcess<T>(
  logging: Logging,
  { file }: Pick<LoggingSettings, 'file'>,
  run: (components: ServeNodeComponents) => Promise<T>,
): Promise<T> {
  const { logger } = logging
  using stop = watchStopSignals(process)
  using _uncaught = watchUncaught(process, async (error) => {
    logger.error({ error }, 'an unexpected error ends the node')
    await logging.close()
  })
  try {
    // Loaded here, so that what is refused before does not wait for libp2p and the engine.
    const { createNode } = await import('../node/index.ts')
    releaseLoadingMemory()
    growHeapBeforeCollecting()
    return await run({ createNode, logger, signal: stop.signal })
  } catch (error) {
    // On a terminal the message that follows is enough; whoever looks into a file finds it there.
    if (file !== undefined) logger.error({ error }, 'the node could not be started')
    throw error
  } finally {
    await logging.close()
  }
}
