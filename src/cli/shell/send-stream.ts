/** Request bodies that are too large to be held. */
import type { ClientRequest } from 'node:http'
import type { Readable } from 'node:stream'

/** How long curl waits before it sends a body without having been asked for it. */
const CONTINUE_WAIT_MS = 1_000

/** When the request goes out, which is before anybody can have got it. */
export function whenConnected(request: ClientRequest, connected: () => void): void {
  request.on('socket', (socket) => {
    const event = 'encrypted' in socket ? 'secureConnect' : 'connect'
    if (socket.connecting) socket.once(event, connected)
    else connected()
  })
}

/**
 * Sends a large body once the server says that it wants it (`100 Continue`), or says nothing for a while,
 * as servers may that do not know of this. One that refuses answers at once instead.
 */
export function sendStream(
  request: ClientRequest,
  open: () => Readable,
  onStart: () => void,
  onUnreadable: (error: Error) => void,
): void {
  let stream: Readable | undefined
  let timer: NodeJS.Timeout | undefined
  const start = (): void => {
    clearTimeout(timer)
    if (stream !== undefined || request.destroyed) return
    onStart()
    stream = open()
    stream.on('error', (error) => {
      onUnreadable(error)
      request.destroy(error)
    })
    stream.pipe(request)
  }
  whenConnected(request, () => {
    timer = setTimeout(start, CONTINUE_WAIT_MS)
  })
  request.on('continue', start)
  request.on('response', (response) => {
    clearTimeout(timer)
    // If it was refused, what was not sent is not sent any more.
    response.on('end', () => request.destroy())
  })
  request.on('close', () => {
    clearTimeout(timer)
    stream?.destroy()
  })
}
