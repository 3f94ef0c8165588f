/** `debros rqlited`: a node that takes the place of a rqlited. */
import { DebrosError, type Logger } from '../../base/index.ts'
import { type Environment, loadConfig, type NodeConfig } from '../../config/index.ts'
import type { BuildInfo } from '../build-info.ts'
import { EXIT_OK, EXIT_USAGE } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { openLogging } from '../logging.ts'
import { withNodeProcess } from '../node-process.ts'
import { loadOutboundInit } from '../outbound-init.ts'
import { type ServeNodeComponents, serveNode } from '../serve-node.ts'
import { parseListenAddress } from './addresses.ts'
import { readAuthorization } from './authorization.ts'
import { parseCommandLine, type RqlitedCommandLine } from './command-line.ts'
import { refuseForeignDataDir } from './data-dir.ts'
import { createDiscovery, type Discovery } from './discovery.ts'
import { joinSecret } from './join-secret.ts'
import { toHttpInit, toNodeInit } from './node-init.ts'
import { usageText } from './usage.ts'

/** What rqlite has no flag for; these mean the same as to `debros node`. */
const ENVIRONMENT = [
  'LOG_LEVEL',
  'LOG_FORMAT',
  'LOG_OUTPUT_FILE',
  'DEBROS_CLUSTER_SECRET',
  'DEBROS_CLUSTER_SECRET_FILE',
]

/** Returns the exit code. Rejects with what a node cannot be started with. */
export async function runRqlited(args: readonly string[], io: Io, build: BuildInfo): Promise<number> {
  const line = readCommandLine(args, io)
  if (line === undefined) return EXIT_USAGE
  if (line.kind === 'help') {
    io.error(usageText())
    return EXIT_OK
  }
  if (line.kind === 'version') {
    io.out(
      `debros ${build.version} ${process.platform} ${process.arch} node ${process.version} (commit ${build.commit})`,
    )
    return EXIT_OK
  }
  await refuseForeignDataDir(line.dataDir)
  const config = readEnvironment(line, io.env)
  const logging = openLogging(config.logging, false, 'stderr')
  return await withNodeProcess(logging, config.logging, (components) =>
    startRqlited(line, config, { build, env: io.env }, components),
  )
}

/** Returns the exit code; rejects if the node could not be started. */
export async function startRqlited(
  line: RqlitedCommandLine,
  config: Pick<NodeConfig, 'dataDir' | 'clusterSecret'>,
  { build, env }: { readonly build: BuildInfo; readonly env: Environment },
  components: ServeNodeComponents,
): Promise<number> {
  const logger: Logger = components.logger.child({ component: 'NODE' })
  logger.info({ version: build.version, data: line.dataDir }, 'starting with the command line of rqlited')
  for (const note of line.notes) logger.info({}, note)
  const authorization = await readAuthorization(line, logger)
  const discovery = await discoveryOf(line, env)
  const outbound = await loadOutboundInit(
    {
      autoBackupFile: line.values['auto-backup'] || undefined,
      autoRestoreFile: line.values['auto-restore'] || undefined,
      changeCapture: line.values['cdc-config'] || undefined,
    },
    env,
  )
  const clusterSecret = await joinSecret({ ...config, dataDir: line.dataDir }, logger)
  return await serveNode(components, {
    node: toNodeInit(line, { clusterSecret, authorization, discovery, outbound, build }),
    http: toHttpInit(line, { build, discovery }),
  })
}

async function discoveryOf({ values }: RqlitedCommandLine, env: Environment): Promise<Discovery | undefined> {
  const mode = values['disco-mode']
  if (mode !== 'dns' && mode !== 'dns-srv') return undefined
  const raftPort = parseListenAddress(values['raft-addr'])?.port ?? 0
  return await createDiscovery({ mode, config: values['disco-config'], raftPort, env })
}

/** As Go does: what cannot be read is told, with how to find out more. */
function readCommandLine(args: readonly string[], io: Io): ReturnType<typeof parseCommandLine> | undefined {
  try {
    return parseCommandLine(args)
  } catch (error) {
    if (!(error instanceof DebrosError) || error.code !== 'COMMAND_LINE_INVALID') throw error
    io.error(`${error.message}\nUsage: debros rqlited [flags] DATA_DIR\n(-help shows all flags)`)
    return undefined
  }
}

/** How to log, and the secret. Throws `CONFIG_INVALID`. */
function readEnvironment(
  { dataDir, values }: RqlitedCommandLine,
  env: Environment,
): Pick<NodeConfig, 'dataDir' | 'logging' | 'clusterSecret'> {
  const secretFile = values['cluster-secret-file']
  return loadConfig({
    flags: { data: dataDir, ...(secretFile !== '' && { 'cluster-secret-file': secretFile }) },
    env: Object.fromEntries(ENVIRONMENT.map((name) => [name, env[name]])),
  }).config
}
