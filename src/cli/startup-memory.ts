import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Gives back what only loading the program has used: sources, and what they were compiled with. V8 would keep
 * it, and the young generation as large as that has made it, until the heap has grown by as much again, which
 * an idle node takes hours for. To be called while there are no other threads that run JavaScript: this kind
 * of collection waits for them.
 */
export function releaseLoadingMemory(): void {
  setFlagsFromString('--expose-gc')
  // The flag counts for contexts that are made from now on.
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  // Only this flavour also hands the pages that are free to the system.
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' })
}
