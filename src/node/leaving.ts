import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import type { ClusterService } from './types.ts'

const ATTEMPTS = 5
const PAUSE_MS = 250
const ATTEMPT_TIMEOUT_MS = 3_000

/**
 * Has this node removed from its cluster before it stops, and waits until that is committed. Gives up
 * after a few attempts: a node that cannot leave stops as a member, as it would otherwise.
 */
export async function leaveCluster(
  { cluster, logger }: { readonly cluster: Pick<ClusterService, 'removeNode'>; readonly logger: Logger },
  selfId: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await cluster.removeNode(selfId, { timeoutMs: ATTEMPT_TIMEOUT_MS })
      logger.info({}, 'this node has left its cluster')
      return
    } catch (error) {
      const fields = { attempt, error: errorMessage(error) }
      const isFinal = error instanceof DebrosError && !error.retryable && error.outcome === 'not-applied'
      if (isFinal || attempt === ATTEMPTS) {
        logger.warn(fields, 'this node could not leave its cluster; it stops as a member')
        return
      }
      logger.debug(fields, 'could not leave the cluster yet')
    }
    await sleep(PAUSE_MS)
  }
}
