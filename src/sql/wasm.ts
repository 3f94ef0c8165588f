/** The part of the global `WebAssembly` that is used; TypeScript declares it for browsers only. */
interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance
  readonly Memory: new (limits: { initial: number; maximum?: number }) => WasmMemory
  readonly Table: new (limits: { element: 'anyfunc'; initial: number }) => WasmTable
}

export type WasmModule = object
export type WasmImports = object

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>
}

/** Its buffer is another one after it has grown. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
  /** By so many pages of 64 KiB. Throws if that is more than its maximum, or than the system gives. */
  grow(pages: number): number
}

/** Functions by number, which are what C has for pointers to functions. */
export interface WasmTable {
  readonly length: number
  /** By so many places; returns how many there were. */
  grow(places: number): number
  /** With a function that WebAssembly made or exports. */
  set(place: number, value: unknown): void
}

export const Wasm = (globalThis as unknown as { WebAssembly: WebAssemblyNamespace }).WebAssembly
