/** What a run has started ends with it, however it ends. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { endProcess, isRunning, spawnTracked } from '../../../bench/processes.ts'

const PROCESSES = new URL('../../../bench/processes.ts', import.meta.url).href
const WAITS = 'setInterval(() => {}, 1000)'

/** Starts a child and a directory, tells what they are, and ends at once. */
const PROGRAM = `
  const { spawnTracked, temporaryDirectory } = await import('${PROCESSES}')
  const directory = await temporaryDirectory('test')
  const child = spawnTracked(process.execPath, ['-e', '${WAITS}'], { stdio: 'ignore' })
  child.kill('SIGSTOP')
  console.log(JSON.stringify({ directory, pid: child.pid }))
  process.exit(0)
`

test('processes - whoever starts children and directories takes them along, suspended ones, too', async () => {
  const args = ['--no-warnings', '--input-type=module', '-e', PROGRAM]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { directory, pid } = JSON.parse(stdout) as { directory: string; pid: number }
  expect(existsSync(directory)).toBe(false)
  await expect.poll(() => runs(pid)).toBe(false)
})

test('processes - one that is suspended can be stopped', async () => {
  const child = spawnTracked(process.execPath, ['-e', WAITS], { stdio: 'ignore' })
  child.kill('SIGSTOP')
  await endProcess(child, 'SIGTERM')
  expect(isRunning(child)).toBe(false)
  expect(child.signalCode).toBe('SIGTERM')
})

/** One that has ended may still be listed, as a zombie, where nobody waits for orphans. */
async function runs(pid: number): Promise<boolean> {
  const state = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  )
  return state !== '' && !state.startsWith('Z')
}
