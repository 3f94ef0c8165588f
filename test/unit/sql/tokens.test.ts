import { describe, expect, it } from 'vitest'
import { SqlTokens } from '../../../src/sql/tokens.ts'

function tokensOf(sql: string): string[] {
  const tokens = new SqlTokens(sql)
  const list: string[] = []
  while (tokens.next()) list.push(`${tokens.kind} ${sql.slice(tokens.start, tokens.end)}`)
  return list
}

describe('sql tokens', () => {
  it.each([
    ['SELECT a1, _b$', ['word SELECT', 'word a1', 'symbol ,', 'word _b$']],
    ['größe über', ['word größe', 'word über']],
    ["'it''s' 'a;b'", ["string 'it''s'", "string 'a;b'"]],
    ['"a""b" `c``d` [e"f]', ['quoted "a""b"', 'quoted `c``d`', 'quoted [e"f]']],
    ["x'00ff' X'' xy", ["value x'00ff'", "value X''", 'word xy']],
    ['1 2.5 .5 1e5 0x1F 1.', ['value 1', 'value 2.5', 'value .5', 'value 1e5', 'value 0x1F', 'value 1.']],
    ['? ?12 :a @b $c', ['value ?', 'value ?12', 'value :a', 'value @b', 'value $c']],
    ['a->>b<=c', ['word a', 'symbol -', 'symbol >', 'symbol >', 'word b', 'symbol <', 'symbol =', 'word c']],
    ['\ufeffa\t\n\f\r b', ['word a', 'word b']],
  ])('tokens - %s', (sql, expected) => {
    expect(tokensOf(sql)).toEqual(expected)
  })

  it.each([
    ['a -- b; c\n d', ['word a', 'word d']],
    ['a --', ['word a']],
    ['a /* ; */ b /**/ c', ['word a', 'word b', 'word c']],
    ['a /*/ b */ c', ['word a', 'word c']],
    ['a /* never closed ; b', ['word a']],
    ['a - - b', ['word a', 'symbol -', 'symbol -', 'word b']],
    ['a /*', ['word a', 'symbol /', 'symbol *']],
    ['a / * b', ['word a', 'symbol /', 'symbol *', 'word b']],
  ])('comments - %s', (sql, expected) => {
    expect(tokensOf(sql)).toEqual(expected)
  })

  it.each([
    ["'open; x", ["illegal 'open; x"]],
    ['"open""', ['illegal "open""']],
    ['[open; x', ['illegal [open; x']],
    ["x'00", ["illegal x'00"]],
    [': a', ['illegal :', 'word a']],
  ])('unfinished - %s', (sql, expected) => {
    expect(tokensOf(sql)).toEqual(expected)
  })

  it.each([
    ['$a(b;c) d', ['value $a(b;c)', 'word d']],
    ['$a::b::c', ['value $a::b::c']],
    ['$a(b c)', ['illegal $a(b', 'word c', 'symbol )']],
    [':a:b', ['value :a', 'value :b']],
  ])("Tcl's placeholders - %s", (sql, expected) => {
    expect(tokensOf(sql)).toEqual(expected)
  })

  it('names - without quotes and in lower case', () => {
    const tokens = new SqlTokens('SeLeCt "A""B" [C] `D` \'E\'\'F\'')
    const names: string[] = []
    while (tokens.next()) names.push(tokens.name())
    expect(names).toEqual(['select', 'a"b', 'c', 'd', "e'f"])
  })
})
