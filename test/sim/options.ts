/** What `npm run sim` takes, and how to say it again. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { FAULT_NAMES, type FaultName, type MachineKind, type WorldInit } from '../../src/testing/sim/index.ts'

/** A run of 15 s with at least three nodes meets every path often in so many seeds. */
export const COMPLETE_SEEDS = 1000

export const HELP = `Runs simulated clusters on virtual time and checks every invariant after every event, and
everything that clients saw at the end. One seed decides everything that happens in a run.

  npm run sim -- [options]

  --seeds N         how many seeds to run (default 500)
  --first N         the first seed (default 1)
  --nodes A-B       cluster sizes, drawn by seed (default 3-5)
  --faults LIST     all (default), none, or names separated by commas:
${wrapped(FAULT_NAMES)}
  --machines KIND   what the nodes replicate: drawn (default), fingerprint, kv, or sql. Drawn by seed, half
                    of the worlds keep a fingerprint of the log alone, 9 of 20 the key-value machine, and
                    1 of 20 that and SQL: an instance of SQLite for every start of a node costs ten times
                    the rest. The fingerprint is checked in all of them
  --duration MS     virtual milliseconds of faults per seed (default 15000)
  --clients N       clients per world (default 4)
  --operations N    operations that the clients of a world begin at most (default: no limit)
  --jobs N          threads (default: one for each processor); results do not depend on it
  --no-shrink       do not look for a shorter run that fails in the same way
  --help            this text

  --seed N          replay this one seed; with --trace print everything that happens
  --only LIST       of the faults planned, only those with these numbers happen (as shrinking prints them)
  --trace           print the trace (with --seed)

It ends with how often each fault and each path of the protocol happened. In a run with all faults and
machines of at least ${COMPLETE_SEEDS} seeds, one that never happened is a failure: what does not happen is not tested.

Exits 1 after the first violation, having printed the command that replays it, or if a path never happened.`

export interface SimOptions {
  readonly seeds: number
  readonly first: number
  /** Replays this one alone. */
  readonly seed: number | undefined
  readonly nodesMin: number
  readonly nodesMax: number
  readonly jobs: number
  readonly shrink: boolean
  readonly trace: boolean
  readonly help: boolean
  /** The same for all seeds. */
  readonly world: Omit<WorldInit, 'seed' | 'nodes' | 'trace'>
}

/** What was asked for makes no sense; the message says why. */
export class OptionError extends Error {}

const MACHINES: readonly MachineKind[] = ['fingerprint', 'kv', 'sql']

export function parseOptions(args: readonly string[]): SimOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '500' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      nodes: { type: 'string', default: '3-5' },
      faults: { type: 'string', default: 'all' },
      machines: { type: 'string', default: 'drawn' },
      duration: { type: 'string', default: '15000' },
      clients: { type: 'string', default: '4' },
      operations: { type: 'string' },
      only: { type: 'string' },
      jobs: { type: 'string' },
      'no-shrink': { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [low = '3', high = low] = values.nodes.split('-')
  const [nodesMin, nodesMax] = [wholeNumber(low, 'nodes', 1), wholeNumber(high, 'nodes', 1)]
  if (nodesMin > nodesMax || nodesMax > 9)
    throw new OptionError('--nodes takes sizes from 1 to 9, the smaller first')
  return {
    seeds: wholeNumber(values.seeds, 'seeds', 1),
    first: wholeNumber(values.first, 'first'),
    seed: values.seed === undefined ? undefined : wholeNumber(values.seed, 'seed'),
    nodesMin,
    nodesMax,
    jobs: values.jobs === undefined ? availableParallelism() : wholeNumber(values.jobs, 'jobs', 1),
    shrink: !values['no-shrink'],
    trace: values.trace,
    help: values.help,
    world: {
      faultPhaseMs: wholeNumber(values.duration, 'duration'),
      clients: wholeNumber(values.clients, 'clients'),
      faults: faultsOf(values.faults),
      ...(values.machines === 'drawn' ? {} : { machines: machinesOf(values.machines) }),
      ...(values.operations === undefined
        ? {}
        : { operations: wholeNumber(values.operations, 'operations') }),
      ...(values.only === undefined ? {} : { onlyFaults: numbersOf(values.only) }),
    },
  }
}

/** The size of the cluster of a seed. */
export function nodesOf(seed: number, { nodesMin, nodesMax }: SimOptions): number {
  return nodesMin + (seed % (nodesMax - nodesMin + 1))
}

/** The command that runs this world again. */
export function replayCommand(world: WorldInit): string {
  const { seed, nodes, faults = FAULT_NAMES, faultPhaseMs, clients, operations, onlyFaults, machines } = world
  const parts = [`--seed ${seed}`, `--nodes ${nodes}`]
  if (faults.length < FAULT_NAMES.length) parts.push(`--faults ${faults.join() || 'none'}`)
  if (faultPhaseMs !== undefined) parts.push(`--duration ${faultPhaseMs}`)
  if (clients !== undefined) parts.push(`--clients ${clients}`)
  if (operations !== undefined) parts.push(`--operations ${operations}`)
  if (machines !== undefined) parts.push(`--machines ${machines}`)
  if (onlyFaults !== undefined) parts.push(`--only ${onlyFaults.join() || 'none'}`)
  return `npm run sim -- ${parts.join(' ')} --trace`
}

function wholeNumber(text: string, name: string, least = 0): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number
  throw new OptionError(`--${name} takes a whole number of at least ${least}, not ${JSON.stringify(text)}`)
}

function faultsOf(text: string): readonly FaultName[] {
  if (text === 'all') return FAULT_NAMES
  if (text === 'none') return []
  return text.split(',').map((name) => {
    const known = FAULT_NAMES.find((fault) => fault === name)
    if (known === undefined) throw new OptionError(`there is no fault ${JSON.stringify(name)}; see --help`)
    return known
  })
}

function machinesOf(text: string): MachineKind {
  const known = MACHINES.find((kind) => kind === text)
  if (known === undefined)
    throw new OptionError(`--machines takes drawn, ${MACHINES.join(', ')}, not ${JSON.stringify(text)}`)
  return known
}

function numbersOf(text: string): number[] {
  return text === 'none' ? [] : text.split(',').map((part) => wholeNumber(part, 'only'))
}

function wrapped(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + name.length < 100) lines[lines.length - 1] = `${line}, ${name}`
    else lines.push(`                    ${name}`)
  }
  return lines.join(',\n')
}
