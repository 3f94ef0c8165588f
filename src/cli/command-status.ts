import type { Command } from 'commander'
import { DEFAULT_API_URL, httpUrl, timeoutMs } from './api-options.ts'
import type { Io } from './io.ts'
import { fetchStatus, formatStatus } from './status-report.ts'

interface StatusOptions {
  readonly url: string
  readonly timeout: number
  readonly json?: boolean
}

export function addStatusCommand(program: Command, io: Io): void {
  program
    .command('status')
    .summary('show the state of a node and its cluster')
    .description('Asks a node for its state, whether it is ready, and for all members of its cluster.')
    .option('-u, --url <url>', 'HTTP API of the node', httpUrl, DEFAULT_API_URL)
    .option('-t, --timeout <duration>', 'how long to wait for answers (default: 5s)', timeoutMs, 5_000)
    .option('--json', 'everything the node answered, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ debros status\n  $ debros status --url http://10.0.0.2:5001 --json\n',
    )
    .action(async ({ url, timeout, json }: StatusOptions) => {
      const report = await fetchStatus(url, timeout)
      io.out(json ? JSON.stringify(report, undefined, 2) : formatStatus(report, io))
    })
}
