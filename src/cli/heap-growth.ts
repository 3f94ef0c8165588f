import { setFlagsFromString } from 'node:v8'

/** Of what was left by the last collection of the whole heap. */
const HEAP_GROWTH_PERCENT = 200

/**
 * Lets the heap grow to three times its size before V8 collects all of it again. V8 would find its own measure, by how
 * fast the program allocates; but what goes through a node is in buffers, which it leaves out there, while it
 * counts them for the limit. Many rows at once then made it collect 30 MB every 100 ms, for 8 MB of buffers.
 *
 * The buffers themselves count as part of the heap in this. By themselves they would have V8 collect everything each
 * time there are 64 MB more of them: several times a second, and without gain, since they are not what is marked.
 */
export function growHeapBeforeCollecting(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`)
  setFlagsFromString('--external-memory-accounted-in-global-limit')
}
