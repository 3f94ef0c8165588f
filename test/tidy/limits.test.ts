/**
 * docs/reference/limits.md has a row for every number in the modules that hold limits, with its value, so
 * that it cannot go stale. What is said about each is for its readers to check.
 */
import { describe, expect, test } from 'vitest'
import { OUTCOME_LIMITS } from '../../src/base/index.ts'
import * as http from '../../src/http/defaults.ts'
import * as kv from '../../src/kv/limits.ts'
import * as node from '../../src/node/defaults.ts'
import * as p2p from '../../src/p2p/defaults.ts'
import { SNAPSHOT_BYTES_MAX } from '../../src/raft/log/snapshots.ts'
import * as raft from '../../src/raft/settings.ts'
import * as sql from '../../src/sql/limits.ts'
import * as wire from '../../src/wire/limits.ts'
import { documentText } from './sources.ts'

/** Section of the document to the module it is about. */
const MODULES: Readonly<Record<string, object>> = {
  'HTTP API': http,
  'Remembered requests': { DEFAULT_OUTCOMES: OUTCOME_LIMITS },
  SQL: sql,
  'Key-value store': kv,
  Services: node,
  Raft: { ...raft, SNAPSHOT_BYTES_MAX },
  'Between nodes': wire,
  Network: p2p,
}

/** Numbers that bound nothing. */
const NO_LIMITS = ['PROTOCOL_VERSION']

/** By their names; a member of `DEFAULT_X` by its own, of another object behind the object's. */
function numbersOf(module: object): Record<string, number> {
  const numbers: Record<string, number> = {}
  for (const [name, value] of Object.entries(module)) {
    if (NO_LIMITS.includes(name)) continue
    if (typeof value === 'number') numbers[name] = value
    if (typeof value !== 'object' || value === null) continue
    for (const [member, inner] of Object.entries(value)) {
      if (typeof inner !== 'number') continue
      numbers[name.startsWith('DEFAULT_') ? member : `${name}.${member}`] = inner
    }
  }
  return numbers
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  ms: 1,
  s: 1_000,
  min: 60_000,
}

/** Which units a number of this name can have. */
function isUnitOf(name: string, unit: string): boolean {
  if (/bytes/i.test(name)) return ['KiB', 'MiB', 'GiB'].includes(unit)
  if (/ms$/i.test(name)) return ['ms', 's', 'min'].includes(unit)
  return unit === ''
}

/** `8 MiB` as a number; what is not a value with a unit that fits the name is told as it stands. */
function readValue(name: string, cell: string): number | string {
  const [, digits, unit = ''] = /^(\d{1,3}(?:,\d{3})*)(?: (\w+))?$/.exec(cell) ?? []
  if (digits === undefined || UNITS[unit] === undefined || !isUnitOf(name, unit)) return cell
  return Number(digits.replaceAll(',', '')) * UNITS[unit]
}

/** Section to the names and values of its rows. */
function documentedLimits(markdown: string): Record<string, Record<string, number | string>> {
  const sections = markdown.split(/^## /m).slice(1)
  return Object.fromEntries(
    sections.map((section) => {
      const rows = [...section.matchAll(/^\| `([\w.]+)` \| ([^|]*) \|[^|]+\|[^|]+\|$/gm)]
      const title = section.slice(0, section.indexOf('\n'))
      return [
        title,
        Object.fromEntries(rows.map(([, name = '', cell = '']) => [name, readValue(name, cell)])),
      ]
    }),
  )
}

describe('this tree', () => {
  const documented = documentedLimits(documentText('docs/reference/limits.md'))

  test('limits - each module has its section', () => {
    expect(Object.keys(documented)).toEqual(Object.keys(MODULES))
  })

  test.each(Object.entries(MODULES))(
    'limits - %s: names and values are those in the source',
    (title, module) => {
      const numbers = numbersOf(module)
      expect(Object.keys(numbers).length).toBeGreaterThan(2)
      expect(documented[title]).toEqual(numbers)
    },
  )
})

describe('the check itself', () => {
  test.each([
    ['sizeBytes', '64 KiB', 65_536],
    ['SIZE_BYTES_MAX', '8,320 KiB', 8_519_680],
    ['waitMs', '2 min', 120_000],
    ['OTHER_MS', '250 ms', 250],
    ['callsMax', '10,000', 10_000],
  ])('limits - %s of %s', (name, cell, value) => {
    expect(readValue(name, cell)).toBe(value)
  })

  test.each([
    ['sizeBytes', '64'],
    ['waitMs', '2 KiB'],
    ['callsMax', '5 s'],
    ['callsMax', '10000 or so'],
    ['callsMax', '10000'],
  ])('limits - %s of %s is no value', (name, cell) => {
    expect(readValue(name, cell)).toBe(cell)
  })
})
