import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const SCRIPT = join(import.meta.dirname, '../../scripts/config-reference.ts')

test('config reference - follows from the settings as they are', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['--no-warnings', SCRIPT, '--check'])
  expect(stderr).toBe('')
})
