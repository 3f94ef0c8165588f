import { afterEach, expect, test, vi } from 'vitest'
import { addCallback } from '../../../src/sql/callbacks.ts'
import { loadSqliteBinary } from '../../../src/sql/sqlite-binary.ts'
import { Wasm, type WasmTable } from '../../../src/sql/wasm.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

type Called = (...values: (number | bigint)[]) => unknown
type ReadableTable = WasmTable & { get(place: number): Called }
const tableOfThree = (): ReadableTable =>
  new Wasm.Table({ element: 'anyfunc', initial: 3 }) as unknown as ReadableTable

test('callbacks - are called with what WebAssembly passes, and answer what they return', () => {
  const table = tableOfThree()
  const seen: unknown[] = []
  const place = addCallback(
    table,
    (...values: never[]) => {
      seen.push(values)
      return -7
    },
    'iiij',
  )
  expect(place).toBe(3)
  expect(table.get(place)(1, 2 ** 31, 2n ** 63n)).toBe(-7)
  expect(seen).toEqual([[1, -(2 ** 31), -(2n ** 63n)]])
})

test('callbacks - need not return anything, and have places of their own', () => {
  const table = tableOfThree()
  const called = vi.fn(() => undefined)
  const places = [addCallback(table, called, 'vi'), addCallback(table, called, 'vi')]
  expect(places).toEqual([3, 4])
  for (const place of places) expect(table.get(place)(9)).toBeUndefined()
  expect(called.mock.calls).toEqual([[9], [9]])
})

test('callbacks - one that WebAssembly made is put in as it is', () => {
  const table = tableOfThree()
  const made = table.get(addCallback(table, () => 1, 'i'))
  expect(table.get(addCallback(table, made as () => number, 'i'))).toBe(made)
})

test('callbacks - of an unknown type are refused', () => {
  expect(() => addCallback(tableOfThree(), () => 1, 'ix')).toThrow('there is no type x')
})

test('callbacks - another instance compiles nothing', () => {
  const binary = loadSqliteBinary()
  const add = (): unknown => binary.instantiate().api.addFunction(() => 0, 'iiii')
  add()
  const compile = vi.spyOn(Wasm, 'Module')
  add()
  expect(compile).not.toHaveBeenCalled()
})
