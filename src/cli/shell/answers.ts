/** What answers hold: bounded text, JSON with exact numbers, and what failed. */
import { DebrosError, parseJson } from '../../base/index.ts'
import type { Answer, Endpoint, EndpointCall } from './endpoint.ts'

/** What one answer may be to be shown: a shell holds it as a whole. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024
/** What is shown of a message of the server's. */
const MESSAGE_CHARS_MAX = 2_000

export async function readText(answer: Answer): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += chunk.length
    if (size > ANSWER_BYTES_MAX) {
      answer.discard()
      throw new DebrosError(
        'SHELL_ANSWER_TOO_LARGE',
        `the answer has more than ${ANSWER_BYTES_MAX / 1024 / 1024} MiB; ask for less of it with LIMIT`,
        { outcome: 'applied' },
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The text of an answer that succeeded. Error `SHELL_REQUEST_FAILED` with what the server said otherwise. */
export async function askText(endpoint: Endpoint, call: EndpointCall): Promise<string> {
  return await readText(await succeeded(await endpoint.call(call)))
}

/** As {@link askText}, for JSON; numbers that a double cannot hold keep their text. */
export async function askJson(endpoint: Endpoint, call: EndpointCall): Promise<unknown> {
  return await readJson(await endpoint.call(call))
}

/** The document of an answer that succeeded. */
export async function readJson(answer: Answer): Promise<unknown> {
  const text = await readText(await succeeded(answer))
  try {
    return parseJson(text)
  } catch (cause) {
    throw answerInvalid('the server answered something other than JSON', cause)
  }
}

export async function succeeded(answer: Answer, accepted: readonly number[] = [200]): Promise<Answer> {
  if (accepted.includes(answer.status)) return answer
  if (answer.status === 401) {
    answer.discard()
    throw requestFailed('unauthorized')
  }
  const text = (await readText(answer)).trim().slice(0, MESSAGE_CHARS_MAX)
  throw requestFailed(`server responded with ${answer.statusLine}${text === '' ? '' : `: ${text}`}`)
}

/** The server said no. */
export function requestFailed(message: string): DebrosError {
  return new DebrosError('SHELL_REQUEST_FAILED', message, { outcome: 'unknown' })
}

/** What the server said is not of this API. */
export function answerInvalid(message: string, cause?: unknown): DebrosError {
  return new DebrosError('SHELL_ANSWER_INVALID', message, { outcome: 'unknown', cause })
}

/** Reads by key; anything else is as good as empty. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>) // read by key only
    : {}
}

export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
