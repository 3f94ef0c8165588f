/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util'
import type { BenchOptions } from './types.ts'

export interface BenchCommand extends BenchOptions {
  /** Names; none: all, or those of the short run. */
  readonly scenarios: readonly string[]
  readonly against?: string
  readonly etcd?: string
  readonly rqlited?: string
  readonly profile?: string
  readonly fetchPeers: boolean
  readonly json: boolean
  /** @default bench/results */
  readonly out?: string
  /** Of `report`: writes nothing. */
  readonly check: boolean
  readonly help: boolean
}

export class UsageError extends Error {}

const SHORT = { seconds: '1', pairs: '3', warmUpSeconds: 0.3 }
const LONG = { seconds: '5', pairs: '5', warmUpSeconds: 1 }

export const OPTIONS_HELP = `  --short            less of everything: what "make bench" takes
  --seconds N        of each sample (default ${LONG.seconds}, short ${SHORT.seconds})
  --pairs N          samples of each system, in turns (default ${LONG.pairs}, short ${SHORT.pairs})
  --clients A,B,...  how many clients (default 1,16,64,256)
  --against DIR      another built working copy of debros, as a peer: compares two commits
  --etcd PATH        etcd's program (default: "etcd" in PATH)
  --fetch-peers      get Debian's etcd if there is none, to ~/.cache/debros-bench; installs nothing
  --rqlited PATH     rqlite's program; without it rqlite is not measured
  --out DIR          where the results go (default bench/results)
  --profile DIR      take CPU profiles of debros' nodes, and show where they are busy; slows them down
  --json             print the results as JSON, too
  --help             this text`

export function parseCommand(args: readonly string[]): BenchCommand {
  const { values, positionals } = parse(args)
  const fallback = values.short === true ? SHORT : LONG
  return {
    scenarios: positionals,
    short: values.short ?? false,
    seconds: positive('seconds', values.seconds ?? fallback.seconds),
    warmUpSeconds: fallback.warmUpSeconds,
    pairs: whole('pairs', values.pairs ?? fallback.pairs),
    clients: (values.clients ?? '1,16,64,256').split(',').map((count) => whole('clients', count)),
    ...(values.against !== undefined && { against: values.against }),
    ...(values.etcd !== undefined && { etcd: values.etcd }),
    ...(values.rqlited !== undefined && { rqlited: values.rqlited }),
    fetchPeers: values['fetch-peers'] ?? false,
    ...(values.profile !== undefined && { profile: values.profile }),
    json: values.json ?? false,
    check: values.check ?? false,
    ...(values.out !== undefined && { out: values.out }),
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        short: { type: 'boolean' },
        seconds: { type: 'string' },
        pairs: { type: 'string' },
        clients: { type: 'string' },
        against: { type: 'string' },
        etcd: { type: 'string' },
        rqlited: { type: 'string' },
        'fetch-peers': { type: 'boolean' },
        profile: { type: 'string' },
        json: { type: 'boolean' },
        check: { type: 'boolean' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0)
    throw new UsageError(`--${name} takes a positive number, not "${text}"`)
  return value
}

function whole(name: string, text: string): number {
  const value = positive(name, text)
  if (!Number.isSafeInteger(value)) throw new UsageError(`--${name} takes whole numbers, not "${text}"`)
  return value
}
