/**
 * sql.js as it is used here: its WebAssembly module, compiled once, and its JavaScript glue, which is
 * evaluated once per instance because it makes only one. Of the glue only the loader and the raw exports
 * are used; its `Database` class is not.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { compileFunction } from 'node:vm'
import { addCallback, type Callback, type Signature, tableOf } from './callbacks.ts'
import { EngineFailure } from './errors.ts'
import { InstanceMemory } from './instance-memory.ts'
import {
  Wasm,
  type WasmImports,
  type WasmInstance,
  type WasmMemory,
  type WasmModule,
  type WasmTable,
} from './wasm.ts'

/** Where sql.js's two files are; found through Node's module resolution unless given. */
export interface SqliteFiles {
  /** `sql-wasm.js` */
  readonly glue: string
  /** `sql-wasm.wasm` */
  readonly wasm: string
}

type Pointer = number
type Handle = number

/** What sql.js exports of SQLite's C interface. 64-bit integers are bigints, text is pointers. */
export interface SqliteApi {
  _malloc(size: number): Pointer
  _free(pointer: Pointer): void
  _sqlite3_open(name: Pointer, handleOut: Pointer): number
  _sqlite3_close_v2(db: Handle): number
  _sqlite3_errmsg(db: Handle): Pointer
  _sqlite3_prepare_v2(
    db: Handle,
    sql: Pointer,
    bytes: number,
    statementOut: Pointer,
    tailOut: Pointer,
  ): number
  _sqlite3_step(statement: Handle): number
  _sqlite3_reset(statement: Handle): number
  _sqlite3_finalize(statement: Handle): number
  _sqlite3_clear_bindings(statement: Handle): number
  _sqlite3_bind_int(statement: Handle, index: number, value: number): number
  _sqlite3_bind_double(statement: Handle, index: number, value: number): number
  _sqlite3_bind_text(
    statement: Handle,
    index: number,
    text: Pointer,
    bytes: number,
    destructor: number,
  ): number
  _sqlite3_bind_blob(
    statement: Handle,
    index: number,
    blob: Pointer,
    bytes: number,
    destructor: number,
  ): number
  _sqlite3_bind_parameter_index(statement: Handle, name: Pointer): number
  _sqlite3_column_count(statement: Handle): number
  _sqlite3_column_name(statement: Handle, column: number): Pointer
  _sqlite3_column_type(statement: Handle, column: number): number
  _sqlite3_column_double(statement: Handle, column: number): number
  _sqlite3_column_text(statement: Handle, column: number): Pointer
  _sqlite3_column_blob(statement: Handle, column: number): Pointer
  _sqlite3_column_bytes(statement: Handle, column: number): number
  _sqlite3_create_function_v2(
    db: Handle,
    name: Pointer,
    parameters: number,
    flags: number,
    data: Pointer,
    call: Pointer,
    step: Pointer,
    final: Pointer,
    destroy: Pointer,
  ): number
  _sqlite3_result_int(context: Pointer, value: number): void
  _sqlite3_value_type(value: Pointer): number
  _sqlite3_value_double(value: Pointer): number
  _sqlite3_value_text(value: Pointer): Pointer
  _sqlite3_value_blob(value: Pointer): Pointer
  _sqlite3_value_bytes(value: Pointer): number
  /** Makes `callback` callable from WebAssembly. Not the glue's: see callbacks.ts. */
  addFunction(callback: Callback, signature: Signature): Pointer
}

/** One SQLite with its own memory. */
export interface SqliteInstance {
  readonly api: SqliteApi
  readonly memory: InstanceMemory
}

/** Makes instances. */
export interface SqliteBinary {
  instantiate(): SqliteInstance
}

/** Reads and compiles; takes some 10 ms. */
export function loadSqliteBinary(files: SqliteFiles = findSqliteFiles()): SqliteBinary {
  const module = new Wasm.Module(readFileSync(files.wasm))
  const glue = compileFunction(
    readFileSync(files.glue, 'utf8'),
    ['module', 'exports', 'require', '__dirname', '__filename', 'Date'],
    { filename: files.glue },
  ) as (...values: unknown[]) => void
  return { instantiate: () => instantiate(module, glue, files.glue) }
}

function findSqliteFiles(): SqliteFiles {
  const glue = createRequire(import.meta.url).resolve('sql.js')
  return { glue, wasm: join(dirname(glue), 'sql-wasm.wasm') }
}

type InitSqlJs = (config: object) => Promise<unknown>

function instantiate(
  module: WasmModule,
  glue: (...values: unknown[]) => void,
  filename: string,
): SqliteInstance {
  const holder: { exports: unknown } = { exports: {} }
  glue(holder, holder.exports, createRequire(filename), dirname(filename), filename, UtcDate)
  let memory: WasmMemory | undefined
  let table: WasmTable | undefined
  const config = {
    useOldExtensionFunctions: false,
    print: () => {},
    printErr: () => {},
    instantiateWasm(imports: WasmImports, done: (instance: WasmInstance) => void) {
      const instance = new Wasm.Instance(module, imports)
      memory = Object.values(instance.exports).find((value) => value instanceof Wasm.Memory)
      table = tableOf(instance)
      done(instance)
      return {}
    },
  }
  // Everything used here is in place when the call returns. The promise is for the rest of the glue,
  // which does its own start-up in a microtask; it rejects if the instance aborts one day.
  const initialized = (holder.exports as InitSqlJs)(config) // the module exports this one function
  initialized.catch(() => {})
  const functions: WasmTable | undefined = table
  if (memory === undefined || functions === undefined) {
    throw new EngineFailure(
      'sql.js did not instantiate its module synchronously, or exports no memory or table',
    )
  }
  const api = config as unknown as SqliteApi // the glue adds its exports to it
  api.addFunction = (callback, signature) => addCallback(functions, callback, signature)
  return { api, memory: new InstanceMemory(memory) }
}

/**
 * What the glue sees as `Date`: local time is UTC, or SQLite's `localtime` would differ between replicas
 * in different time zones.
 */
class UtcDate extends Date {
  override getTimezoneOffset(): number {
    return 0
  }
  override getFullYear(): number {
    return this.getUTCFullYear()
  }
  override getMonth(): number {
    return this.getUTCMonth()
  }
  override getDate(): number {
    return this.getUTCDate()
  }
  override getDay(): number {
    return this.getUTCDay()
  }
  override getHours(): number {
    return this.getUTCHours()
  }
  override getMinutes(): number {
    return this.getUTCMinutes()
  }
  override getSeconds(): number {
    return this.getUTCSeconds()
  }
}
