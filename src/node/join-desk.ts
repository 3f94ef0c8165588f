/**
 * Where requests to join arrive: from the first moment on, since nodes that found a cluster together
 * must hear each other before any of them is a member.
 */
import { DebrosError } from '../base/index.ts'
import type { JoinRequest, JoinResponse } from '../p2p/index.ts'

export type JoinHandler = (request: JoinRequest, signal: AbortSignal) => Promise<JoinResponse>

export class JoinDesk {
  #member: JoinHandler | undefined
  #waiting: JoinHandler | undefined

  /** Who answers nodes that want to be members, once this one is. */
  admitBy(handler: JoinHandler): void {
    this.#member = handler
  }

  /** Who answers nodes that wait to found a cluster. */
  foundBy(handler: JoinHandler): void {
    this.#waiting = handler
  }

  async handle(request: JoinRequest, signal: AbortSignal): Promise<JoinResponse> {
    const handler = request.founding === undefined ? this.#member : this.#waiting
    if (handler !== undefined) return await handler(request, signal)
    throw new DebrosError('JOIN_NOT_MEMBER', 'the node that was asked is no member of a cluster itself', {
      retryable: true,
    })
  }
}
