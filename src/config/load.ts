/** The part of configuration that looks at the disk. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DebrosError, errorMessage, hasErrorCode } from '../base/index.ts'
import { ConfigError, type Problem } from './problems.ts'
import { resolveConfig } from './resolve.ts'
import type { Environment, FlagValues, ResolvedConfig } from './types.ts'

export interface LoadOptions {
  /** The YAML file, if there is one. */
  readonly file?: string | undefined
  readonly flags?: FlagValues
  readonly env?: Environment
}

/**
 * Reads the file and resolves everything. Throws {@link ConfigError}; a file that cannot be read is
 * `CONFIG_UNREADABLE`.
 */
export function loadConfig(options: LoadOptions): ResolvedConfig {
  const file =
    options.file === undefined ? undefined : { name: options.file, text: readConfigFile(options.file) }
  const { flags = {}, env = {} } = options
  const resolved = resolveConfig({ flags, env, ...(file && { file }) })
  const problems = checkFiles(resolved)
  if (problems.length > 0) throw new ConfigError(problems)
  return resolved
}

function readConfigFile(name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (cause) {
    throw new DebrosError('CONFIG_UNREADABLE', `cannot read the configuration file: ${errorMessage(cause)}`, {
      cause,
    })
  }
}

function checkFiles({ config, entries }: ResolvedConfig): Problem[] {
  const problems: Problem[] = []
  const dataDirProblem = directoryProblem(config.dataDir)
  if (dataDirProblem) {
    problems.push({ path: 'node.data_dir', message: dataDirProblem, hint: 'choose another with --data' })
  }
  if (config.clusterSecret.file !== undefined && !isReadable(config.clusterSecret.file)) {
    problems.push({ path: 'cluster.secret_file', message: `cannot read ${config.clusterSecret.file}` })
  }
  const entry = (path: string) => entries.find((candidate) => candidate.path === path)?.value
  if (entry('security.enable_tls') === true) {
    for (const path of ['security.private_key_file', 'security.certificate_file']) {
      const name = String(entry(path))
      if (!isReadable(name)) problems.push({ path, message: `cannot read ${JSON.stringify(name)}` })
    }
  }
  return problems
}

/** Whether the directory is there and writable, or could be made. */
function directoryProblem(directory: string): string | undefined {
  for (let path = resolve(directory); ; path = dirname(path)) {
    try {
      if (!statSync(path).isDirectory()) return `${path} is not a directory`
      accessSync(path, constants.W_OK | constants.X_OK)
      return undefined
    } catch (error) {
      const missing = hasErrorCode(error, 'ENOENT')
      if (!missing || path === dirname(path)) return `cannot write to ${path}`
    }
  }
}

function isReadable(name: string): boolean {
  try {
    accessSync(name, constants.R_OK)
    return statSync(name).isFile()
  } catch {
    return false
  }
}
