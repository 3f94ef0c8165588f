import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const SCRIPT = join(import.meta.dirname, '../../scripts/rqlited-flags.ts')

test('flags of rqlited - the table follows from them as they are', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['--no-warnings', SCRIPT, '--check'])
  expect(stderr).toBe('')
})
