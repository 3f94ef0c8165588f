/**
 * Makes functions of ours callable from an instance. The glue of sql.js does it, too, but for each instance it looks
 * through the whole table of functions, remembers all it finds there weakly, and compiles anew; with a database for
 * each of many namespaces that was a third of what a new one costs.
 */
import { Wasm, type WasmInstance, type WasmModule, type WasmTable } from './wasm.ts'

/** What a function takes and returns, each a letter, the result first: `i`: 32 bits, `j`: 64 bits, `v`: nothing. */
export type Signature = string
export type Callback = (...values: never[]) => number | undefined

const TYPES: Readonly<Record<string, number>> = { i: 0x7f, j: 0x7e }
const FUNCTION = 0x60

/** They depend on nothing but the signature. */
const modules = new Map<Signature, WasmModule>()

/** Puts a function into the table, where it stays for as long as the instance lives, and returns its place. */
export function addCallback(table: WasmTable, callback: Callback, signature: Signature): number {
  const place = table.grow(1)
  try {
    table.set(place, callback) // of another module: called as it is
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    table.set(place, wrapped(callback, signature))
  }
  return place
}

function wrapped(callback: Callback, signature: Signature): unknown {
  let module = modules.get(signature)
  if (module === undefined) {
    module = new Wasm.Module(moduleFor(signature))
    modules.set(signature, module)
  }
  return new Wasm.Instance(module, { e: { f: callback } }).exports.f
}

/** Finds the table that an instance calls through. */
export function tableOf({ exports }: WasmInstance): WasmTable | undefined {
  return Object.values(exports).find((value) => value instanceof Wasm.Table)
}

/** A module that exports the function it imports, which makes a WebAssembly function of it. */
function moduleFor(signature: Signature): Uint8Array {
  const [result = 'v', ...parameters] = signature
  const type = [
    ...[FUNCTION, parameters.length, ...parameters.map(typeOf)],
    ...(result === 'v' ? [0] : [1, typeOf(result)]),
  ]
  const name = [1, 'f'.charCodeAt(0)]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
    ...section(1, type), // types
    ...section(2, [1, 'e'.charCodeAt(0), ...name, 0, 0]), // imports: function 0 of type 0
    ...section(7, [...name, 0, 0]), // exports: function 0
  ])
}

/** One with one item, shorter than 128 bytes. */
function section(id: number, item: readonly number[]): number[] {
  return [id, item.length + 1, 1, ...item]
}

function typeOf(letter: string): number {
  const type = TYPES[letter]
  if (type === undefined) throw new TypeError(`there is no type ${letter}`)
  return type
}
