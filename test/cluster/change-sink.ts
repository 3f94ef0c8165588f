/** An endpoint for captured changes that remembers what it was sent. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ChangeEvent {
  readonly op?: string
  readonly table?: string
  readonly new_row_id?: number
  readonly after?: Readonly<Record<string, unknown>>
  readonly error?: string
}

export interface Delivery {
  readonly nodeId: string
  readonly serviceId: string | undefined
  readonly index: number
  readonly timestamp: number
  readonly events: readonly ChangeEvent[]
}

interface Envelope {
  readonly service_id?: string
  readonly node_id: string
  readonly payload: readonly {
    readonly index: number
    readonly commit_timestamp: number
    readonly events: readonly ChangeEvent[]
  }[]
}

export class ChangeSink implements AsyncDisposable {
  readonly #server: Server
  /** One for each message, in the order they came. */
  readonly deliveries: Delivery[] = []
  /** What is answered; other than 200 and 202 nothing counts as delivered, and nothing is remembered. */
  status = 200

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      if (this.status === 200) this.#take(JSON.parse(Buffer.concat(chunks).toString()) as Envelope)
      response.writeHead(this.status).end()
    })
  }

  static async start(): Promise<ChangeSink> {
    const sink = new ChangeSink()
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve))
    return sink
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/changes`
  }

  /** By their index, the first time each came. */
  get distinct(): Map<number, Delivery> {
    const messages = new Map<number, Delivery>()
    for (const delivery of this.deliveries) {
      if (!messages.has(delivery.index)) messages.set(delivery.index, delivery)
    }
    return messages
  }

  #take({ service_id: serviceId, node_id: nodeId, payload }: Envelope): void {
    for (const { index, commit_timestamp: timestamp, events } of payload) {
      this.deliveries.push({ nodeId, serviceId, index, timestamp, events })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
