/**
 * Which tables change capture is about: a regular expression over their names, which is part of the
 * replicated state. It comes from files written for Go, whose flags stand in front (`(?i)`).
 */

/** What is wrong with the text; undefined if it can be used. */
export function checkTableFilter(text: string): string | undefined {
  try {
    compileTableFilter(text)
    return undefined
  } catch {
    return 'must be a regular expression'
  }
}

/** Throws a SyntaxError. "" matches every name. */
export function compileTableFilter(text: string): RegExp {
  const [front = '', flags = ''] = /^\(\?([ims]+)\)/.exec(text) ?? []
  return new RegExp(text.slice(front.length), `${[...new Set(flags)].join('')}u`)
}
