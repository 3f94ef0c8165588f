/**
 * Everything that a run starts is known here, and ended by its process id when the run ends, however it
 * does: children with it, directories with their data.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const children = new Set<ChildProcess>()
const directories = new Set<string>()

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  // The killed may be at their last write.
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }
  for (const directory of directories) rmSync(directory, options)
})

export function spawnTracked(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options)
  children.add(child)
  // One that could not be started has no exit.
  child.on('error', () => children.delete(child))
  child.on('exit', () => children.delete(child))
  return child
}

export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

/** Gives the exit code, null after a signal. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (!isRunning(child)) return child.exitCode
  const exit = once(child, 'exit')
  // One that is suspended acts upon a signal when it goes on.
  child.kill('SIGCONT')
  child.kill(signal)
  await exit
  return child.exitCode
}

/** On the disk that is measured: $TMPDIR or /tmp. */
export async function temporaryDirectory(name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `debros-bench-${name}-`))
  directories.add(directory)
  return directory
}

export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  directories.delete(directory)
}
