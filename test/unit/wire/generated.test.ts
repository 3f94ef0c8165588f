import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../../scripts/generate-proto.ts', import.meta.url))

test('generated codecs - are what the .proto files say', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['--no-warnings', script, '--check'])
  expect(stderr).toBe('')
})
