/** Reads the files that tell what a node does on its own account. */
import type { Environment, OutboundSettings } from '../config/index.ts'
import {
  loadAutoBackupConfig,
  loadAutoRestoreConfig,
  loadChangeCaptureConfig,
  type NodeInit,
} from '../node/index.ts'

export type OutboundInit = Pick<NodeInit, 'autoBackup' | 'autoRestore' | 'changeCapture'>

/** Throws `SERVICE_CONFIG_INVALID`. */
export async function loadOutboundInit(settings: OutboundSettings, env: Environment): Promise<OutboundInit> {
  const { autoBackupFile, autoRestoreFile, changeCapture } = settings
  return {
    ...(autoBackupFile !== undefined && { autoBackup: await loadAutoBackupConfig(autoBackupFile, env) }),
    ...(autoRestoreFile !== undefined && { autoRestore: await loadAutoRestoreConfig(autoRestoreFile, env) }),
    ...(changeCapture !== undefined && {
      changeCapture: changeCapture === 'off' ? 'off' : await loadChangeCaptureConfig(changeCapture, env),
    }),
  }
}
