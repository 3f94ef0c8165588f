/** What Linux tells of a process. */
import { readFileSync } from 'node:fs'

/** Memory it has in use now, in MB (10^6). */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kib === undefined) throw new Error(`/proc/${pid}/status does not tell VmRSS`)
  return (Number(kib) * 1024) / 1e6
}

/** Bytes it has caused to be written to storage; a cached page counts when it is made dirty. */
export function bytesWritten(pid: number): number {
  const bytes = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]
  if (bytes === undefined) throw new Error(`/proc/${pid}/io does not tell write_bytes`)
  return Number(bytes)
}
