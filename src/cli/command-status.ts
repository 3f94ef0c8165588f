import { type Command, InvalidArgumentError } from 'commander'
import { parseDuration } from '../base/index.ts'
import type { Io } from './io.ts'
import { fetchStatus, formatStatus } from './status-report.ts'

const DEFAULT_URL = 'http://127.0.0.1:5001'

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
    .option('-u, --url <url>', 'HTTP API of the node', httpUrl, DEFAULT_URL)
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

function httpUrl(value: string): string {
  const url = /^https?:\/\//.test(value) ? value : `http://${value}`
  if (!URL.canParse(url)) throw new InvalidArgumentError('It is not a URL.')
  return url
}

function timeoutMs(value: string): number {
  const ms = parseDuration(value)
  if (ms === undefined || ms < 1) throw new InvalidArgumentError('Use a duration such as 500ms or 10s.')
  return ms
}
