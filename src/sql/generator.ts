/** SQLite's random number generator, where it lies in an instance's memory (`sqlite-layout.ts`). */
import { SEED_WORDS } from './generator-seed.ts'
import type { InstanceMemory } from './instance-memory.ts'
import { CHACHA, GENERATOR } from './sqlite-layout.ts'

const WORD_BYTES = 4
const OUTPUT_BYTES = GENERATOR.left - GENERATOR.output

export class Generator {
  readonly #memory: InstanceMemory
  readonly #address: number

  constructor(memory: InstanceMemory, address: number) {
    this.#memory = memory
    this.#address = address
  }

  /** Everything random draws from this from now on. */
  seed(words: Uint32Array): void {
    const { view } = this.#memory
    const address = this.#address
    for (let i = 0; i < CHACHA.length; i++) {
      view.setUint32(address + i * WORD_BYTES, CHACHA[i] as number, true)
    }
    for (let i = 0; i < SEED_WORDS; i++) {
      view.setUint32(address + GENERATOR.key + i * WORD_BYTES, words[i] as number, true)
    }
    view.setUint8(address + GENERATOR.left, 0)
  }

  /** What is drawn next is what would have been without the last draw, which was of this word. */
  takeBack(word: number): void {
    const { view } = this.#memory
    const left = view.getUint8(this.#address + GENERATOR.left)
    const leftOfNew = OUTPUT_BYTES - WORD_BYTES
    if (left < leftOfNew) {
      view.setUint8(this.#address + GENERATOR.left, left + WORD_BYTES)
      return
    }
    // It took the rest of one block of output, which lay at its beginning, and went over to the next.
    const rest = left - leftOfNew
    for (let i = 0; i < rest; i++)
      view.setUint8(this.#address + GENERATOR.output + i, (word >>> (8 * i)) & 0xff)
    view.setUint8(this.#address + GENERATOR.left, rest)
    const counter = this.#address + GENERATOR.counter
    view.setUint32(counter, view.getUint32(counter, true) - 1, true)
  }
}
