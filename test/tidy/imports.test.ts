import { describe, expect, test } from 'vitest'
import { findCycle, importViolations, runtimeArrows } from './imports.ts'
import { folderOf, importsOf, sourceFiles } from './sources.ts'

const imports = sourceFiles().flatMap(importsOf)

describe('this tree', () => {
  test('imports - every arrow is on the folder map and goes through a door', () => {
    expect(imports.length).toBeGreaterThan(100)
    expect(importViolations(imports)).toEqual([])
  })

  test('imports - folders do not load each other in a circle', () => {
    expect(findCycle(runtimeArrows(imports, folderOf))).toBeUndefined()
  })

  test('imports - files do not load each other in a circle', () => {
    expect(findCycle(runtimeArrows(imports, (path) => path))).toBeUndefined()
  })
})

describe('the checks themselves', () => {
  const violations = (path: string, text: string): string[] => importViolations(importsOf({ path, text }))

  test.each([
    ['a folder not in its row', 'src/base/x.ts', "import { a } from '../wire/index.ts'"],
    ['an arrow upwards', 'src/raft/x.ts', "import { a } from '../node/index.ts'"],
    ['a value where types are allowed', 'src/sql/x.ts', "import { a } from '../raft/index.ts'"],
    [
      'an inline type, which is loaded all the same',
      'src/kv/x.ts',
      "import { type A } from '../raft/index.ts'",
    ],
    ['another way in than the door', 'src/node/x.ts', "import { a } from '../raft/core/core.ts'"],
    ['a type by another way in', 'src/p2p/x.ts', "import type { A } from '../raft/types.ts'"],
    ['generated code elsewhere', 'src/p2p/x.ts', "import { a } from '../wire/generated/raft.ts'"],
    ['the driver in the core', 'src/raft/core/x.ts', "import { a } from '../driver.ts'"],
    ['wire in the core', 'src/raft/core/x.ts', "import { a } from '../../wire/index.ts'"],
    ['a package in the core', 'src/raft/core/x.ts', "import a from 'pino'"],
    ['a built-in in the core', 'src/raft/core/x.ts', "import 'node:fs'"],
    ['a built-in in a browser', 'src/client/x.ts', "import * as fs from 'node:fs'"],
    ['tests in the source', 'src/raft/x.ts', "import { a } from '../../test/x.ts'"],
    ['the command line elsewhere', 'src/testing/x.ts', "export { a } from '../cli/index.ts'"],
    ['an import in several lines', 'src/base/x.ts', "import {\n  type A,\n  b,\n} from '../kv/index.ts'"],
    ['an import when it is needed', 'src/base/x.ts', "  const a = await import('../kv/index.ts')"],
    ['everything re-exported', 'src/sql/x.ts', "export * from '../raft/index.ts'"],
    ['a folder that nobody knows', 'src/misc/x.ts', "import { a } from './y.ts'"],
  ])('imports - caught: %s', (_, path, text) => {
    expect(violations(path, text)).toHaveLength(1)
  })

  test.each([
    ['types where types are allowed', 'src/sql/x.ts', "import type { A } from '../raft/index.ts'"],
    ['a type in place', 'src/sql/x.ts', "let a: import('../raft/index.ts').Entry"],
    ['values where all is allowed', 'src/node/x.ts', "import { a, type B } from '../raft/index.ts'"],
    ['the inside of a folder', 'src/raft/core/x.ts', "import { a } from './log.ts'"],
    ['base in the core', 'src/raft/core/x.ts', "import { assert } from '../../base/index.ts'"],
    ['packages outside the core', 'src/http/x.ts', "import fastify, { type A } from 'fastify'"],
    ['the library in its test tools', 'src/testing/x.ts', "import { createNode } from '../index.ts'"],
    ['words that look like an import', 'src/base/x.ts', "/**\n * import { a } from '../kv/index.ts'\n */"],
  ])('imports - let through: %s', (_, path, text) => {
    expect(violations(path, text)).toEqual([])
  })

  test('imports - a circle is found, and only if it is loaded', () => {
    const circle = (word: string) => [
      ...importsOf({ path: 'src/a/x.ts', text: "import { b } from '../b/index.ts'" }),
      ...importsOf({ path: 'src/b/index.ts', text: "import { c } from '../c/index.ts'" }),
      ...importsOf({ path: 'src/c/index.ts', text: `${word} { a } from '../a/index.ts'` }),
    ]
    expect(findCycle(runtimeArrows(circle('import'), folderOf))).toEqual(['a', 'b', 'c', 'a'])
    expect(findCycle(runtimeArrows(circle('import type'), folderOf))).toBeUndefined()
  })
})
