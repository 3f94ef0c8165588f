/** `npm run conformance`: all tests of rqlite's API against clusters of processes, and what they come to. See --help. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const HELP = `Tests that debros does what programs written for rqlite expect: the acceptance checklist of its API, clients that
others wrote, random SQL compared with SQLite itself, bad input and faults. Against clusters of processes.

  npm run conformance -- [options]

  --only PART      checklist, clients, sql, input or faults
  --row N          one row of the checklist
  --sql-seeds N    how many seeds of random SQL (default 12; about a second each)
  --sql-first N    the first of them (default 1)
  --sql-seed N     this seed alone
  --help           this text

Exits 1 if anything fails.`

const PARTS = ['checklist', 'clients', 'sql', 'input', 'faults']
const HERE = 'test/conformance/rqlite'

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        row: { type: 'string' },
        'sql-seeds': { type: 'string' },
        'sql-first': { type: 'string' },
        'sql-seed': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${HELP}`)
  }
}

function wholeNumber(name: string, text: string | undefined): string | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text
  return fail(`--${name} takes a whole number, not ${JSON.stringify(text)}`)
}

const options = readOptions()
if (options.help) {
  console.log(HELP)
  process.exit(0)
}
if (options.only !== undefined && !PARTS.includes(options.only))
  fail(`--only takes one of ${PARTS.join(', ')}`)
const row = wholeNumber('row', options.row)
const seed = wholeNumber('sql-seed', options['sql-seed'])
const part = row !== undefined ? 'checklist' : seed !== undefined ? 'sql' : (options.only ?? '')
const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const child = spawn(
  process.execPath,
  [
    ...[vitest, 'run', `${HERE}/${part}`, '--reporter', 'default', '--reporter', `./${HERE}/report.ts`],
    ...(row === undefined ? [] : ['--testNamePattern', `(^| )${row} - `]),
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      DEBROS_SQL_FIRST: seed ?? wholeNumber('sql-first', options['sql-first']) ?? '1',
      DEBROS_SQL_SEEDS: seed !== undefined ? '1' : (wholeNumber('sql-seeds', options['sql-seeds']) ?? '12'),
    },
  },
)
const [code] = (await once(child, 'exit')) as [number | null]
process.exitCode = code ?? 1
