import { describe, expect, test } from 'vitest'
import { KnownKeys } from '../../../src/kv/known-keys.ts'

describe('known keys', () => {
  test('what was seen last of a key - is what is known', () => {
    const known = new KnownKeys(1_000_000)
    expect(known.present('a')).toBeUndefined()
    known.see('a', true)
    known.see('b', false)
    known.see('a', false)
    expect(known.present('a')).toBe(false)
    expect(known.present('b')).toBe(false)
    known.clear()
    expect(known.present('a')).toBeUndefined()
  })

  test('a key that is not seen for long - is forgotten, one that is seen again is not', () => {
    const known = new KnownKeys(10_000)
    known.see('once', true)
    for (let i = 0; i < 1_000; i++) {
      known.see('again', true)
      known.see(`other${i}`, true)
    }
    expect(known.present('once')).toBeUndefined()
    expect(known.present('again')).toBe(true)
  })

  test('long keys - take no more memory than short ones do', () => {
    const known = new KnownKeys(1_000_000)
    const names = Array.from({ length: 1_000 }, (_, i) => `${i}:`.padEnd(8_192, 'x'))
    for (const name of names) known.see(name, true)
    const kept = names.filter((name) => known.present(name) !== undefined)
    expect(kept.length).toBeGreaterThan(100)
    expect(kept.length * 8_192).toBeLessThan(2_000_000)
  })
})
