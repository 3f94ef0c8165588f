/** The driver's clock in production: Node's timers and the event loop's own turn. */
import { performance } from 'node:perf_hooks'
import type { Clock } from '../raft/index.ts'

export const systemClock: Clock = {
  now: () => performance.now(),
  every: (intervalMs, run) => {
    const timer = setInterval(run, intervalMs)
    return { cancel: () => clearInterval(timer) }
  },
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
  // After the sockets that are readable now: their messages share the next pass.
  defer: (run) => {
    setImmediate(run)
  },
}
