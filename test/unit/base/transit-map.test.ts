import { describe, expect, test } from 'vitest'
import { TransitMap } from '../../../src/base/index.ts'

describe('transit map', () => {
  test('is a map', () => {
    const map = new TransitMap<number, string>()
    map.set(1, 'a')
    map.set(2, 'b')
    map.set(1, 'c')
    expect([map.size, map.get(1), map.has(2), map.has(3), map.get(3)]).toEqual([
      2,
      'c',
      true,
      false,
      undefined,
    ])
    expect([...map.entries()].sort()).toEqual([
      [1, 'c'],
      [2, 'b'],
    ])
    expect([map.delete(2), map.delete(2), map.size]).toEqual([true, false, 1])
    map.clear()
    expect([map.size, ...map.values()]).toEqual([0])
  })

  test('entries - may be deleted while they are gone through', () => {
    const map = new TransitMap<number, string>()
    for (const key of [1, 2, 3]) map.set(key, `v${key}`)
    const seen = []
    for (const [key, value] of map.entries()) {
      seen.push(value)
      map.delete(key)
    }
    expect([seen, map.size]).toEqual([['v1', 'v2', 'v3'], 0])
  })
})
