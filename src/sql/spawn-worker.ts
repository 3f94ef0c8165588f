import { Worker } from 'node:worker_threads'
import type { WorkerInit } from './protocol.ts'

/**
 * Native stack of a worker. SQLite bounds its recursion; the deepest that could be built used less than
 * half of this. It must not be much more, though: SQLite's own stack inside WebAssembly (5 MB) is not
 * guarded, and the native one has to overflow first, because that is noticed.
 */
const STACK_MB = 4

const NAMES = { engine: 'sql', reader: 'sql-read', scratch: 'sql-scratch' } as const

/** Starts a thread that plays a part. `module`: in place of the one beside this. */
export function spawnWorker(init: WorkerInit, module?: URL): Worker {
  // Node runs both: the sources as they are, and what the compiler made of them.
  const own = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
  return new Worker(module ?? own, {
    workerData: init,
    name: NAMES[init.role],
    execArgv: [],
    resourceLimits: { stackSizeMb: STACK_MB },
  })
}
