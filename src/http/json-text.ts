import { endOfString } from '../base/index.ts'

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
