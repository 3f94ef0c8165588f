/**
 * Few writes to a socket. libp2p makes one for every piece it is handed: two for each record of Noise,
 * one record for each frame of yamux, and yamux answers every frame it receives with a frame of its own
 * that grants the sender new credit. Each of them is a system call here, and a packet and a wakeup there.
 *
 * So all that a connection is given to send within one turn of the event loop is encrypted as one and
 * written as one. Credit alone is no reason to write: it travels with what is sent next, or a moment later.
 */
import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { toError } from '../base/index.ts'

/** More than this is handed on within the turn: what waits here stays bounded. */
const GATHERED_BYTES_MAX = 64 * 1024

/** Far below a stream's window at its smallest (256 KiB): no sender ever waits for credit held here. */
const CREDIT_HELD_MAX = 32 * 1024
const CREDIT_HELD_MS = 5

const YAMUX_HEADER_BYTES = 12
const YAMUX_WINDOW_UPDATE = 1

/** The same encrypter; what it secures gathers its writes. */
export function gatheringWrites(encrypter: ConnectionEncrypter): ConnectionEncrypter {
  const gathering = (secure: ConnectionEncrypter['secureInbound']): ConnectionEncrypter['secureInbound'] => {
    const original = secure.bind(encrypter)
    return async (connection, options) => {
      joinPieces(connection)
      const secured = await original(connection, options)
      gatherWrites(secured.connection, connection)
      return secured
    }
  }
  encrypter.secureInbound = gathering(encrypter.secureInbound)
  encrypter.secureOutbound = gathering(encrypter.secureOutbound)
  return encrypter
}

/** One write for each call of `send`, rather than for each piece of what it is given. */
function joinPieces(connection: MessageStream): void {
  const send = connection.send.bind(connection)
  connection.send = (data) => send(data.subarray())
}

/** Makes `secured` gather what it is given to send. `transport` is what it runs on. */
export function gatherWrites(secured: MessageStream, transport: Pick<MessageStream, 'status'>): void {
  const writes = new GatheredWrites(secured, transport)
  secured.send = (data) => writes.send(data)
}

class GatheredWrites {
  readonly #secured: MessageStream
  readonly #transport: Pick<MessageStream, 'status'>
  readonly #send: MessageStream['send']
  #gathered = new Uint8ArrayList()
  #creditHeld = 0
  #turn = false
  #timer: NodeJS.Timeout | undefined

  constructor(secured: MessageStream, transport: Pick<MessageStream, 'status'>) {
    this.#secured = secured
    this.#transport = transport
    this.#send = secured.send.bind(secured)
  }

  send(data: Uint8Array | Uint8ArrayList): boolean {
    // It says what is wrong.
    if (!this.#open) return this.#send(data)
    this.#gathered.append(data)
    if (this.#gathered.byteLength >= GATHERED_BYTES_MAX) return this.#flush()
    const credit = creditIn(data)
    this.#creditHeld += credit
    if (credit > 0 && this.#creditHeld < CREDIT_HELD_MAX) this.#flushSoon()
    else this.#flushAfterTurn()
    return !this.#secured.writableNeedsDrain
  }

  get #open(): boolean {
    return this.#secured.status === 'open' && this.#transport.status === 'open'
  }

  #flush(): boolean {
    const bytes = this.#gathered.subarray()
    this.#gathered = new Uint8ArrayList()
    this.#creditHeld = 0
    return this.#send(bytes)
  }

  #flushAfterTurn(): void {
    if (this.#turn) return
    this.#turn = true
    queueMicrotask(() => {
      this.#turn = false
      this.#flushIfOpen()
    })
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flushIfOpen()
    }, CREDIT_HELD_MS).unref()
  }

  /** What is left when the connection ends has nobody to go to. */
  #flushIfOpen(): void {
    if (this.#gathered.byteLength === 0 || !this.#open) return
    try {
      this.#flush()
    } catch (error) {
      this.#secured.abort(toError(error))
    }
  }
}

/** The bytes that a frame of yamux grants, if it does nothing else; 0 for all other frames. */
function creditIn(data: Uint8Array | Uint8ArrayList): number {
  if (!(data instanceof Uint8Array) || data.byteLength !== YAMUX_HEADER_BYTES) return 0
  const isUpdate = data[1] === YAMUX_WINDOW_UPDATE && data[2] === 0 && data[3] === 0
  return isUpdate ? new DataView(data.buffer, data.byteOffset).getUint32(8) : 0
}
