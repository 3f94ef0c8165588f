import { describe, expect, it } from 'vitest'
import { Recent } from '../../../src/sql/recent.ts'

describe('recent', () => {
  it('keeps what was used lately, and lets go of the rest', () => {
    const gone: string[] = []
    const recent = new Recent<string>(2, (value) => gone.push(value))
    for (const key of ['a', 'b', 'c', 'd']) recent.set(key, key)
    expect(gone).toEqual([])
    expect(recent.get('a')).toBe('a') // now among the last two that were used
    expect(gone).toEqual(['b'])
    recent.set('e', 'e')
    recent.set('f', 'f')
    expect(gone).toEqual(['b', 'c', 'd'])
    expect(recent.get('b')).toBeUndefined()
    expect([...recent.values()].sort()).toEqual(['a', 'e', 'f'])
  })

  it('does not let go of what is just asked for', () => {
    const gone: string[] = []
    const recent = new Recent<string>(1, (value) => gone.push(value))
    recent.set('a', 'a')
    recent.set('b', 'b')
    for (const key of ['a', 'b', 'a', 'b']) expect(recent.get(key)).toBe(key)
    expect(gone).toEqual([])
  })
})
