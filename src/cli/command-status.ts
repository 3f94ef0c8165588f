import type { Command } from 'commander'
import {
  type ConnectionOptions,
  connectionInit,
  DEFAULT_API_URL,
  durationOption,
  httpUrl,
  withConnection,
} from './api-options.ts'
import type { Io } from './io.ts'
import { fetchStatus, formatStatus } from './status-report.ts'

interface StatusOptions extends ConnectionOptions {
  readonly url: string
  readonly timeout: number
  readonly json?: boolean
}

export function addStatusCommand(program: Command, io: Io): void {
  const command = program
    .command('status')
    .summary('show the state of a node and its cluster')
    .description('Asks a node for its state, whether it is ready, and for all members of its cluster.')
    .option('-u, --url <url>', 'HTTP API of the node', httpUrl, DEFAULT_API_URL)
    .addOption(durationOption('-t, --timeout <duration>', 'how long to wait for answers', 5_000))
  withConnection(command)
    .option('--json', 'everything the node answered, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ debros status\n  $ debros status --url http://10.0.0.2:5001 --json\n' +
        '  $ DEBROS_USER=ops:secret debros status --url https://10.0.0.2:5001 --ca-cert ca.pem\n',
    )
    .action(async ({ url, timeout, json, ...connection }: StatusOptions) => {
      const report = await fetchStatus(url, timeout, connectionInit(connection, io.env))
      io.out(json ? JSON.stringify(report, undefined, 2) : formatStatus(report, io))
    })
}
