/** A request as bytes, whose number is written over in place. */
import type { RequestTemplate } from './types.ts'

const GROUPS = 4
const ALL_NUMBERS = 1000 ** GROUPS
const PLAIN = groupsOf((digits) => digits)
const BASE64 = groupsOf((digits) => Buffer.from(digits).toString('base64'))

export class NumberedRequest {
  readonly bytes: Buffer
  readonly #at: number | undefined
  readonly #groups: readonly Buffer[]
  readonly #numbers: number

  constructor(template: RequestTemplate) {
    this.bytes = Buffer.from(template.text, 'latin1')
    this.#at = template.numberAt
    this.#groups = template.base64 === true ? BASE64 : PLAIN
    this.#numbers = template.numbers ?? ALL_NUMBERS
  }

  /** The same bytes as before, with this number in them. */
  with(number: number): Buffer {
    if (this.#at === undefined) return this.bytes
    let rest = number % this.#numbers
    for (let i = GROUPS - 1; i >= 0; i--) {
      const group = this.#groups[rest % 1000] as Buffer
      group.copy(this.bytes, this.#at + i * group.length)
      rest = Math.floor(rest / 1000)
    }
    return this.bytes
  }
}

/** Three digits each, encoded. */
function groupsOf(encode: (digits: string) => string): readonly Buffer[] {
  return Array.from({ length: 1000 }, (_, i) => Buffer.from(encode(String(i).padStart(3, '0'))))
}
