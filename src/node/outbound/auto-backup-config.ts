/** rqlite's file for automatic backups, as far as it is about files. */

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

export interface AutoBackupConfig {
  /** Absolute path; made if it is missing. */
  readonly directory: string
  /** Of the backup within it. */
  readonly name: string
  /** Between two looks at whether something has changed. */
  readonly intervalMs: number
  /** A new file each time, its name preceded by the time. @default false */
  readonly timestamp: boolean
  /** gzip. @default true */
  readonly compress: boolean
  /** VACUUM the copy first. @default false */
  readonly vacuum: boolean
}

const INTERVAL_MS_MIN = 1

const optionalFlag = () => z.boolean({ error: 'must be true or false' }).default(false)

const SCHEMA = z.object(
  {
    version: version(),
    type: fileStorage(),
    interval: duration().refine((ms) => ms >= INTERVAL_MS_MIN, { error: 'must be at least 1ms' }),
    timestamp: optionalFlag(),
    no_compress: optionalFlag(),
    vacuum: optionalFlag(),
    // Some versions of rqlite call the name `file`.
    sub: z.object(
      { dir: directory(), name: fileName().optional(), file: fileName().optional() },
      { error: 'must be an object with "dir" and "name"' },
    ),
  },
  { error: 'it must be an object' },
)

/** Throws `SERVICE_CONFIG_INVALID`. Variables of `env` stand in for `$NAME` and `${NAME}`. */
export function createAutoBackupConfig(text: string, env: Environment): AutoBackupConfig {
  const what = 'automatic backup'
  const file = parseServiceConfig(what, expandEnvironment(text, env), SCHEMA.superRefine(nameIsGiven))
  return {
    directory: file.sub.dir,
    name: (file.sub.name ?? file.sub.file) as string, // checked above
    intervalMs: file.interval,
    timestamp: file.timestamp,
    compress: !file.no_compress,
    vacuum: file.vacuum,
  }
}

function nameIsGiven(
  { sub }: { sub: { name?: string | undefined; file?: string | undefined } },
  context: z.RefinementCtx,
): void {
  if (sub.name !== undefined || sub.file !== undefined) return
  context.addIssue({ code: 'custom', path: ['sub', 'name'], message: 'must be the name of a file' })
}
