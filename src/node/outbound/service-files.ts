/** From what an operator names on the command line to the configurations. */
import { readFile } from 'node:fs/promises'
import { errorMessage } from '../../base/index.ts'
import { type AutoBackupConfig, createAutoBackupConfig } from './auto-backup-config.ts'
import { type AutoRestoreConfig, createAutoRestoreConfig } from './auto-restore-config.ts'
import {
  type ChangeCaptureConfig,
  createChangeCaptureConfig,
  isDestination,
} from './change-capture-config.ts'
import { type Environment, invalid } from './service-config.ts'

/** Throws `SERVICE_CONFIG_INVALID`, also if the file cannot be read; so do the others. */
export async function loadAutoBackupConfig(path: string, env: Environment): Promise<AutoBackupConfig> {
  return createAutoBackupConfig(await read('automatic backup', path), env)
}

export async function loadAutoRestoreConfig(path: string, env: Environment): Promise<AutoRestoreConfig> {
  return createAutoRestoreConfig(await read('automatic restore', path), env)
}

/** `value`: a URL, `stdout`, or the path of a file. */
export async function loadChangeCaptureConfig(value: string, env: Environment): Promise<ChangeCaptureConfig> {
  const isUrl = isDestination(value) || /^https?:/.test(value)
  return createChangeCaptureConfig(isUrl ? value : await read('change capture', value), env)
}

async function read(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw invalid(what, errorMessage(error))
  }
}
