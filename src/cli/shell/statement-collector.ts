/**
 * Lines into statements. A line is a statement of its own, with or without a semicolon, as in rqlite's
 * shell; it goes on in the next line only while a quote, a comment, a parenthesis or a trigger is open.
 * Several statements of a line are told apart at their semicolons. The scan is SQLite's
 * (`sqlite3_complete`), in one pass over each line.
 */
import { DebrosError } from '../../base/index.ts'

/** A request's body may have 64 MiB by default; what is longer than that cannot be sent anyway. */
const STATEMENT_CHARS_MAX = 64 * 1024 * 1024

const TOKEN = /\s+|--[^\n]*|\/\*|['"`[]|[();]|[\p{L}_][\p{L}\p{M}\p{N}_$]*|./suy
const CLOSERS: Readonly<Record<string, string>> = { "'": "'", '"': '"', '`': '`', '[': ']' }
const TRIGGER = /^(EXPLAIN (QUERY PLAN )?)?CREATE (TEMP |TEMPORARY )?TRIGGER /
/** As many words as {@link TRIGGER} can have. */
const HEAD_WORDS = 6

export class StatementCollector {
  readonly #statements: string[] = []
  /** Of the statement that is being read, up to the line before. */
  #text = ''
  /** What ends the quote or comment that is open; '' if none is. */
  #closer = ''
  #depth = 0
  /** Whether there is more to it than blanks and comments. */
  #meaningful = false
  /** Its first words, in capitals, each with a blank behind it. */
  #head = ''
  #headWords = 0
  /** Its last two tokens. */
  #last = ''
  #lastButOne = ''

  /** Nothing was pushed since the last take. */
  get empty(): boolean {
    return this.#statements.length === 0 && this.#text === ''
  }

  /** Whether the next line goes on with what this one has begun. */
  get open(): boolean {
    return this.#closer !== '' || this.#depth > 0 || (this.#isTrigger && !this.#triggerEnded)
  }

  /** Something stands behind the last semicolon, other than blanks and comments. */
  get hasUnfinished(): boolean {
    return this.#meaningful
  }

  /** What that is. */
  get unfinished(): string {
    return this.#meaningful ? this.#text.trim() : ''
  }

  /** One line without its end. Error `SHELL_INPUT_INVALID` when it grows too long, and all of it is dropped. */
  push(line: string): void {
    if (this.#text.length + line.length > STATEMENT_CHARS_MAX) {
      this.clear()
      const limit = `${STATEMENT_CHARS_MAX / 1024 / 1024} Mi`
      throw new DebrosError('SHELL_INPUT_INVALID', `a statement of more than ${limit} characters`)
    }
    const text = `${line}\n`
    let begin = 0
    for (let at = 0; at < text.length; ) {
      if (this.#closer !== '') {
        const end = text.indexOf(this.#closer, at)
        if (end === -1) break
        at = end + this.#closer.length
        this.#closer = ''
        continue
      }
      TOKEN.lastIndex = at
      const token = TOKEN.exec(text)?.[0] ?? '' // something always matches
      at += token.length
      if (token === ';' && this.#endsHere()) {
        this.#finish(text.slice(begin, at))
        begin = at
      } else this.#take(token)
    }
    this.#text += text.slice(begin)
  }

  /** All statements so far, the open one included, in order; ready for the next line. */
  take(): readonly string[] {
    this.#finish('')
    return this.#statements.splice(0)
  }

  clear(): void {
    this.#statements.length = 0
    this.#reset()
  }

  get #isTrigger(): boolean {
    return TRIGGER.test(this.#head)
  }

  /** `; END` is the end of a trigger's body, with a semicolon behind it or not. */
  get #triggerEnded(): boolean {
    return this.#last === 'END' && this.#lastButOne === ';'
  }

  #endsHere(): boolean {
    return !this.#isTrigger || this.#triggerEnded
  }

  #take(token: string): void {
    if (/^(?:\s|--)/.test(token)) return
    if (token === '/*') {
      this.#closer = '*/'
      return
    }
    this.#meaningful = true
    this.#closer = CLOSERS[token] ?? ''
    if (token === '(') this.#depth++
    else if (token === ')') this.#depth = Math.max(0, this.#depth - 1)
    const word = token.toUpperCase()
    if (this.#headWords < HEAD_WORDS) {
      this.#headWords++
      this.#head += `${word} `
    }
    this.#lastButOne = this.#last
    this.#last = word
  }

  #finish(rest: string): void {
    const statement = (this.#text + rest).trim()
    if (this.#meaningful) this.#statements.push(statement)
    this.#reset()
  }

  #reset(): void {
    this.#text = ''
    this.#closer = ''
    this.#depth = 0
    this.#meaningful = false
    this.#head = ''
    this.#headWords = 0
    this.#last = ''
    this.#lastButOne = ''
  }
}
