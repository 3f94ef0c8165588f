/** The fingerprint of a run: every event worth telling, in order. */
export class TraceHash {
  #hash = 0x811c9dc5

  add(now: number, numbers: readonly number[]): this {
    this.#mix(now)
    for (const number of numbers) this.#mix(number)
    return this
  }

  addText(text: string): this {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
    return this
  }

  #mix(number: number): void {
    this.#hash = Math.imul(this.#hash ^ (number & 0xffffffff), 0x01000193)
    this.#hash ^= this.#hash >>> 13
  }

  get value(): number {
    return this.#hash >>> 0
  }

  get text(): string {
    return this.value.toString(16).padStart(8, '0')
  }
}
