/** Runs the generator as a process and gives what it measured. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endProcess, spawnTracked } from '../processes.ts'
import type { LoadPlan, LoadResult } from './types.ts'

const GENERATOR = fileURLToPath(new URL('./generator.ts', import.meta.url))

/** @param enough Ends the load before its time, and what was measured until then counts. */
export async function runLoad(
  plan: LoadPlan,
  signal: AbortSignal,
  enough?: AbortSignal,
): Promise<LoadResult> {
  signal.throwIfAborted()
  const args = ['--disable-warning=ExperimentalWarning', GENERATOR]
  const child = spawnTracked(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const end = (): void => void endProcess(child, 'SIGKILL')
  signal.addEventListener('abort', end)
  const finish = (): void => void endProcess(child, 'SIGTERM')
  enough?.addEventListener('abort', finish)
  try {
    let [output, problems] = ['', '']
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk))
    child.stderr?.on('data', (chunk: Buffer) => (problems += chunk))
    child.stdin?.end(JSON.stringify(plan))
    const [code] = await once(child, 'close')
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`the load generator ended with ${code}: ${problems}`)
    return JSON.parse(output) as LoadResult
  } finally {
    signal.removeEventListener('abort', end)
    enough?.removeEventListener('abort', finish)
  }
}
