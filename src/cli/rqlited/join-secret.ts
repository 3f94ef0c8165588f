/** The secret with which nodes of `debros rqlited` let each other in. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode, type Logger } from '../../base/index.ts'
import { CLUSTER_SECRET_FILE_NAME, ensureClusterSecret, type NodeConfig } from '../../config/index.ts'
import { tellSecret } from '../run-node.ts'

/**
 * Known to everybody, and meant to be: rqlite has no secret, so whoever reaches a node's Raft address may
 * join. A node that was given a secret does not know this one.
 */
export const OPEN_CLUSTER_SECRET = 'debros rqlited: whoever reaches the Raft address may join'

/** Errors: `CLUSTER_SECRET_INVALID`. */
export async function joinSecret(
  config: Pick<NodeConfig, 'dataDir' | 'clusterSecret'>,
  logger: Logger,
): Promise<string> {
  const { value, file } = config.clusterSecret
  if (value === undefined && file === undefined && !(await hasOwnSecret(config.dataDir))) {
    logger.warn(
      {},
      'whoever reaches the Raft address may join this cluster, as with rqlite; -cluster-secret-file keeps others out',
    )
    return OPEN_CLUSTER_SECRET
  }
  const secret = await ensureClusterSecret({ ...config, role: 'node' })
  tellSecret(secret, logger)
  return secret.value
}

async function hasOwnSecret(dataDir: string): Promise<boolean> {
  return await stat(join(dataDir, CLUSTER_SECRET_FILE_NAME)).then(
    () => true,
    (error: unknown) => {
      if (hasErrorCode(error, 'ENOENT')) return false
      throw error
    },
  )
}
