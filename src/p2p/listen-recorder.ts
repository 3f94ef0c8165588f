import type { Listener, Transport } from '@libp2p/interface'
import { type TCPComponents, type TCPOptions, tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { toError } from '../base/index.ts'

/** libp2p's TCP transport, and what became of each address it was to listen on. */
export interface RecordedTcp {
  readonly transport: (components: TCPComponents) => Transport
  /** Multiaddr to the reason it could not be listened on. libp2p itself folds these into one text. */
  readonly failures: ReadonlyMap<string, Error>
  /** The port bound for a multiaddr that is listened on, whose own may be 0. */
  boundPort(address: Multiaddr): number | undefined
}

export function recordedTcp(options: TCPOptions): RecordedTcp {
  const failures = new Map<string, Error>()
  const listeners = new Map<string, Listener>()

  const record = (listener: Listener): Listener => {
    const listen = listener.listen.bind(listener)
    listener.listen = async (address) => {
      try {
        await listen(address)
        listeners.set(address.toString(), listener)
      } catch (error) {
        failures.set(address.toString(), toError(error))
        throw error
      }
    }
    return listener
  }

  return {
    transport: (components) => {
      const transport = tcp(options)(components)
      const createListener = transport.createListener.bind(transport)
      transport.createListener = (listenerOptions) => record(createListener(listenerOptions))
      return transport
    },
    failures,
    boundPort: (address) => {
      const bound = listeners.get(address.toString())?.getAddrs()[0]
      const port = bound?.getComponents().find((component) => component.name === 'tcp')?.value
      return port === undefined ? undefined : Number(port)
    },
  }
}
