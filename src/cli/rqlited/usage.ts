/** What `debros rqlited -help` prints. */
import { formatDuration } from '../../base/index.ts'
import { RQLITED_FLAGS, type RqlitedFlag } from './flags.ts'

const HEAD = `Runs a node of debros with the command line of rqlited.

Usage: debros rqlited [flags] DATA_DIR
`

const TYPE_NAMES = { string: 'string', bool: '', int: 'int', uint: 'uint', duration: 'duration' } as const

export function usageText(): string {
  const flags = [...RQLITED_FLAGS.values()]
  const groups = Map.groupBy(
    flags.filter(({ refused }) => refused === undefined),
    ({ group }) => group,
  )
  const sections = [...groups].map(([group, members]) => `${group}:\n${members.map(flagText).join('')}`)
  const refused = flags.filter((flag) => flag.refused !== undefined).map(({ name }) => `-${name}`)
  const last = `Not accepted; each says what to use instead:\n  ${refused.join(' ')}\n`
  return [HEAD, ...sections, last].join('\n')
}

function flagText(flag: RqlitedFlag): string {
  const shown = shownFallback(flag)
  const notes = [
    ...(shown === '' ? [] : [`default ${shown}`]),
    ...(flag.noEffect === undefined ? [] : ['accepted, without effect']),
  ]
  const head = `  -${flag.name} ${TYPE_NAMES[flag.kind]}`.trimEnd()
  return `${head}\n      ${flag.usage}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}\n`
}

/** "" for what goes without saying. */
export function shownFallback({ kind, fallback }: RqlitedFlag): string {
  if (kind === 'duration') return formatDuration(Number(fallback))
  if (kind === 'bool') return fallback === true ? 'true' : ''
  return String(fallback)
}
