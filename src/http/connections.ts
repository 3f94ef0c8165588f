/**
 * The connections that requests come over. Callers go away with their connections, so the requests on one share
 * what tells them: a signal for each would be the dearest thing about a small request.
 */
import type { Socket } from 'node:net'
import { Linked, LinkedList } from '../base/index.ts'
import { requestAborted } from './context.ts'

/** A request that is being served. */
export abstract class Served extends Linked {
  /** Some of it has still to come, and nothing was answered. */
  abstract get isBegun(): boolean
  /** Called once: it was answered, or its caller has gone. */
  abstract end(): void
}

export class Connection {
  readonly #controller = new AbortController()
  /** One may send further requests before the first is answered. */
  readonly #requests = new LinkedList<Served>()
  readonly remoteAddress: string

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress
  }

  /** Aborted when the caller goes away or the server stops. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  begin(request: Served): void {
    this.#requests.add(request)
  }

  finish(request: Served): void {
    if (this.#requests.delete(request)) request.end()
  }

  /**
   * Whether what is wrong with what came last can be told: a caller takes what it is told for the answer to its
   * first request that has none.
   */
  get canRefuse(): boolean {
    const { first } = this.#requests
    return first === undefined || (first.isBegun && first.after === undefined)
  }

  abort(reason: Error): void {
    if (this.#requests.first !== undefined) this.#controller.abort(reason)
  }

  /** Answers that wait for those of requests before them never hear that their connection is gone. */
  close(): void {
    this.abort(requestAborted('the caller closed the connection'))
    for (const request of this.#requests.all()) this.finish(request)
  }
}

/** Requests being served, over all connections. */
export interface InFlight {
  count: number
}

export class Connections {
  readonly #connections = new Map<Socket, Connection>()

  of(socket: Socket): Connection {
    const known = this.#connections.get(socket)
    if (known !== undefined) return known
    const connection = new Connection(socket.remoteAddress ?? '')
    this.#connections.set(socket, connection)
    socket.once('close', () => {
      this.#connections.delete(socket)
      connection.close()
    })
    return connection
  }

  abort(reason: Error): void {
    for (const connection of this.#connections.values()) connection.abort(reason)
  }
}
