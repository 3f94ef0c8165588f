/** Runs a command with a time limit and an end that leaves nothing running. */
import { spawn } from 'node:child_process'

export interface CommandResult {
  readonly exitCode: number | null
  readonly output: string
  /** It was ended because it took too long. */
  readonly timedOut: boolean
}

export interface CommandOptions {
  readonly cwd: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Standard output and error together. Rejects with the signal's reason. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, timeoutMs, signal }: CommandOptions,
): Promise<CommandResult> {
  signal.throwIfAborted()
  // A group of its own, so that the workers it starts end with it.
  const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const endAll = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    endAll()
  }, timeoutMs)
  signal.addEventListener('abort', endAll)
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    signal.throwIfAborted()
    return { exitCode, output, timedOut }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', endAll)
  }
}
