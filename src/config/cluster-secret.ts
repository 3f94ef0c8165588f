/**
 * The secret that lets a node into the cluster. Looked for in this order: the configuration's own
 * value or file; `cluster.secret` in the data directory. A bootstrap node that finds none makes one
 * there, and copying that file into another node's data directory is all it takes to let it in.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DebrosError, errorMessage, hasErrorCode } from '../base/index.ts'
import type { NodeConfig } from './types.ts'

export const CLUSTER_SECRET_FILE_NAME = 'cluster.secret'

const SECRET_LENGTH_MIN = 16

export interface ClusterSecret {
  readonly value: string
  /** The file it is in; undefined if it was given by itself. */
  readonly file: string | undefined
  /** True if it was made just now. */
  readonly generated: boolean
  /** True if others on this machine may read the file. */
  readonly exposed: boolean
}

/**
 * Finds or makes the secret. Errors: `CLUSTER_SECRET_MISSING` on a node that is to join and has
 * none; `CLUSTER_SECRET_INVALID` for a file that is unreadable or holds too short a text.
 */
export async function ensureClusterSecret(
  config: Pick<NodeConfig, 'role' | 'dataDir' | 'clusterSecret'>,
): Promise<ClusterSecret> {
  const { value, file } = config.clusterSecret
  if (value !== undefined) return { value, file: undefined, generated: false, exposed: false }
  if (file !== undefined) return readSecret(file)
  const usual = join(config.dataDir, CLUSTER_SECRET_FILE_NAME)
  if (await exists(usual)) return readSecret(usual)
  if (config.role === 'bootstrap') return createSecret(usual)
  throw new DebrosError(
    'CLUSTER_SECRET_MISSING',
    `joining a cluster takes its secret: copy ${CLUSTER_SECRET_FILE_NAME} from the data directory of a member to ${usual}, ` +
      'name another file with --cluster-secret-file, or set DEBROS_CLUSTER_SECRET',
  )
}

async function readSecret(file: string): Promise<ClusterSecret> {
  try {
    const value = (await readFile(file, 'utf8')).trim()
    if (value.length < SECRET_LENGTH_MIN)
      throw new Error(`it must hold at least ${SECRET_LENGTH_MIN} characters`)
    const mode = process.platform === 'win32' ? 0 : (await stat(file)).mode
    return { value, file, generated: false, exposed: (mode & 0o077) !== 0 }
  } catch (cause) {
    const message = `the cluster secret in ${file} cannot be used: ${errorMessage(cause)}`
    throw new DebrosError('CLUSTER_SECRET_INVALID', message, { cause })
  }
}

/** Never half written, and never in place of one that appeared meanwhile: then that one counts. */
async function createSecret(file: string): Promise<ClusterSecret> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const value = randomBytes(32).toString('hex')
  const temporary = `${file}.${randomBytes(4).toString('hex')}`
  try {
    await writeFile(temporary, `${value}\n`, { mode: 0o600, flush: true })
    await link(temporary, file)
  } catch (error) {
    if (await exists(file)) return await readSecret(file)
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
  return { value, file, generated: true, exposed: false }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => {
      if (hasErrorCode(error, 'ENOENT')) return false
      throw error
    },
  )
}
