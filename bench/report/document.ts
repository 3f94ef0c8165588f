/** docs/performance.md, made from the results. */
import type { Machine } from '../machine.ts'
import type { Row, Scenario } from '../types.ts'
import { measuredColumns, systemsIn, withoutEmpty } from './columns.ts'
import type { Note } from './notes.ts'
import { plotFile } from './store.ts'
import { formatJudgement, formatMeasured, formatSamples, formatTarget } from './text.ts'
import type { Report, ScenarioReport } from './types.ts'

const INTRODUCTION = `<!-- Generated from bench/results/latest.json by "npm run bench -- report"; do not edit. -->

# Performance

Three nodes run as separate processes on one machine, and the load beside them on the same cores, for every
system alike: what counts is how they compare, and what a number costs, more than the number. Every write
is acknowledged once a majority has it on its disk.

One generator sends the same kind of requests to all, over raw sockets. Each system is loaded for some seconds
before its first sample, for it is measured as it runs, not as it starts. They are measured in turns (A B A B), and
those whose turn it is not stand still; a ratio is that of two samples taken one after the other. Of several
samples the median is given, and in brackets the lowest and the highest. \`CPU\` is what a request took of the
processors on all three nodes together: other programs on the machine change it far less than rates.

\`make bench\` measures the short form of all this in about twelve minutes, \`npm run bench -- --help\` shows what else
there is. [What the profiles showed](#what-the-profiles-showed) on the way here, and what was done about it, is in
notes of its own.
`

export function renderDocument(
  report: Report,
  scenarios: readonly Scenario[],
  notes: readonly Note[] = [],
): string {
  const unmeasured = scenarios.filter(({ name }) => !report.scenarios.some((found) => found.name === name))
  return [
    INTRODUCTION,
    targetsSection(report.scenarios, unmeasured),
    ...report.scenarios.map(scenarioSection),
    unmeasuredSection(unmeasured),
    notesSection(notes),
    machineSection(report.scenarios),
  ]
    .filter((section) => section !== '')
    .join('\n')
}

function targetsSection(measured: readonly ScenarioReport[], unmeasured: readonly Scenario[]): string {
  const rows = measured.flatMap((scenario) =>
    scenario.rows.filter(({ target }) => target !== undefined).map((row) => targetCells(scenario, row)),
  )
  const missing = unmeasured.flatMap(({ title, targets = [] }) =>
    targets.map((target) => [shortTitle({ title }), target, '', 'not measured']),
  )
  return `## Targets\n\n${table(['what', 'target', 'measured', ''], [...rows, ...missing])}`
}

function targetCells(scenario: ScenarioReport, row: Row): string[] {
  const { target } = row
  if (target === undefined) return []
  const verdict = formatJudgement(row)
  const what = `[${shortTitle(scenario)}](#${anchor(scenario.title)}): ${row.label}`
  return [
    what,
    formatTarget(target, row.unit),
    formatMeasured(row, target),
    verdict === 'missed' ? '**missed**' : verdict,
  ]
}

function scenarioSection(scenario: ScenarioReport): string {
  const parts = [`## ${scenario.title}\n`, `${scenario.method}\n`]
  for (const plot of scenario.plots ?? []) {
    parts.push(`![${plot.title}](../bench/results/${plotFile(scenario.name, plot.name)})\n`)
  }
  parts.push(rowsTable(scenario.rows))
  for (const [system, why] of Object.entries(scenario.missing))
    parts.push(`${system}: not measured: ${why}.\n`)
  if (scenario.failure !== undefined) parts.push(`It ended early: ${firstLine(scenario.failure)}\n`)
  parts.push(`${circumstances(scenario)}\n`)
  return parts.join('\n')
}

function rowsTable(rows: readonly Row[]): string {
  const details = systemsIn(rows).map((system) => ({
    head: `${system}: more`,
    cell: (row: Row) => row.details?.[system] ?? '',
  }))
  const columns = [...measuredColumns(rows), ...withoutEmpty(details, rows)]
  const head = columns.map(({ head }) => head)
  return table(
    head,
    rows.map((row) => columns.map(({ cell }) => cell(row))),
  )
}

function circumstances({ name, measuredAt, versions, options }: ScenarioReport): string {
  const programs = Object.entries(versions).map(([system, version]) => `${system} ${version}`)
  const flags = [
    options.short ? '--short' : '',
    `--seconds ${options.seconds}`,
    `--pairs ${options.pairs}`,
    `--clients ${options.clients.join(',')}`,
  ].filter((flag) => flag !== '')
  return `${measuredAt.slice(0, 10)}, ${programs.join(', ')}. Again: \`npm run bench -- ${name} ${flags.join(' ')}\``
}

function unmeasuredSection(scenarios: readonly Scenario[]): string {
  if (scenarios.length === 0) return ''
  const items = scenarios.map(
    ({ name, title, method }) => `- **${title}** (\`npm run bench -- ${name}\`). ${method}\n`,
  )
  return `## Not measured yet\n\n${items.join('')}`
}

function notesSection(notes: readonly Note[]): string {
  if (notes.length === 0) return ''
  const items = notes.map(({ file, title }) => `- [${title}](performance/${file})\n`)
  return `## What the profiles showed\n\nA note for each bottleneck: what was seen, what was done, what it gave.\n\n${items.join('')}`
}

function machineSection(scenarios: readonly ScenarioReport[]): string {
  const groups = Map.groupBy(scenarios, ({ machine }) => describe(machine))
  const rows = [...groups].map(([machine, measured]) => {
    const spread = (pick: (machine: Machine) => number): string =>
      formatSamples(
        measured.map((scenario) => pick(scenario.machine)),
        'ms',
      )
    return [
      machine,
      `p50 ${spread(({ fdatasync }) => fdatasync.p50)}, p99 ${spread(({ fdatasync }) => fdatasync.p99)}`,
      spreadOfPercent(measured.map(({ machine }) => machine.busyBefore)),
      measured.map(({ name }) => name).join(', '),
    ]
  })
  if (rows.length === 0) return ''
  const head = ['machine', 'fdatasync of 4 KiB', 'busy before', 'scenarios']
  return `## Machine\n\n${table(head, rows)}`
}

function describe({ cpu, cores, memoryMiB, kernel, node, fileSystem }: Machine): string {
  return `${cpu}, ${cores} cores, ${(memoryMiB / 1024).toFixed(0)} GiB, ${fileSystem}, ${kernel}, Node ${node}`
}

function spreadOfPercent(shares: readonly number[]): string {
  const percent = shares.map((share) => Math.round(100 * share))
  const [low, high] = [Math.min(...percent), Math.max(...percent)]
  return low === high ? `${low} %` : `${low}-${high} %`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('')
}

/** `Writes over HTTP` of `Writes over HTTP: one row a request`. */
function shortTitle({ title }: { readonly title: string }): string {
  return title.split(':')[0] as string
}

/** As GitHub makes it of a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}

function firstLine(text: string): string {
  return text.split('\n')[0] as string
}
