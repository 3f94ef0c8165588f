import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bytesWritten, residentMb } from '../../../bench/linux.ts'

test.runIf(process.platform === 'linux')('linux - what is told of a process is its own', async () => {
  const program = `const kept = Buffer.alloc(100e6, 1)
    require('node:fs').writeFileSync(process.argv[1], kept.subarray(0, 1e6))
    console.log('done')
    setInterval(() => {}, 1e6)`
  const file = join(tmpdir(), `debros-linux-test-${process.pid}`)
  const child = spawn(process.execPath, ['-e', program, file])
  try {
    await once(child.stdout, 'data')
    const pid = child.pid as number
    expect(residentMb(pid)).toBeGreaterThan(100)
    expect(residentMb(pid)).toBeLessThan(1_000)
    expect(bytesWritten(pid)).toBeGreaterThanOrEqual(0)
  } finally {
    child.kill('SIGKILL')
    await rm(file, { force: true })
  }
})
