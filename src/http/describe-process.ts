/** What `/status` says of the process and its machine. */
import { availableParallelism, cpus, hostname } from 'node:os'
import { formatDuration } from '../base/index.ts'
import type { ServerContext } from './context.ts'

export function describeProcess({ startedAt }: ServerContext): object {
  const now = new Date()
  return {
    node: {
      start_time: startedAt.toISOString(),
      current_time: now.toISOString(),
      uptime: formatDuration(now.getTime() - startedAt.getTime()),
    },
    os: { pid: process.pid, ppid: process.ppid, executable: process.execPath, hostname: hostname() },
    runtime: {
      GOARCH: process.arch,
      GOOS: process.platform,
      GOMAXPROCS: availableParallelism(),
      num_cpu: cpus().length,
      version: process.version,
    },
  }
}
