import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { DebrosError, errorMessage, hasErrorCode, toError } from '../../../src/base/index.ts'

test('errors - nothing happened, and trying again does not help, unless they say so', () => {
  expect(new DebrosError('A_B', 'text')).toMatchObject({
    code: 'A_B',
    retryable: false,
    outcome: 'not-applied',
  })
  const cause = new Error('why')
  const error = new DebrosError('A_B', 'text', { retryable: true, outcome: 'unknown', cause })
  expect(error).toMatchObject({ message: 'text', retryable: true, outcome: 'unknown', cause })
})

test('errors - whatever was thrown has a text and becomes an Error', () => {
  const error = new TypeError('text')
  expect([errorMessage(error), errorMessage('thrown'), errorMessage(undefined)]).toEqual([
    'text',
    'thrown',
    'undefined',
  ])
  expect(toError(error)).toBe(error)
  expect(toError('thrown')).toEqual(new Error('thrown'))
})

test('errors - the code of a system error is told from others, and from what is no error', async () => {
  const missing: unknown = await readFile(new URL('no-such-file', import.meta.url)).catch((error) => error)
  expect(hasErrorCode(missing, 'ENOENT')).toBe(true)
  expect(hasErrorCode(missing, 'EACCES')).toBe(false)
  expect(hasErrorCode(new Error('ENOENT'), 'ENOENT')).toBe(false)
  expect(hasErrorCode({ code: 'ENOENT' }, 'ENOENT')).toBe(false)
})
