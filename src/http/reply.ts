/** What a handler answers, free of the server that sends it. */

export interface HttpReply {
  readonly status: number
  /** `metrics`: the text format of Prometheus. */
  readonly type?: 'json' | 'text' | 'metrics' | 'binary' | 'sql'
  /**
   * Pieces of text make a large body, which is sent as fast as the caller takes it; so do chunks. If getting
   * them fails, the response is cut off, and the caller can tell. Whatever happens, their iteration ends.
   */
  readonly body?: string | Iterable<string> | AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
  /** What it keeps in memory until it is sent. @default nothing to speak of */
  readonly heldBytes?: number
  /** It tells that something was done, so nothing else may be sent in its place. */
  readonly mustBeSent?: boolean
}

/** One whose body is at hand as a whole. */
export type ShortReply = HttpReply & { readonly body?: string }

/** Ends a request early. The message is the whole body, in plain text. */
export class HttpError extends Error {
  override name = 'HttpError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

export function badRequest(message: string): HttpError {
  return new HttpError(400, message)
}

/** A plain-text error: the message and a line feed, as Go's `http.Error` writes it. */
export function errorReply(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): ShortReply {
  return { status, type: 'text', body: `${message}\n`, headers }
}

export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return { status, headers }
}

/** `pretty` indents by four spaces. */
export function jsonReply(value: unknown, pretty: boolean): HttpReply {
  return { status: 200, type: 'json', body: JSON.stringify(value, undefined, pretty ? 4 : undefined) }
}
