import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../../src/base/index.ts'
import { displayWidth, visible } from '../../../../src/cli/shell/display.ts'
import { type Mode, renderRows } from '../../../../src/cli/shell/render.ts'
import { parseResult } from '../../../../src/cli/shell/result.ts'
import { renderTree } from '../../../../src/cli/shell/tree.ts'

function render(mode: Mode, json: string, terminal = false): string {
  const result = parseResult(parseJson(json))
  if (result.kind !== 'rows') throw new Error('no rows')
  const heading = (text: string): string => (terminal ? `<${text}>` : text)
  return [...renderRows(result.rows, mode, { terminal, heading })].join('')
}

const FOO = '{"columns":["id","name"],"types":["integer","text"],"values":[[1,"fiona"],[2,null]]}'
const EMPTY = '{"columns":["id","name"],"types":["integer","text"]}'
const EXACT =
  '{"columns":["a","b","c","d"],"types":["","","",""],"values":[[9223372036854775807,1.0,true,[0,255]]]}'
const LINES = JSON.stringify({ columns: ['sql'], types: ['text'], values: [['CREATE TABLE t (\n  a\n)']] })
const HOSTILE = JSON.stringify({ columns: ['v'], types: ['text'], values: [['a\tb\u001b[2J\u0085']] })

describe('column', () => {
  test('rows - in a frame', () => {
    expect(render('column', FOO)).toBe(
      `
+----+-------+
| id | name  |
+----+-------+
| 1  | fiona |
+----+-------+
| 2  | NULL  |
+----+-------+
`.slice(1),
    )
  })

  test('no rows - the names alone', () => {
    expect(render('column', EMPTY)).toBe('+----+------+\n| id | name |\n+----+------+\n')
  })

  test('no columns - nothing', () => {
    expect(render('column', '{"columns":[],"types":[]}')).toBe('')
  })

  test('numbers - as they came; bytes as an array', () => {
    expect(render('column', EXACT)).toContain('| 9223372036854775807 | 1.0 | true | [0,255] |')
  })

  test('lines in a cell - stay in it', () => {
    expect(render('column', LINES)).toBe(
      `
+------------------+
| sql              |
+------------------+
| CREATE TABLE t ( |
|   a              |
| )                |
+------------------+
`.slice(1),
    )
  })

  test('wide characters - take two places', () => {
    const json = JSON.stringify({
      columns: ['v'],
      types: ['text'],
      values: [['日本'], ['e\u0301'], ['👍🏽']],
    })
    expect(render('column', json).split('\n').slice(3, 8)).toEqual([
      '| 日本 |',
      '+------+',
      '| e\u0301    |',
      '+------+',
      '| 👍🏽   |',
    ])
  })

  test('on a terminal - names are coloured, and data gives no commands', () => {
    const text = render('column', HOSTILE, true)
    expect(text).toContain('|< v           >|')
    expect(text).toContain('| a    b␛[2J\ufffd |')
    expect(render('column', HOSTILE)).toContain('a\tb\u001b[2J\u0085')
  })
})

test('csv - quoted where it must be; NULL is nothing and an empty text something', () => {
  const values = [['a,b', 'say "x"', 'two\nlines', '', null, 1]]
  const json = JSON.stringify({ columns: ['a', 'b', 'c', 'd', 'e', 'f,g'], types: [], values })
  expect(render('csv', json)).toBe('a,b,c,d,e,"f,g"\n"a,b","say ""x""","two\nlines","",,1\n')
  expect(render('csv', EMPTY)).toBe('id,name\n')
  expect(render('csv', EXACT)).toBe('a,b,c,d\n9223372036854775807,1.0,true,"[0,255]"\n')
})

test('json - objects, exact numbers, names of their own', () => {
  expect(render('json', FOO)).toBe('[{"id":1,"name":"fiona"},\n{"id":2,"name":null}]\n')
  expect(render('json', EMPTY)).toBe('[]\n')
  expect(render('json', EXACT)).toBe('[{"a":9223372036854775807,"b":1.0,"c":true,"d":[0,255]}]\n')
  expect(render('json', '{"columns":["a","a","a"],"types":[],"values":[[1,2,3]]}')).toBe(
    '[{"a":1,"a:1":2,"a:2":3}]\n',
  )
})

test('line - a value a line', () => {
  expect(render('line', FOO)).toBe('  id = 1\nname = fiona\n\n  id = 2\nname = NULL\n')
  expect(render('line', EMPTY)).toBe('')
})

test('display width - of what is seen', () => {
  expect(['', 'abc', 'äöü', '日本', 'e\u0301', '\u200b', '👨‍👩‍👧', '❤️', 'ｱ'].map(displayWidth)).toEqual([
    0, 3, 3, 4, 1, 0, 2, 2, 1,
  ])
})

test('visible - control characters have pictures, lines stay', () => {
  expect(visible('a\u0000\u007f\n\tb')).toBe('a␀␡\n    b')
})

describe('tree', () => {
  test('keys in order, two blanks deeper, without what is null', () => {
    const document = { b: { y: 'text', x: 1.5, empty: {} }, a: true, n: null, list: ['x', 2], none: [] }
    expect(renderTree(document)).toBe(
      `
a: true
b:
  empty:
  x: 1.5
  y: text
list: [x 2]
none: []
`.slice(1),
    )
  })

  test('lists of objects - an item a dash', () => {
    expect(renderTree({ nodes: [{ id: 'b', addr: 'x' }, 'odd', { id: 'c' }] })).toBe(
      `
nodes:
  -
    addr: x
    id: b
  - odd
  -
    id: c
`.slice(1),
    )
  })

  test('numbers - exact', () => {
    expect(renderTree(parseJson('{"big":18446744073709551615}') as Record<string, unknown>)).toBe(
      'big: 18446744073709551615\n',
    )
  })
})
