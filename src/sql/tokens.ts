/**
 * SQLite's tokens, read from a string. The rules are those of SQLite's own tokenizer (tokenize.c), as
 * far as they decide where a token ends: what is a comment, what is quoted, what is a name.
 */

export type TokenKind =
  /** A keyword or an unquoted name. */
  | 'word'
  /** A name in `"…"`, `` `…` `` or `[…]`. */
  | 'quoted'
  /** `'…'`, which SQLite also takes for a name where only a name can stand. */
  | 'string'
  /** A number, a blob or a placeholder. */
  | 'value'
  /** One character of an operator, a parenthesis, a comma, … */
  | 'symbol'
  /** SQLite refuses it: an unfinished quote, a character that means nothing. */
  | 'illegal'

const TAB = 9
const RETURN = 13
const SPACE = 32
const DOUBLE_QUOTE = 34
const HASH = 35
const DOLLAR = 36
const SINGLE_QUOTE = 39
const LEFT_PARENTHESIS = 40
const RIGHT_PARENTHESIS = 41
const STAR = 42
const DASH = 45
const DOT = 46
const SLASH = 47
const COLON = 58
export const SEMICOLON = 59
const QUESTION = 63
const AT = 64
const LEFT_BRACKET = 91
const UNDERSCORE = 95
const BACKTICK = 96
const BYTE_ORDER_MARK = 0xfeff

/** Stands on one token after the other; nothing is allocated on the way. */
export class SqlTokens {
  readonly #sql: string
  kind: TokenKind = 'illegal'
  /** The token is `sql.slice(start, end)`. */
  start = 0
  end = 0

  constructor(sql: string) {
    this.#sql = sql
  }

  /** Moves to the next token; false at the end. */
  next(): boolean {
    const sql = this.#sql
    this.start = skipBlanks(sql, this.end)
    if (this.start >= sql.length) {
      this.end = sql.length
      return false
    }
    this.end = this.#scan(sql, this.start)
    return true
  }

  isSymbol(code: number): boolean {
    return this.kind === 'symbol' && this.#sql.charCodeAt(this.start) === code
  }

  /** What the token names, in lower case: a word itself, a quoted name or string without its quotes. */
  name(): string {
    const text = this.#sql.slice(this.start, this.end)
    if (this.kind !== 'quoted' && this.kind !== 'string') return text.toLowerCase()
    const inner = text.slice(1, -1)
    const quote = text.charAt(0)
    return (quote === '[' ? inner : inner.replaceAll(quote + quote, quote)).toLowerCase()
  }

  /** Sets the kind; returns where the token ends. */
  #scan(sql: string, start: number): number {
    const code = sql.charCodeAt(start)
    if (code === SINGLE_QUOTE) return this.#quote(sql, start, code, 'string')
    if (code === DOUBLE_QUOTE || code === BACKTICK) return this.#quote(sql, start, code, 'quoted')
    if (code === LEFT_BRACKET) {
      const close = sql.indexOf(']', start)
      return close < 0 ? this.#set('illegal', sql.length) : this.#set('quoted', close + 1)
    }
    if (isBlobStart(sql, start)) {
      const close = sql.indexOf("'", start + 2)
      return close < 0 ? this.#set('illegal', sql.length) : this.#set('value', close + 1)
    }
    if (isNameStart(code)) return this.#set('word', skipName(sql, start + 1))
    if (isDigit(code) || (code === DOT && isDigit(sql.charCodeAt(start + 1)))) {
      return this.#set('value', skipNumber(sql, start + 1))
    }
    if (code === QUESTION) return this.#set('value', skipDigits(sql, start + 1))
    if (code === DOLLAR || code === AT || code === COLON || code === HASH)
      return this.#placeholder(sql, start)
    return this.#set('symbol', start + 1)
  }

  #set(kind: TokenKind, end: number): number {
    this.kind = kind
    return end
  }

  #quote(sql: string, start: number, quote: number, kind: TokenKind): number {
    const mark = String.fromCharCode(quote)
    let close = sql.indexOf(mark, start + 1)
    while (close >= 0 && sql.charCodeAt(close + 1) === quote) close = sql.indexOf(mark, close + 2)
    return close < 0 ? this.#set('illegal', sql.length) : this.#set(kind, close + 1)
  }

  /** `:a`, `@a`, `$a`, and Tcl's `$a::b` and `$a(b)`, whose parentheses may hold anything but blanks. */
  #placeholder(sql: string, start: number): number {
    let position = start + 1
    let names = 0
    for (;;) {
      const code = sql.charCodeAt(position)
      if (isName(code)) {
        names++
        position++
      } else if (code === COLON && sql.charCodeAt(position + 1) === COLON) {
        position += 2
      } else if (code === LEFT_PARENTHESIS && names > 0) {
        position = skipArgument(sql, position + 1)
        const isClosed = sql.charCodeAt(position) === RIGHT_PARENTHESIS
        return isClosed ? this.#set('value', position + 1) : this.#set('illegal', position)
      } else {
        break
      }
    }
    return this.#set(names > 0 ? 'value' : 'illegal', position)
  }
}

function skipBlanks(sql: string, from: number): number {
  let position = from
  while (position < sql.length) {
    const code = sql.charCodeAt(position)
    if (isBlank(code) || code === BYTE_ORDER_MARK) {
      position++
    } else if (code === DASH && sql.charCodeAt(position + 1) === DASH) {
      const newline = sql.indexOf('\n', position + 2)
      position = newline < 0 ? sql.length : newline + 1
    } else if (code === SLASH && sql.charCodeAt(position + 1) === STAR && position + 2 < sql.length) {
      const close = sql.indexOf('*/', position + 2)
      position = close < 0 ? sql.length : close + 2
    } else {
      break
    }
  }
  return position
}

function isBlank(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= RETURN)
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** Every character beyond ASCII belongs to a name. */
function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === UNDERSCORE || code >= 128
}

function isName(code: number): boolean {
  return isNameStart(code) || isDigit(code) || code === DOLLAR
}

function isBlobStart(sql: string, start: number): boolean {
  const code = sql.charCodeAt(start)
  return (code === 88 || code === 120) && sql.charCodeAt(start + 1) === SINGLE_QUOTE
}

function skipName(sql: string, from: number): number {
  let position = from
  while (isName(sql.charCodeAt(position))) position++
  return position
}

function skipNumber(sql: string, from: number): number {
  let position = from
  while (isName(sql.charCodeAt(position)) || sql.charCodeAt(position) === DOT) position++
  return position
}

/** To a blank or a closing parenthesis. */
function skipArgument(sql: string, from: number): number {
  let position = from
  while (position < sql.length) {
    const code = sql.charCodeAt(position)
    if (isBlank(code) || code === RIGHT_PARENTHESIS) break
    position++
  }
  return position
}

function skipDigits(sql: string, from: number): number {
  let position = from
  while (isDigit(sql.charCodeAt(position))) position++
  return position
}
