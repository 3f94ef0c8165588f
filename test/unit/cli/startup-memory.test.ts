/** In a process of its own: the collection is of everything in it, and there must be no other threads. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MODULE = new URL('../../../src/cli/startup-memory.ts', import.meta.url).href

test('startup memory - what only loading has used is given back', async () => {
  const program = `
    const { releaseLoadingMemory } = await import(${JSON.stringify(MODULE)})
    let garbage = Array.from({ length: 500_000 }, (_, i) => ({ text: 'text ' + i }))
    const before = process.memoryUsage().heapTotal
    garbage = undefined
    releaseLoadingMemory()
    console.log(JSON.stringify({ before, after: process.memoryUsage().heapTotal, gc: typeof globalThis.gc }))`
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--no-warnings', '--input-type=module', '-e', program])
  const { before, after, gc } = JSON.parse(stdout)
  expect(after).toBeLessThan(before / 2)
  expect(gc).toBe('undefined')
})
