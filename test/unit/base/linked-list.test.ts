import { describe, expect, test } from 'vitest'
import { Linked, LinkedList } from '../../../src/base/index.ts'

class Item extends Linked {
  readonly name: string
  constructor(name: string) {
    super()
    this.name = name
  }
}

function listOf(names: string): { list: LinkedList<Item>; items: Item[] } {
  const list = new LinkedList<Item>()
  const items = [...names].map((name) => new Item(name))
  for (const item of items) list.add(item)
  return { list, items }
}

const namesIn = (list: LinkedList<Item>): string =>
  list
    .all()
    .map(({ name }) => name)
    .join('')

describe('linked list', () => {
  test.each([
    ['the first', 0, 'bc', 'b'],
    ['one in between', 1, 'ac', 'a'],
    ['the last', 2, 'ab', 'a'],
  ])('delete - %s', (_, index, left, first) => {
    const { list, items } = listOf('abc')
    expect(list.delete(items[index]!)).toBe(true)
    expect([namesIn(list), list.first?.name]).toEqual([left, first])
    expect(list.delete(items[index]!)).toBe(false)
    expect(namesIn(list)).toBe(left)
  })

  test('delete - leaves nothing that refers to others', () => {
    const { list, items } = listOf('abc')
    for (const item of items) list.delete(item)
    expect(list.first).toBeUndefined()
    expect(items.flatMap(({ before, after }) => [before, after])).toEqual(Array(6).fill(undefined))
  })

  test('add - again, at the end', () => {
    const { list, items } = listOf('ab')
    list.delete(items[0]!)
    list.add(items[0]!)
    expect(namesIn(list)).toBe('ba')
  })
})
