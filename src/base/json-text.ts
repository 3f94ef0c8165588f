/** Walking over JSON text without parsing it. */

/** Offset behind the string that opens at `start`; the text's length if it is never closed. */
export function endOfString(text: string, start: number): number {
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from)
    if (quote < 0) return text.length
    let backslashes = 0
    while (text[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
    from = quote + 1
  }
}

/** Offset behind the bracket that closes the first array or object; undefined if none does. */
export function endOfFirstValue(text: string): number | undefined {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '"') i = endOfString(text, i) - 1
    else if (character === '[' || character === '{') depth++
    else if ((character === ']' || character === '}') && --depth <= 0) return i + 1
  }
  return undefined
}
