/** What a command line of rqlited comes to. */
import { resolve } from 'node:path'
import { DebrosError } from '../../base/index.ts'
import { suggest } from '../../config/index.ts'
import { parseGoFlags } from '../go-flags.ts'
import { checkFlags } from './checks.ts'
import { type FlagName, RQLITED_FLAGS, type RqlitedFlagValues } from './flags.ts'

export interface RqlitedCommandLine {
  readonly values: RqlitedFlagValues
  /** Whether a flag stands on the command line. */
  readonly isGiven: (name: FlagName) => boolean
  /** Absolute. */
  readonly dataDir: string
  /** What was asked for and has no effect here, one sentence each. */
  readonly notes: readonly string[]
}

export type ParsedCommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | ({ readonly kind: 'run' } & RqlitedCommandLine)

/**
 * Reads and checks. Throws `COMMAND_LINE_INVALID` for what cannot be read, and `RQLITED_REFUSED` for
 * what can be read and makes no sense, or cannot be done here.
 */
export function parseCommandLine(args: readonly string[]): ParsedCommandLine {
  const { given, rest, help } = parse(args)
  if (help) return { kind: 'help' }
  if (given.get('version') === true) return { kind: 'version' }
  const [dataDir, second] = rest
  if (dataDir === undefined || dataDir === '') throw refused('no data directory is given: it comes last')
  if (second !== undefined) {
    throw refused(
      `nothing may follow the data directory (${dataDir}), but there is ${JSON.stringify(second)}`,
    )
  }
  const changed = [...RQLITED_FLAGS.values()].filter(
    ({ name, fallback }) => (given.get(name) ?? fallback) !== fallback,
  )
  const unusable = changed.find((flag) => flag.refused !== undefined)
  if (unusable !== undefined) throw refused(`-${unusable.name} is not supported: ${unusable.refused}`)
  const values = Object.fromEntries(
    [...RQLITED_FLAGS.values()].map(({ name, fallback }) => [name, given.get(name) ?? fallback]),
  ) as unknown as RqlitedFlagValues // the table gives each flag its kind, and the parser a value of that kind
  const isGiven = (name: FlagName): boolean => given.has(name)
  const problem = checkFlags(values, isGiven)
  if (problem !== undefined) throw refused(problem)
  return {
    kind: 'run',
    values,
    isGiven,
    dataDir: resolve(dataDir),
    notes: changed.flatMap(({ name, noEffect }) =>
      noEffect === undefined ? [] : [`-${name} has no effect: ${noEffect}`],
    ),
  }
}

function parse(args: readonly string[]): ReturnType<typeof parseGoFlags> {
  try {
    return parseGoFlags(RQLITED_FLAGS, args)
  } catch (error) {
    const unknown = error instanceof DebrosError ? /not defined: -(.+)$/.exec(error.message)?.[1] : undefined
    const meant = unknown === undefined ? undefined : suggest(unknown, RQLITED_FLAGS.keys())
    if (meant === undefined) throw error
    throw new DebrosError(
      'COMMAND_LINE_INVALID',
      `flag provided but not defined: -${unknown}\n(Did you mean -${meant}?)`,
    )
  }
}

function refused(message: string): DebrosError {
  return new DebrosError('RQLITED_REFUSED', message)
}
