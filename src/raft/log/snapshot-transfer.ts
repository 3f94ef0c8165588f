/** Taking in a snapshot from another node, wherever it is kept: what stays of it when it fails, and what goes. */
import type { SnapshotMeta } from '../core/types.ts'
import type { TransferCheck } from './snapshot-format.ts'

/** Where the bytes of one transfer gather until they are a snapshot. */
export interface TransferSink {
  /** What an earlier attempt has left, up to where this one goes on; read once, before the first `append`. */
  kept(): AsyncIterable<Uint8Array>
  append(chunk: Uint8Array): Promise<void>
  /** Everything has arrived: makes it a snapshot, durably. */
  complete(): Promise<void>
  /** Keeps what has arrived for another attempt. */
  leave(): Promise<void>
  /** Removes what has arrived. */
  discard(): Promise<void>
}

export interface ReceiveInit {
  readonly check: TransferCheck
  /** What follows on what the sink has kept. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Whether what arrives has become useless. */
  readonly superseded: () => boolean
  readonly signal: AbortSignal
}

/**
 * Moves the chunks into the sink, and checks them together with what the sink has kept. They are kept for
 * another attempt if the source broke or the signal was aborted: nothing says that they are wrong then.
 */
export async function receiveTransfer(sink: TransferSink, init: ReceiveInit): Promise<void> {
  const { check, chunks, superseded, signal } = init
  let broken = false
  const source = noticing(until(signal, chunks), () => {
    broken = true
  })
  try {
    for await (const piece of until(signal, sink.kept())) check.add(piece)
    for await (const chunk of source) {
      check.add(chunk)
      await sink.append(chunk)
    }
    check.finish()
    await sink.complete()
  } catch (error) {
    const interrupted = broken || (signal.aborted && error === signal.reason)
    const useful = interrupted && check.receivedBytes > 0 && !superseded()
    // What cannot be removed now is removed at the next start; the first error is the one that counts.
    await (useful ? sink.leave() : sink.discard()).catch(() => {})
    throw error
  }
}

/** Whether a snapshot that is here makes what has arrived of `partial` useless. */
export function supersedes(here: SnapshotMeta, partial: Pick<SnapshotMeta, 'index'>): boolean {
  return partial.index <= here.index
}

/** The same chunks; tells if their source throws (and not if their reader does). */
async function* noticing(
  chunks: AsyncIterable<Uint8Array>,
  onThrow: () => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* chunks
  } catch (error) {
    onThrow()
    throw error
  }
}

/** The chunks, until the signal aborts: then its reason, even if the source never moves again. */
export async function* until(
  signal: AbortSignal,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const source = chunks[Symbol.asyncIterator]()
  let interrupt: (reason: unknown) => void = () => {}
  const onAbort = () => interrupt(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      signal.throwIfAborted()
      // Not a race with one promise for all rounds: that would hold on to every chunk until it settles.
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        interrupt = reject
        source.next().then(resolve, reject)
      })
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Not awaited: a source that hangs would answer only when it moves again.
    source.return?.().then(undefined, () => {})
  }
}
