import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { SqlValue } from '../../../src/wire/index.ts'

const script = fileURLToPath(new URL('../../../scripts/generate-proto.ts', import.meta.url))

test('generated codecs - are what the .proto files say', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['--no-warnings', script, '--check'])
  expect(stderr).toBe('')
})

test('generated codecs - every signed 64-bit integer survives, also at each carry', () => {
  const powers = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit))
  const integers = powers
    .flatMap((power) => [
      power - 1n,
      power,
      power + 1n,
      3n * power,
      -power - 1n,
      -power,
      1n - power,
      -3n * power,
    ])
    .filter((integer) => BigInt.asIntN(64, integer) === integer)
  for (const integer of integers) {
    expect(SqlValue.decode(SqlValue.encode({ integer })), String(integer)).toEqual({ integer })
  }
})
