/** SIGINT and SIGTERM: the first stops gracefully, the second at once. */
import { EXIT_FAILURE } from './exit-codes.ts'

/** As shells report a process that a signal ended. */
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export interface StopSignals extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
}

/** What is needed of `process`. */
export interface SignalSource {
  on(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
  exit(code: number): void
  /** True for a child whose parent keeps a channel open; such a child stops when its parent is gone. */
  readonly connected?: boolean
}

export function watchStopSignals(source: SignalSource, onSecond: () => void = () => {}): StopSignals {
  const abort = new AbortController()
  const stop = (exitCode: number) => {
    if (!abort.signal.aborted) {
      abort.abort()
      return
    }
    onSecond()
    source.exit(exitCode)
  }
  const listeners = [
    ...Object.entries(SIGNAL_EXIT_CODES).map(([name, code]) => [name, () => stop(code)] as const),
    ...(source.connected ? [['disconnect', () => abort.abort()] as const] : []),
  ]
  for (const [event, listener] of listeners) source.on(event, listener)
  return {
    signal: abort.signal,
    [Symbol.dispose]: () => {
      for (const [event, listener] of listeners) source.off(event, listener)
    },
  }
}

/** What nobody caught is a bug: the state can no longer be trusted, so the process says why and ends. */
export function watchUncaught(source: SignalSource, report: (error: unknown) => Promise<void>): Disposable {
  // Node passes the error as the first argument of both events.
  const end = ((error: unknown) => void report(error).finally(() => source.exit(EXIT_FAILURE))) as () => void
  const events = ['uncaughtException', 'unhandledRejection']
  for (const event of events) source.on(event, end)
  return {
    [Symbol.dispose]: () => {
      for (const event of events) source.off(event, end)
    },
  }
}
