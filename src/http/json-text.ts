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

/**
 * Indents compact JSON by four spaces, as Go's `json.MarshalIndent` does. The text may come in pieces,
 * if each ends between two tokens.
 */
export function* indentJson(pieces: Iterable<string>): Generator<string> {
  let depth = 0
  // A bracket was opened and its content is not known yet: `[]` and `{}` stay together.
  let opened = false
  const newline = () => `\n${'    '.repeat(depth)}`
  for (const piece of pieces) {
    let text = ''
    for (let i = 0; i < piece.length; i++) {
      const character = piece[i]!
      if (character === ']' || character === '}') {
        depth--
        text += opened ? character : newline() + character
        opened = false
        continue
      }
      if (opened) text += newline()
      opened = character === '[' || character === '{'
      if (opened) depth++
      if (character === '"') {
        const end = endOfString(piece, i)
        text += piece.slice(i, end)
        i = end - 1
      } else if (character === ',') text += `,${newline()}`
      else if (character === ':') text += ': '
      else text += character
    }
    yield text
  }
}
