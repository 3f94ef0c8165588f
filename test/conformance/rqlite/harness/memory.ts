import { readFile } from 'node:fs/promises'
import type { ProcessNode } from '../../../cluster/processes.ts'

/** Resident memory of a node in MiB; undefined where there is no /proc to ask. */
export async function residentMiB({ pid }: ProcessNode): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined)
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}
