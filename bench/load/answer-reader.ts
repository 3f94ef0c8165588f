/** Finds where an HTTP answer ends, and whether it says what it should. */

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')
const OK = Buffer.from('HTTP/1.1 200')
const ERROR = Buffer.from('"error"')
const CONTENT_LENGTH = Buffer.from('ontent-')

/** `undefined` while the answer is not complete; else '' for a success, or what is wrong. */
export type Verdict = string | undefined

export class AnswerReader {
  #parts: Buffer[] = []

  /** Takes what arrived; the bytes are not kept if they complete the answer. */
  take(bytes: Buffer): Verdict {
    const all = this.#parts.length === 0 ? bytes : Buffer.concat([...this.#parts, bytes])
    if (!isComplete(all)) {
      this.#parts = [this.#parts.length === 0 ? Buffer.from(bytes) : all]
      return undefined
    }
    this.#parts = []
    return judge(all)
  }

  reset(): void {
    this.#parts = []
  }
}

function isComplete(answer: Buffer): boolean {
  const headEnd = answer.indexOf(HEAD_END)
  if (headEnd < 0) return false
  const length = contentLength(answer, headEnd)
  if (length !== undefined) return answer.length >= headEnd + HEAD_END.length + length
  return answer.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
}

function contentLength(answer: Buffer, headEnd: number): number | undefined {
  for (let at = answer.indexOf(CONTENT_LENGTH); at >= 0 && at < headEnd; ) {
    const line = answer.toString('latin1', at, Math.min(at + 40, headEnd))
    const found = /^ontent-[Ll]ength: *(\d+)/.exec(line)
    if (found !== null) return Number(found[1])
    at = answer.indexOf(CONTENT_LENGTH, at + 1)
  }
  return undefined
}

function judge(answer: Buffer): string {
  if (!answer.subarray(0, OK.length).equals(OK)) return `HTTP ${answer.toString('latin1', 9, 12)}`
  return answer.includes(ERROR) ? 'an error in a 200' : ''
}
