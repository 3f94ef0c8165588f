import { Command } from 'commander'
import type { BuildInfo } from './build-info.ts'
import type { Io, Streams } from './io.ts'
import { addShellOptions, resolveShellOptions, type ShellName } from './shell/options.ts'
import { watchStopSignals } from './stop-signals.ts'

const HELP = `Reads SQL and dot commands (".help" lists them): from a terminal with history and completion, from a pipe
line by line. A line is a statement, with or without a semicolon.

Examples:
  $ debros shell
  $ debros shell -H 10.0.0.2 -a 10.0.0.3:5001,10.0.0.4:5001
  $ echo .tables | debros shell
  $ debros shell --bail < schema.sql
`

export function addShellCommand(program: Command, io: Io, finish: (code: number) => void): void {
  const command = program
    .command('shell')
    .summary('use the SQL database, from a terminal or a script')
    .description('An SQL shell for this database, and for any other that speaks the HTTP API of rqlite.')
  configure(command, 'debros shell', io, finish).addHelpText('after', HELP)
}

/** The same by the name, the port and the version flag that users of rqlite are used to. */
export function createRqliteCommand(io: Io, build: BuildInfo, finish: (code: number) => void): Command {
  const command = new Command('rqlite')
    .description(
      'An SQL shell for rqlite, and for what speaks its HTTP API. It is "debros shell" with the defaults of rqlite.',
    )
    .version(
      `Version ${build.version}, commit ${build.commit}, built on ${build.buildTime || 'unknown'}`,
      '-v, --version',
    )
  return configure(command, 'rqlite', io, finish)
}

function configure(command: Command, name: ShellName, io: Io, finish: (code: number) => void): Command {
  return addShellOptions(command, name).action(async () => {
    const options = resolveShellOptions(command, io.env)
    // Loaded here, so that other commands need not wait for it.
    const { runShell } = await import('./shell/shell.ts')
    using stop = watchStopSignals(process)
    finish(await runShell(name, options, io, io.streams ?? processStreams(), stop.signal))
  })
}

function processStreams(): Streams {
  const { stdin: input, stdout: output, stderr: error } = process
  return { input, output, error }
}
