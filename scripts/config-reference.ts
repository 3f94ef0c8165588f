/**
 * Writes docs/reference/config.md from the table of settings in src/config/settings.ts.
 *
 *   node scripts/config-reference.ts           writes the file
 *   node scripts/config-reference.ts --check   writes nothing; fails if it is out of date
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SETTING_PATHS, type SettingPath, settingAt } from '../src/config/index.ts'

const file = fileURLToPath(new URL('../docs/reference/config.md', import.meta.url))

const INTRODUCTION = `<!-- Generated from src/config/settings.ts by scripts/config-reference.ts; do not edit. -->

# Configuration

A setting can stand in the file of \`--config\` (YAML; \`node.id\` is \`id\` in the section \`node\`), in the environment, or on the command line. Flags win over the environment, the environment over the file, the file over the defaults. \`debros config print\` shows what comes of it, \`debros config validate FILE\` checks a file.

- Durations are written as Go does: \`300ms\`, \`1.5s\`, \`1h30m\`.
- Sizes are bytes; \`k\`, \`m\` and \`g\` count in 1024s: \`64m\`.
- Lists are separated by commas in flags and in the environment; a flag may also be repeated.
- \`~\` and \`$VARIABLES\` are replaced in paths.
- Of several variables the first that is set and not blank counts.

Two flags are short for others: \`--p2p-port <port>\` for a \`--listen-address\` with another port, \`--adv-addr <host>\` for the host of both advertised addresses.
`

const INERT = `## Without effect

Known from other programs' files and checked, but nothing follows from them yet. Where they ask for more than is done anyway, a line at start says so.
`

function render(): string {
  const active = SETTING_PATHS.filter((path) => settingAt(path).inert === undefined)
  const inert = SETTING_PATHS.filter((path) => settingAt(path).inert !== undefined)
  const groups = Map.groupBy(active, (path) => settingAt(path).group)
  const sections = [...groups].map(([group, paths]) => `## ${group}\n\n${table(paths)}`)
  return [INTRODUCTION, ...sections, `${INERT}\n${table(inert)}`].join('\n')
}

function table(paths: readonly SettingPath[]): string {
  const rows = paths.map((path) => [key(path), flag(path), environment(path), fallback(path), meaning(path)])
  const head = ['Key', 'Flag', 'Environment', 'Default', 'Meaning']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

function key(path: SettingPath): string {
  const aliases = settingAt(path).aliases ?? []
  return aliases.length === 0 ? code(path) : `${code(path)}, also ${aliases.map(code).join(', ')}`
}

function flag(path: SettingPath): string {
  const { flag, kind, value = 'value' } = settingAt(path)
  if (flag === undefined) return ''
  return code(kind === 'boolean' ? `--${flag}` : `--${flag} <${value}>`)
}

function environment(path: SettingPath): string {
  return (settingAt(path).env ?? []).map(code).join(', ')
}

/** Empty where nothing is set; the meaning then says what follows. */
function fallback(path: SettingPath): string {
  const { fallback } = settingAt(path)
  const text = Array.isArray(fallback) ? fallback.join(', ') : String(fallback ?? '')
  return text === '' ? '' : code(text)
}

function meaning(path: SettingPath): string {
  const { help, inert } = settingAt(path)
  return [help, ...(inert?.note === undefined ? [] : [`Here ${inert.note}`])]
    .map((text) => `${text}.`)
    .join(' ')
}

function code(text: string): string {
  return `\`${text}\``
}

const wanted = render()
if (!process.argv.includes('--check')) writeFileSync(file, wanted)
else if (readFileSync(file, 'utf8') !== wanted) {
  console.error('out of date: docs/reference/config.md\nrun: node scripts/config-reference.ts')
  process.exitCode = 1
}
