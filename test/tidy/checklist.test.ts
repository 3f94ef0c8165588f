/** Every row of the acceptance checklist of rqlite's API has a test that is named after it. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ROWS } from '../conformance/rqlite/harness/rows.ts'

const CHECKLIST = new URL('../conformance/rqlite/checklist/', import.meta.url)

test('checklist - every row has a test', async () => {
  const files = (await readdir(CHECKLIST)).filter((name) => name.endsWith('.test.ts'))
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, CHECKLIST), 'utf8')))
  const tested = new Set(
    texts.flatMap((text) => [...text.matchAll(/\brow\(\s*(\d+),/g)].map(([, row]) => row)),
  )
  expect(Object.keys(ROWS).filter((row) => !tested.has(row))).toEqual([])
})
