/** docs/performance.md and its plots say what bench/results/latest.json says, no more and no less. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const BENCH = join(import.meta.dirname, '../../bench/main.ts')

test('performance - the document and its plots follow from the results', async () => {
  const args = ['--no-warnings', BENCH, 'report', '--check']
  const { stderr } = await promisify(execFile)(process.execPath, args)
  expect(stderr).toBe('')
})
