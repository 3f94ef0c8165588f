/** In a process of its own, since V8's flags are the process's. V8 only tells its measure in a trace. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MODULE = new URL('../../../src/cli/heap-growth.ts', import.meta.url).href

test('heap growth - what the program allocates besides buffers does not matter', async () => {
  const program = `
    const { growHeapBeforeCollecting } = await import(${JSON.stringify(MODULE)})
    growHeapBeforeCollecting()
    const kept = Array.from({ length: 500_000 }, (_, i) => ({ i }))
    for (let i = 0; i < 4; i++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
      gc()
    }
    console.log(kept.length)`
  const flags = ['--no-warnings', '--expose-gc', '--trace-gc-verbose', '--input-type=module']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', program])
  const factors = [...stdout.matchAll(/\[HeapController\] factor ([\d.]+)/g)].map(([, factor]) => factor)
  expect(factors.length).toBeGreaterThanOrEqual(4)
  expect(factors.slice(-4)).toEqual(['3.0', '3.0', '3.0', '3.0'])
})

test('heap growth - buffers that come and go do not have the whole heap collected', async () => {
  const program = `
    const { growHeapBeforeCollecting } = await import(${JSON.stringify(MODULE)})
    growHeapBeforeCollecting()
    const kept = Array.from({ length: 2_000_000 }, (_, i) => ({ i }))
    gc()
    console.log('filled')
    for (let i = 0; i < 1_000; i++) {
      new Uint8Array(100_000)
      await new Promise(setImmediate)
    }
    console.log('passed', kept.length)`
  const flags = ['--no-warnings', '--expose-gc', '--trace-gc', '--input-type=module']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', program])
  const [, meanwhile] = /filled([\s\S]*)passed/.exec(stdout) ?? []
  expect(meanwhile).toBeDefined()
  expect(meanwhile).not.toContain('Mark-Compact')
})
