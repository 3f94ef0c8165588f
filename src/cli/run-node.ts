/** Runs a node as its configuration says. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../base/index.ts'
import {
  type ClusterSecret,
  ensureClusterSecret,
  type NodeConfig,
  type ResolvedConfig,
} from '../config/index.ts'
import type { DebrosNode } from '../node/index.ts'
import { readAuthorization } from './authorization.ts'
import type { BuildInfo } from './build-info.ts'
import { toHttpInit, toNodeInit } from './node-init.ts'
import { loadOutboundInit } from './outbound-init.ts'
import { type ServeNodeComponents, serveNode } from './serve-node.ts'

export interface RunNodeComponents extends ServeNodeComponents {
  readonly build: BuildInfo
}

/** Returns the exit code; rejects if the node could not be started. See {@link serveNode}. */
export async function runNode(
  { config, warnings }: ResolvedConfig,
  components: RunNodeComponents,
): Promise<number> {
  const { build } = components
  const logger = components.logger.child({ component: 'NODE' })
  for (const warning of warnings) logger.warn({}, warning)
  const outbound = await loadOutboundInit(config.outbound, process.env)
  const authorization = await readAuthorization(config, logger)
  const secret = await ensureClusterSecret(config)
  tellSecret(secret, logger)
  logger.info({ version: build.version, role: config.role, data: config.dataDir }, 'starting')
  return await serveNode(components, {
    node: toNodeInit(config, { clusterSecret: secret.value, authorization, outbound, build }),
    http: toHttpInit(config, build),
    started: (node) => writePeerInfo(config, node),
  })
}

export function tellSecret({ file, generated, exposed }: ClusterSecret, logger: Logger): void {
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
