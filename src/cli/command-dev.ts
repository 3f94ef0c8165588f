import { relative } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { DevCluster } from './dev-cluster.ts'
import type { Io } from './io.ts'
import { watchStopSignals } from './stop-signals.ts'

const NODES_MAX = 9

interface DevOptions {
  readonly nodes: number
  readonly data: string
  readonly httpPort: number
  readonly raftPort: number
  readonly p2pPort: number
}

const HELP = `
Examples:
  $ debros dev
  $ debros dev --nodes 5 --data ./data/five --http-port 6001 --raft-port 8001 --p2p-port 9001
`

export function addDevCommand(program: Command, io: Io, finish: (code: number) => void): void {
  program
    .command('dev')
    .summary('run a whole cluster on this machine')
    .description(
      'Runs a cluster of several nodes on this machine, in this terminal, and says what to try with it.',
    )
    .option('--nodes <count>', 'how many nodes', wholeNumber(1, NODES_MAX), 3)
    .option('--data <dir>', 'directory for the data of all nodes', './data/dev')
    .option(
      '--http-port <port>',
      'HTTP API of the first node; the others follow',
      wholeNumber(1, 65_535),
      5001,
    )
    .option('--raft-port <port>', 'node-to-node listener of the first node', wholeNumber(1, 65_535), 7001)
    .option('--p2p-port <port>', 'libp2p listener of the first node', wholeNumber(1, 65_535), 4001)
    .addHelpText('after', HELP)
    .action(async ({ data, ...options }: DevOptions) => {
      let cluster: DevCluster | undefined
      using stop = watchStopSignals(process, () => cluster?.kill())
      const script = process.argv[1] ?? 'debros'
      cluster = new DevCluster(
        {
          io,
          program: [process.execPath, ...process.execArgv, script],
          // The wrapper says how it was called; otherwise this is what it amounts to.
          shownProgram: io.env.DEBROS_COMMAND
            ? [io.env.DEBROS_COMMAND]
            : [shortPath(process.execPath), ...process.execArgv, shortPath(script)],
          signal: stop.signal,
        },
        { ...options, dataDir: data },
      )
      finish(await cluster.run())
    })
}

function wholeNumber(from: number, to: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (/^\d+$/.test(value) && number >= from && number <= to) return number
    throw new InvalidArgumentError(`Use a whole number from ${from} to ${to}.`)
  }
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short !== '' && short.length < path.length ? short : path
}
