/** Pieces are handed on at about this many characters, or indentation could make one many times as large. */
const PIECE_LENGTH = 64 * 1024

/**
 * Indents compact JSON by four spaces, as Go's `json.MarshalIndent` does. The text may come in pieces,
 * if each ends between two tokens, or inside a string but not inside an escape.
 */
export function* indentJson(pieces: Iterable<string>): Generator<string> {
  let depth = 0
  // A bracket was opened and its content is not known yet: `[]` and `{}` stay together.
  let opened = false
  let inString = false
  const newline = () => `\n${'    '.repeat(depth)}`
  for (const piece of pieces) {
    let text = ''
    for (let i = 0; i < piece.length; i++) {
      if (text.length >= PIECE_LENGTH) {
        yield text
        text = ''
      }
      const character = piece[i]!
      if (inString || character === '"') {
        if (opened) text += newline()
        opened = false
        const quote = closingQuote(piece, inString ? i : i + 1)
        inString = quote === undefined // it goes on in the next piece
        const end = quote === undefined ? piece.length : quote + 1
        text += piece.slice(i, end)
        i = end - 1
        continue
      }
      if (character === ']' || character === '}') {
        depth--
        text += opened ? character : newline() + character
        opened = false
        continue
      }
      if (opened) text += newline()
      opened = character === '[' || character === '{'
      if (opened) depth++
      if (character === ',') text += `,${newline()}`
      else if (character === ':') text += ': '
      else text += character
    }
    yield text
  }
}

/** Offset of the quote that ends the string whose content goes on at `start`; undefined if none does. */
function closingQuote(text: string, start: number): number | undefined {
  for (let from = start; ; ) {
    const quote = text.indexOf('"', from)
    if (quote < 0) return undefined
    let content = quote
    while (content > start && text[content - 1] === '\\') content--
    if ((quote - content) % 2 === 0) return quote
    from = quote + 1
  }
}
