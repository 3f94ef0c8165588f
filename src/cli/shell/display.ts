/** How text looks on a terminal. */

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/
/** Two columns wide: East Asian wide and full-width forms (UAX #11), and what is shown as an emoji. */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u
const INVISIBLE = /^[\p{M}\p{Cf}\p{Cc}]+$/u

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Columns that `text`, a single line, takes. */
export function displayWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text))
    width += INVISIBLE.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1
  return width
}

/**
 * Control characters other than line feeds by their Unicode pictures, so that data cannot command the
 * terminal; tabs as blanks.
 */
export function visible(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text
  return text.replaceAll('\t', '    ').replace(/[^\P{Cc}\n]/gu, picture)
}

function picture(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}
