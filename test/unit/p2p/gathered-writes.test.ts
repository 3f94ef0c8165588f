import type { MessageStream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, test, vi } from 'vitest'
import { gatheringWrites } from '../../../src/p2p/gathered-writes.ts'

/** As much of a connection as is asked of it, and what it was given to send. */
class FakeConnection {
  status: 'open' | 'closing' = 'open'
  writableNeedsDrain = false
  readonly sent: (Uint8Array | Uint8ArrayList)[] = []
  readonly aborted: Error[] = []
  error: Error | undefined

  send(data: Uint8Array | Uint8ArrayList): boolean {
    if (this.error !== undefined) throw this.error
    this.sent.push(data)
    return !this.writableNeedsDrain
  }

  abort(error: Error): void {
    this.aborted.push(error)
  }

  get bytes(): number[][] {
    return this.sent.map((data) => [...data.subarray()])
  }
}

/** A connection secured by an encrypter that adds nothing, and what that runs on. */
async function secure(): Promise<{ secured: FakeConnection; transport: FakeConnection }> {
  const transport = new FakeConnection()
  const secured = new FakeConnection()
  const result = async () => ({ connection: secured as unknown as MessageStream }) as never
  const encrypter = gatheringWrites({ protocol: '/fake', secureInbound: result, secureOutbound: result })
  await encrypter.secureInbound(transport as unknown as MessageStream)
  return { secured, transport }
}

const windowUpdate = (credit: number, flags = 0): Uint8Array => {
  const frame = Buffer.alloc(12)
  frame[1] = 1
  frame[3] = flags
  frame.writeUInt32BE(credit, 8)
  return frame
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('gathered writes', () => {
  test('what is sent within one turn leaves as one, in order', async () => {
    const { secured } = await secure()
    secured.send(Uint8Array.of(1, 2))
    secured.send(new Uint8ArrayList(Uint8Array.of(3), Uint8Array.of(4)))
    expect(secured.sent).toEqual([])
    await turn()
    expect(secured.bytes).toEqual([[1, 2, 3, 4]])
    secured.send(Uint8Array.of(5))
    await turn()
    expect(secured.bytes).toEqual([[1, 2, 3, 4], [5]])
  })

  test('the transport is given one piece, whatever the encrypter makes', async () => {
    const { transport } = await secure()
    transport.send(new Uint8ArrayList(Uint8Array.of(1), Uint8Array.of(2)))
    expect(transport.sent).toEqual([Uint8Array.of(1, 2)])
  })

  test('credit alone waits, and leaves with what is sent next', async () => {
    const { secured } = await secure()
    secured.send(windowUpdate(100))
    await turn()
    expect(secured.sent).toEqual([])
    secured.send(Uint8Array.of(7))
    await turn()
    expect(secured.bytes).toEqual([[...windowUpdate(100), 7]])
  })

  test('credit that nothing follows leaves a moment later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { secured } = await secure()
      secured.send(windowUpdate(100))
      secured.send(windowUpdate(200))
      vi.runAllTimers()
      expect(secured.bytes).toEqual([[...windowUpdate(100), ...windowUpdate(200)]])
    } finally {
      vi.useRealTimers()
    }
  })

  test('much credit does not wait, nor does one that opens, ends or resets a stream', async () => {
    const { secured } = await secure()
    secured.send(windowUpdate(20_000))
    secured.send(windowUpdate(20_000))
    await turn()
    expect(secured.sent).toHaveLength(1)
    for (const flags of [1, 2, 4, 8]) {
      secured.send(windowUpdate(100, flags))
      await turn()
    }
    expect(secured.sent).toHaveLength(5)
  })

  test('more than a bound is handed on at once, with what the connection says to it', async () => {
    const { secured } = await secure()
    expect(secured.send(new Uint8Array(60 * 1024))).toBe(true)
    secured.writableNeedsDrain = true
    expect(secured.send(new Uint8Array(10 * 1024))).toBe(false)
    expect(secured.sent.map(({ byteLength }) => byteLength)).toEqual([70 * 1024])
    expect(secured.send(Uint8Array.of(1))).toBe(false)
  })

  test('what is left when the connection ends is dropped; an error while writing ends it', async () => {
    const { secured, transport } = await secure()
    secured.send(Uint8Array.of(1))
    transport.status = 'closing'
    await turn()
    expect(secured.sent).toEqual([])
    transport.status = 'open'
    secured.error = new Error('EPIPE')
    secured.send(Uint8Array.of(2))
    await turn()
    expect(secured.aborted).toEqual([secured.error])
  })
})
