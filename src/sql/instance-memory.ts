import type { WasmMemory } from './wasm.ts'

const PAGE_BYTES = 64 * 1024
/** What sql.js is built with. */
export const INSTANCE_BYTES_MAX = 2 * 1024 * 1024 * 1024

/** Up to here a loop is faster than a call out of JavaScript. */
const SHORT_TEXT = 48

/**
 * Reads and writes an instance's memory. When that grows, WebAssembly takes the buffer from the views, which are
 * empty then, and are renewed. To see that costs less than to ask the memory for its buffer.
 */
export class InstanceMemory {
  readonly #memory: WasmMemory
  #bytes: Buffer
  #view: DataView

  constructor(memory: WasmMemory) {
    this.#memory = memory
    this.#bytes = Buffer.from(memory.buffer)
    this.#view = new DataView(memory.buffer)
  }

  /** Not to be kept over a call into the instance. */
  get bytes(): Buffer {
    if (this.#bytes.length === 0) this.#renew()
    return this.#bytes
  }

  /** Not to be kept over a call into the instance. WebAssembly is little-endian. */
  get view(): DataView {
    if (this.#bytes.length === 0) this.#renew()
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
    const isShort = text.length <= SHORT_TEXT && writeAscii(bytes, pointer, text)
    const length = isShort ? text.length : bytes.write(text, pointer, 'utf8')
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

  /** 64 bits, as a number if it is a safe integer. */
  getInteger(pointer: number): number | bigint {
    const { view } = this
    const number = view.getInt32(pointer + 4, true) * 2 ** 32 + view.getUint32(pointer, true)
    return Number.isSafeInteger(number) ? number : view.getBigInt64(pointer, true)
  }

  setInt64(pointer: number, value: bigint): void {
    this.view.setBigInt64(pointer, value, true)
  }

  #renew(): void {
    this.#bytes = Buffer.from(this.#memory.buffer)
    this.#view = new DataView(this.#memory.buffer)
  }
}

/** False if there is more in the text than ASCII. */
function writeAscii(bytes: Uint8Array, pointer: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return false
    bytes[pointer + i] = code
  }
  return true
}
