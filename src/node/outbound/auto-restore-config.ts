/** rqlite's file for automatic restore, with files as a source of their own. */

import { z } from 'zod'
import { expandEnvironment } from '../../base/index.ts'
import {
  directory,
  duration,
  type Environment,
  fileName,
  fileStorage,
  parseServiceConfig,
  version,
} from './service-config.ts'

export interface AutoRestoreConfig {
  /** Absolute path. */
  readonly directory: string
  /** Within it; undefined: the newest backup there, by what automatic backup has noted beside it. */
  readonly name: string | undefined
  /** How long it may take. @default 30_000 */
  readonly timeoutMs: number
  /** Start with an empty database if it fails; otherwise the node stops. @default false */
  readonly continueOnFailure: boolean
}

const SCHEMA = z.object(
  {
    version: version(),
    type: fileStorage(),
    timeout: duration().optional(),
    continue_on_failure: z.boolean({ error: 'must be true or false' }).default(false),
    sub: z.object(
      { dir: directory(), name: fileName().optional(), file: fileName().optional() },
      { error: 'must be an object with "dir"' },
    ),
  },
  { error: 'it must be an object' },
)

const DEFAULT_RESTORE_TIMEOUT_MS = 30_000

/** Throws `SERVICE_CONFIG_INVALID`. Variables of `env` stand in for `$NAME` and `${NAME}`. */
export function createAutoRestoreConfig(text: string, env: Environment): AutoRestoreConfig {
  const { sub, timeout, continue_on_failure } = parseServiceConfig(
    'automatic restore',
    expandEnvironment(text, env),
    SCHEMA,
  )
  return {
    directory: sub.dir,
    name: sub.name ?? sub.file,
    timeoutMs: timeout || DEFAULT_RESTORE_TIMEOUT_MS,
    continueOnFailure: continue_on_failure,
  }
}
