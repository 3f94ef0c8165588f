/**
 * Writes the table of flags in docs/operating/rqlite.md from src/cli/rqlited/flags.ts.
 *
 *   node scripts/rqlited-flags.ts           writes the file
 *   node scripts/rqlited-flags.ts --check   writes nothing; fails if it is out of date
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RQLITED_FLAGS, type RqlitedFlag } from '../src/cli/rqlited/flags.ts'
import { shownFallback } from '../src/cli/rqlited/usage.ts'

const file = fileURLToPath(new URL('../docs/operating/rqlite.md', import.meta.url))

const BEGIN = '<!-- Generated from src/cli/rqlited/flags.ts by scripts/rqlited-flags.ts; do not edit. -->\n'
const END = '<!-- End of what is generated. -->\n'

function render(): string {
  const flags = [...RQLITED_FLAGS.values()]
  const works = flags.filter(({ noEffect, refused }) => noEffect === undefined && refused === undefined)
  const inert = flags.filter(({ noEffect }) => noEffect !== undefined)
  const refused = flags.filter((flag) => flag.refused !== undefined)
  return [
    table(['Flag', 'Default', 'Meaning'], works, ({ usage, differs }) =>
      differs === undefined ? sentence(usage) : `${sentence(usage)} **Differs:** ${sentence(differs)}`,
    ),
    'Accepted without effect; whoever gives one another value than its default is told at start:\n',
    table(['Flag', 'Default', 'Why'], inert, ({ noEffect = '' }) => sentence(noEffect)),
    'Refused:\n',
    table(['Flag', 'Default', 'Instead'], refused, (flag) => sentence(flag.refused ?? '')),
  ].join('\n')
}

function table(
  head: readonly string[],
  flags: readonly RqlitedFlag[],
  last: (flag: RqlitedFlag) => string,
): string {
  const rows = flags.map((flag) => [`\`-${flag.name}\``, fallback(flag), last(flag).replaceAll('|', '\\|')])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

function fallback(flag: RqlitedFlag): string {
  const text = shownFallback(flag)
  return text === '' ? '' : `\`${text}\``
}

/** Flag texts begin in lower case, unless with a name. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

const text = readFileSync(file, 'utf8')
const [before, rest] = text.split(BEGIN)
const after = rest?.split(END)[1]
if (before === undefined || after === undefined) throw new Error(`${file} has no place for the table`)
const wanted = `${before}${BEGIN}\n${render()}\n${END}${after}`
if (!process.argv.includes('--check')) writeFileSync(file, wanted)
else if (text !== wanted) {
  console.error('out of date: docs/operating/rqlite.md\nrun: node scripts/rqlited-flags.ts')
  process.exitCode = 1
}
