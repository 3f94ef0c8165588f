/**
 * Statements of a large request body, read bit by bit. `JSON.parse` would hold the thread, which also has to
 * answer heartbeats, for half a second to many seconds per 50 MB, and take many times the body's size. Here
 * what is read is turned at once into what it binds as, and nothing else is kept.
 *
 * The result, and what is refused, is that of `parseStatements`, but for JSON that is nested absurdly deep.
 */
import { setImmediate } from 'node:timers/promises'
import { endOfString } from '../base/index.ts'
import type { SqlParameter, SqlStatement } from '../sql/index.ts'
import { BODY_PARAMETERS_MAX, BODY_STATEMENTS_MAX, NAMED_PARAMETER_WEIGHT } from './defaults.ts'
import { badRequest, HttpError } from './reply.ts'
import { hexBlob, toNumber } from './statements.ts'

/** Read at one go: some milliseconds. */
const SLICE_LENGTH = 128 * 1024
const DEPTH_MAX = 1_000

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const LITERAL = /true|false|null/y
const BLANKS = /[ \t\n\r]*/y
const LITERALS: Readonly<Record<string, SqlParameter>> = { true: true, false: false, null: null }

/** Rejects with a 400 or 413, as soon as it is known that the body is no JSON, or at its end. */
export async function parseLargeBody(text: string): Promise<SqlStatement[]> {
  const steps = new LargeBody(text).read()
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await setImmediate()
  }
}

