import { describe, expect, test } from 'vitest'
import { Targets } from '../../../src/http/target.ts'

describe('targets', () => {
  test('resolve - the same for what was asked before, as long as it is remembered', () => {
    const targets = new Targets()
    const url = '/db/query?level=none&pretty'
    const first = targets.resolve(url)
    expect(first).toMatchObject({
      path: '/db/query',
      query: 'level=none&pretty',
      route: { path: '/db/query' },
    })
    expect(first.parameters.level).toBe('none')
    expect(targets.resolve(url)).toBe(first)
    for (let i = 0; i < 1_000; i++)
      expect(targets.resolve(`/db/query?q=${i}`).parameters.get('q')).toBe(`${i}`)
    expect(targets.resolve(url)).not.toBe(first)
    expect(targets.resolve(url)).toEqual(first)
  })

  test('resolve - what is wrong is wrong again, and what is long is not remembered', () => {
    const targets = new Targets()
    for (let i = 0; i < 2; i++) {
      expect(() => targets.resolve('/db/query?timeout=x')).toThrow('timeout is not a valid duration')
      expect(() => targets.resolve('/%zz')).toThrow("'/%zz' is not a valid url component")
    }
    const long = `/db/query?q=${'x'.repeat(200)}`
    expect(targets.resolve(long)).not.toBe(targets.resolve(long))
  })

  test('resolve - the whole URL, as proxies may name it', () => {
    const targets = new Targets()
    expect(targets.resolve('http://host:1/db/query?q=1')).toMatchObject({ path: '/db/query', query: 'q=1' })
    expect(targets.resolve('https://host')).toMatchObject({ path: '/', query: '' })
    expect(targets.resolve('http://host?q=1')).toMatchObject({ path: '/', query: 'q=1' })
  })
})
