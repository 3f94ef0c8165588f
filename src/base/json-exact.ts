/**
 * JSON whose numbers keep what a double loses: digits beyond 2^53, and the difference between `1` and
 * `1.0`, which bind as INTEGER and REAL. The engine can tell the text of each number, at ten times the
 * cost of a plain parse; a scan of the text finds the few bodies that need it.
 */

import { endOfFirstValue } from './json-text.ts'

/** A number as it was written. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Matches wherever a JSON number could stand (after `[`, `,`, `:` or a blank): sixteen digits and more,
 * which a double may round; a fraction of zeros; an exponent. May match inside strings: no harm done.
 */
const NEEDS_TEXT = /[[,:\s]-?(?:\d[\d.]{15}|\d+\.0+(?!\d)|\d[\d.]*[eE])/

// The third argument of a reviver is newer than the library's types (ECMAScript 2026).
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
) => unknown

/**
 * The first JSON value of `text`; numbers are {@link NumberText} where a plain number could mislead.
 * What follows an array or object is ignored, as rqlite does. Throws a SyntaxError.
 */
export function parseJson(text: string): unknown {
  const parse = NEEDS_TEXT.test(text) ? parseKeepingNumbers : JSON.parse
  try {
    return parse(text)
  } catch (error) {
    const end = endOfFirstValue(text)
    if (end === undefined) throw error
    return parse(text.slice(0, end))
  }
}

function parseKeepingNumbers(text: string): unknown {
  return parseWithSource(text, (_key, value, { source }) =>
    typeof value === 'number' ? new NumberText(source) : value,
  )
}

// Newer than the library's types, too (ECMAScript 2026).
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object }

/** What `JSON.stringify` writes as this integer, with all its digits. */
export function exactInteger(integer: bigint): object {
  return rawJSON(String(integer))
}
