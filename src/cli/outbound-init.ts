/** Reads the files that tell what a node does on its own account. */
import type { Environment, OutboundSettings } from '../config/index.ts'
import type { NodeInit } from '../node/index.ts'

export type OutboundInit = Pick<NodeInit, 'autoBackup' | 'autoRestore' | 'changeCapture'>

/** Throws `SERVICE_CONFIG_INVALID`. */
export async function loadOutboundInit(settings: OutboundSettings, env: Environment): Promise<OutboundInit> {
  const { autoBackupFile, autoRestoreFile, changeCapture } = settings
  if ([autoBackupFile, autoRestoreFile, changeCapture].every((one) => one === undefined)) return {}
  // Loaded here, so that commands which run no node do not wait for libp2p and the engine.
  const node = await import('../node/index.ts')
  return {
    ...(autoBackupFile !== undefined && { autoBackup: await node.loadAutoBackupConfig(autoBackupFile, env) }),
    ...(autoRestoreFile !== undefined && {
      autoRestore: await node.loadAutoRestoreConfig(autoRestoreFile, env),
    }),
    ...(changeCapture !== undefined && {
      changeCapture: changeCapture === 'off' ? 'off' : await node.loadChangeCaptureConfig(changeCapture, env),
    }),
  }
}
