import { expect, test } from 'vitest'
import { randomLatin1, randomUint32 } from '../../../src/node/random.ts'

test('random - nothing is given twice, also where the store is filled anew', () => {
  const ids = Array.from({ length: 5_000 }, () => randomLatin1(16))
  expect(new Set(ids).size).toBe(5_000)
  expect(ids.every((id) => id.length === 16)).toBe(true)
  const joined = ids.join('')
  for (let byte = 0; byte < 256; byte++) expect(joined).toContain(String.fromCharCode(byte))
})

test('random - numbers use all 32 bits', () => {
  const numbers = Array.from({ length: 2_000 }, randomUint32)
  expect(numbers.reduce((any, number) => any | number, 0) >>> 0).toBe(0xffff_ffff)
  expect(numbers.every((number) => Number.isSafeInteger(number) && number >= 0)).toBe(true)
  expect(new Set(numbers).size).toBeGreaterThan(1_990)
})