class LargeBody {
  readonly #text: string
  #at = 0
  #sliceEnd = SLICE_LENGTH
  #parameters = 0
  /** What is wrong with the request; told once it is known that the rest is JSON, too. */
  #refusal: HttpError | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** Yields after every slice. */
  *read(): Generator<undefined, SqlStatement[]> {
    const statements: SqlStatement[] = []
    if (this.#peek() !== '[') {
      yield* this.#skip(badRequest('invalid request'))
      // Nothing may follow what is neither array nor object.
      if (!/[\]}]/.test(this.#text[this.#at - 1] ?? '') && this.#peek() !== '') throw invalidJson()
    } else {
      for (let more = this.#enter(']'); more; more = this.#next(']')) {
        if (this.#isDue) yield
        const statement = yield* this.#statement()
        if (statements.length >= BODY_STATEMENTS_MAX) throw tooMany('statements', BODY_STATEMENTS_MAX)
        statements.push(statement)
      }
      if (statements.length === 0) this.#refusal = badRequest('no statements')
    }
    if (this.#refusal !== undefined) throw this.#refusal
    return statements
  }

  *#statement(): Generator<undefined, SqlStatement> {
    const positional: SqlParameter[] = []
    // Without a prototype, so that no name a caller picks means anything but itself.
    const named: Record<string, SqlParameter> = Object.create(null)
    const first = this.#peek()
    if (first === '"') return { sql: this.#string().toWellFormed(), positional, named }
    if (first !== '[') {
      yield* this.#skip(badRequest('invalid request'))
      return { sql: '', positional, named }
    }
    let sql: string | undefined
    for (let more = this.#enter(']'); more; more = this.#next(']')) {
      if (this.#isDue) yield
      if (sql !== undefined) yield* this.#parameter(positional, named)
      else if (this.#peek() === '"') sql = this.#string().toWellFormed()
      else {
        yield* this.#skip(badRequest('invalid request'))
        sql = ''
      }
    }
    if (sql === undefined) this.#refuse(badRequest('invalid request'))
    return { sql: sql ?? '', positional, named }
  }

  *#parameter(positional: SqlParameter[], named: Record<string, SqlParameter>): Generator<undefined> {
    if (this.#peek() !== '{') {
      positional.push(yield* this.#value())
      return
    }
    for (let more = this.#enter('}'); more; more = this.#next('}')) {
      if (this.#isDue) yield
      const name = this.#key()
      named[name] = yield* this.#value(NAMED_PARAMETER_WEIGHT)
    }
  }

  *#value(weight = 1): Generator<undefined, SqlParameter> {
    this.#parameters += weight
    if (this.#parameters > BODY_PARAMETERS_MAX) throw tooMany('parameters', BODY_PARAMETERS_MAX)
    switch (this.#peek()) {
      case '"': {
        const text = this.#string()
        return hexBlob(text) ?? text.toWellFormed()
      }
      case '[':
        return yield* this.#blob()
      case '{':
        yield* this.#skip(badRequest('unsupported type: object'))
        return null
      default:
        return this.#scalar()
    }
  }

  *#blob(): Generator<undefined, Uint8Array> {
    const unsupported = badRequest('unsupported type: array of anything but integers from 0 to 255')
    let bytes = new Uint8Array(256)
    let length = 0
    for (let more = this.#enter(']'); more; more = this.#next(']')) {
      if (this.#isDue) yield
      const byte = /[-\d]/.test(this.#peek()) ? Number(this.#match(NUMBER)) : Number.NaN
      if (Number.isNaN(byte)) yield* this.#skip(unsupported)
      else if (!Number.isInteger(byte) || byte < 0 || byte > 255) this.#refuse(unsupported)
      if (length === bytes.length) {
        const larger = new Uint8Array(2 * length)
        larger.set(bytes)
        bytes = larger
      }
      bytes[length++] = byte
    }
    return bytes.slice(0, length)
  }

  #scalar(): SqlParameter {
    if (!/[-\d]/.test(this.#peek())) return LITERALS[this.#match(LITERAL)] as SqlParameter // the expression's own
    const text = this.#match(NUMBER)
    try {
      return toNumber(text)
    } catch (error) {
      this.#refuse(error as HttpError) // the only thing it throws
      return null
    }
  }

  /** Passes over a value that is refused, whatever it is. */
  *#skip(refusal: HttpError): Generator<undefined> {
    this.#refuse(refusal)
    const closers: string[] = []
    do {
      if (this.#isDue) yield
      const first = this.#peek()
      let isOpen = false
      if (first === '"') this.#string()
      else if (first === '[' || first === '{') {
        const closer = first === '[' ? ']' : '}'
        if (closers.length >= DEPTH_MAX) throw invalidJson()
        closers.push(closer)
        isOpen = this.#enter(closer)
      } else this.#match(/[-\d]/.test(first) ? NUMBER : LITERAL)
      if (first === '[' || first === '{') {
        if (!isOpen) closers.pop()
        else {
          if (closers.at(-1) === '}') this.#key()
          continue
        }
      }
      // Closes everything that ends here.
      while (closers.length > 0 && !this.#next(closers.at(-1) as string)) closers.pop()
      if (closers.at(-1) === '}') this.#key()
    } while (closers.length > 0)
  }

  #refuse(refusal: HttpError): void {
    this.#refusal ??= refusal
  }

  get #isDue(): boolean {
    if (this.#at < this.#sliceEnd) return false
    this.#sliceEnd = this.#at + SLICE_LENGTH
    return true
  }

  /** Goes into an array or object; false if there is nothing in it. */
  #enter(closer: string): boolean {
    this.#at++
    if (this.#peek() !== closer) return true
    this.#at++
    return false
  }

  /** Goes past the comma to the next member, or out of the array or object. */
  #next(closer: string): boolean {
    const character = this.#peek()
    if (character !== ',' && character !== closer) throw invalidJson()
    this.#at++
    return character === ','
  }

  #key(): string {
    if (this.#peek() !== '"') throw invalidJson()
    const key = this.#string()
    if (this.#peek() !== ':') throw invalidJson()
    this.#at++
    return key
  }

  /** The character that is no blank. "" at the end. */
  #peek(): string {
    const code = this.#text.charCodeAt(this.#at)
    if (code === 32 || (code >= 9 && code <= 13)) this.#match(BLANKS)
    return this.#text[this.#at] ?? ''
  }

  #string(): string {
    const end = endOfString(this.#text, this.#at)
    try {
      const text = JSON.parse(this.#text.slice(this.#at, end)) as string // it begins with a quote
      this.#at = end
      return text
    } catch {
      throw invalidJson()
    }
  }

  #match(expression: RegExp): string {
    expression.lastIndex = this.#at
    const [matched] = expression.exec(this.#text) ?? []
    if (matched === undefined) throw invalidJson()
    this.#at += matched.length
    return matched
  }
}

function invalidJson(): HttpError {
  return badRequest('invalid JSON body')
}

function tooMany(what: string, limit: number): HttpError {
  return new HttpError(413, `the ${what} of one request exceed the limit of ${limit}`)
}
