import type { WasmMemory } from './wasm.ts'

const PAGE_BYTES = 64 * 1024
/** What sql.js is built with. */
export const INSTANCE_BYTES_MAX = 2 * 1024 * 1024 * 1024

/** Reads and writes an instance's memory. The views are renewed when the memory has grown. */
export class InstanceMemory {
  readonly #memory: WasmMemory
  #buffer: ArrayBuffer
  #bytes: Buffer
  #view: DataView

  constructor(memory: WasmMemory) {
    this.#memory = memory
    this.#buffer = memory.buffer
    this.#bytes = Buffer.from(this.#buffer)
    this.#view = new DataView(this.#buffer)
  }

  /** Not to be kept over a call into the instance. */
  get bytes(): Buffer {
    if (this.#buffer !== this.#memory.buffer) this.#renew()
    return this.#bytes
  }

  /** Not to be kept over a call into the instance. WebAssembly is little-endian. */
  get view(): DataView {
    if (this.#buffer !== this.#memory.buffer) this.#renew()
    return this.#view
  }

  /** For another module that is to share it. */
  get wasm(): WasmMemory {
    return this.#memory
  }

  get size(): number {
    return this.#memory.buffer.byteLength
  }

  /**
   * Whether an instance that ran out of memory could have had all it can ever have. If not, it was the system
   * that refused, and another one may not.
   */
  canGrowToMaximum(): boolean {
    try {
      this.#memory.grow((INSTANCE_BYTES_MAX - this.size) / PAGE_BYTES)
      return true
    } catch {
      return false
    }
  }

  /** A NUL-terminated string. */
  string(pointer: number): string {
    const bytes = this.bytes
    return bytes.toString('utf8', pointer, bytes.indexOf(0, pointer))
  }

  /** Writes text and a NUL; there must be room. Returns the bytes written before the NUL. */
  writeString(pointer: number, text: string): number {
    const bytes = this.bytes
    const length = bytes.write(text, pointer, 'utf8')
    bytes[pointer + length] = 0
    return length
  }

  getUint32(pointer: number): number {
    return this.view.getUint32(pointer, true)
  }

  setUint32(pointer: number, value: number): void {
    this.view.setUint32(pointer, value, true)
  }

  getInt64(pointer: number): bigint {
    return this.view.getBigInt64(pointer, true)
  }

  setInt64(pointer: number, value: bigint): void {
    this.view.setBigInt64(pointer, value, true)
  }

  #renew(): void {
    this.#buffer = this.#memory.buffer
    this.#bytes = Buffer.from(this.#buffer)
    this.#view = new DataView(this.#buffer)
  }
}
