/** CPU time of processes: what a request costs, which other programs on the machine change far less than its rate. */
import { readFileSync } from 'node:fs'
import type { Cluster } from './systems/types.ts'

/** Linux tells CPU time in hundredths of a second, whatever its kernel counts in. */
const TICKS_PER_SECOND = 100

/** Of all nodes together, since they started; undefined where there is no /proc. */
export function cpuSeconds({ nodes }: Cluster): number | undefined {
  try {
    return nodes.filter(({ running }) => running).reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0)
  } catch {
    return undefined
  }
}

function cpuSecondsOf(pid: number): number {
  return ticksIn(readFileSync(`/proc/${pid}/stat`, 'utf8')) / TICKS_PER_SECOND
}

/** User and system time: fields 14 and 15, counted behind the name, which may hold anything. */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
