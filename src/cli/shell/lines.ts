/** A stream of bytes into lines, as they come and no faster than they are taken. */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { DebrosError } from '../../base/index.ts'

/** As long as a statement can be. */
const LINE_CHARS_MAX = 64 * 1024 * 1024

/** Without their ends (`\n` or `\r\n`); what follows the last end is a line, too, unless it is empty. */
export async function* readLines(stream: Readable): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk)
    let from = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      yield withoutReturn(rest + text.slice(from, end))
      rest = ''
      from = end + 1
    }
    rest += text.slice(from)
    if (rest.length > LINE_CHARS_MAX) {
      const limit = `${LINE_CHARS_MAX / 1024 / 1024} Mi`
      throw new DebrosError('SHELL_INPUT_INVALID', `a line of more than ${limit} characters`)
    }
  }
  rest += decoder.end()
  if (rest !== '') yield withoutReturn(rest)
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
