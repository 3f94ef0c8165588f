/** What V8's CPU profiles (`--profile DIR`) show: where each thread of our nodes was busy. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  /** The node on top of the stack at each sample, and the microseconds since the one before. */
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** It was busy for so long, and so much of that in each function itself, most first. */
export interface BusyTime {
  readonly busyMs: number
  readonly functions: readonly { readonly name: string; readonly ms: number }[]
}

const FUNCTIONS_SHOWN = 15
const IDLE = '(idle)'

/** The busiest thread first: the leader's main thread, as a rule. */
export function renderProfiles(directory: string): string {
  const threads = readdirSync(directory)
    .filter((file) => file.endsWith('.cpuprofile'))
    .map((file) => ({
      file,
      time: busyTime(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile),
    }))
    .sort((a, b) => b.time.busyMs - a.time.busyMs)
  return threads.map(({ file, time }) => renderThread(file, time)).join('\n')
}

export function busyTime({ nodes, samples, timeDeltas }: CpuProfile): BusyTime {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)'
    // The time after a sample, up to the next, is that of its function.
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[i + 1] ?? 0) / 1000)
  }
  times.delete(IDLE)
  const functions = [...times].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms)
  return { busyMs: functions.reduce((sum, { ms }) => sum + ms, 0), functions }
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return name
  const place = url.replace(/^.*\/node_modules\/|^.*\/(?=dist\/)/, '')
  return `${name} ${place}:${lineNumber + 1}`
}

function renderThread(file: string, { busyMs, functions }: BusyTime): string {
  const lines = functions
    .slice(0, FUNCTIONS_SHOWN)
    .map(({ name, ms }) => `  ${((100 * ms) / busyMs).toFixed(1).padStart(5)} %  ${name}`)
  return `${file}: busy for ${Math.round(busyMs)} ms\n${lines.join('\n')}\n`
}
