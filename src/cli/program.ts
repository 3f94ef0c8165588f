import { Command, CommanderError } from 'commander'
import { DebrosError, errorMessage } from '../base/index.ts'
import { readBuildInfo } from './build-info.ts'
import { addClusterCommand } from './command-cluster.ts'
import { addConfigCommand } from './command-config.ts'
import { addDevCommand } from './command-dev.ts'
import { addNodeCommand } from './command-node.ts'
import { addRecoverCommand } from './command-recover.ts'
import { addShellCommand, createRqliteCommand } from './command-shell.ts'
import { addStatusCommand } from './command-status.ts'
import { addVersionCommand } from './command-version.ts'
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from './exit-codes.ts'
import type { Io } from './io.ts'
import { runRqlited } from './rqlited/run.ts'

const HELP = `
Exit codes: 0 success, 1 failure, 2 wrong use.
`

/** Runs one command line (without the program's own name) and returns the exit code. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const build = readBuildInfo()
  const [first, ...rest] = args
  // Its flags are Go's, which commander would read as something else.
  if (first === 'rqlited')
    return await runRqlited(rest, io, build).catch((error: unknown) => report(error, io))
  let exitCode = EXIT_OK
  const finish = (code: number) => {
    exitCode = code
  }
  const withOutput = (command: Command): Command =>
    command
      .showHelpAfterError('(--help shows what there is)')
      .exitOverride()
      .configureOutput({
        writeOut: (text) => io.out(text.replace(/\n$/, '')),
        writeErr: (text) => io.error(text.replace(/\n$/, '')),
      })
  const parse = async (command: Command, given: readonly string[]): Promise<number> => {
    try {
      await command.parseAsync(given, { from: 'user' })
      return exitCode
    } catch (error) {
      return report(error, io)
    }
  }
  if (first === 'rqlite') return await parse(withOutput(createRqliteCommand(io, build, finish)), rest)
  const program = new Command('debros')
    .description('A decentralized cluster: replicated SQL and key-value storage over libp2p.')
    .version(build.version, '-v, --version')
    .addHelpText('after', HELP)
  withOutput(program)
  addNodeCommand(program, io, build, finish)
  program
    .command('rqlited')
    .summary('run a node with the command line of rqlited')
    .argument('[args...]', 'flags of rqlited, then the data directory; -help shows them')
  addDevCommand(program, io, finish)
  addShellCommand(program, io, finish)
  program
    .command('rqlite')
    .summary('the same, with the command line of rqlite')
    .argument('[args...]', 'flags of rqlite; --help shows them')
  addStatusCommand(program, io)
  addClusterCommand(program, io)
  addRecoverCommand(program, io)
  addConfigCommand(program, io)
  addVersionCommand(program, io, build)
  if (args.length === 0) {
    program.outputHelp()
    return EXIT_OK
  }
  return await parse(program, args)
}

/** One message; the stack only for those who ask for it. */
function report(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE
  const debug = io.env.LOG_LEVEL?.toLowerCase() === 'debug'
  const unexpected = !(error instanceof DebrosError)
  io.error(`debros: ${errorMessage(error)}${unexpected && !debug ? ' (LOG_LEVEL=debug shows where)' : ''}`)
  if (debug && error instanceof Error && error.stack) io.error(error.stack)
  return EXIT_FAILURE
}
