/** What the numbers were taken on. They mean little without it. */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, type as osType, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeDirectory, temporaryDirectory } from './processes.ts'
import { quantile } from './report/statistics.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryMiB: number
  readonly kernel: string
  readonly node: string
  /** Of the directory that holds the data. */
  readonly fileSystem: string
  /** Of 4 KiB appended to a file and synced, in milliseconds. */
  readonly fdatasync: { readonly p50: number; readonly p99: number }
  /** Before anything was started. */
  readonly loadAverage: number
  /** Share of all cores that others used, in a moment before anything was started. */
  readonly busyBefore: number
}

const SYNCS = 300
const BYTES_PER_SYNC = 4_096
const LOOK_MS = 1_000
const BUSY_MAX = 0.1
/** They keep nothing on a disk, so that syncing costs nothing. */
const VOLATILE = ['tmpfs', 'ramfs']

export async function describeMachine(): Promise<Machine> {
  const busyBefore = await busyShare()
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    kernel: `${osType()} ${release()}`,
    node: process.version,
    fileSystem: fileSystemOf(tmpdir()),
    fdatasync: await measureSyncs(),
    loadAverage: loadavg()[0] as number,
    busyBefore,
  }
}

export function warningsAbout(machine: Machine): string[] {
  const warnings: string[] = []
  if (machine.busyBefore > BUSY_MAX) {
    const percent = (100 * machine.busyBefore).toFixed(0)
    warnings.push(`the machine is not quiet: others use ${percent} % of its cores`)
  }
  if (VOLATILE.includes(machine.fileSystem)) {
    warnings.push(
      `data is in ${machine.fileSystem}, which keeps nothing: set TMPDIR to a directory on a disk`,
    )
  }
  return warnings
}

async function busyShare(): Promise<number> {
  const before = cpuTimes()
  await sleep(LOOK_MS)
  const after = cpuTimes()
  const total = after.total - before.total
  return total === 0 ? 0 : 1 - (after.idle - before.idle) / total
}

function cpuTimes(): { readonly idle: number; readonly total: number } {
  const times = cpus().map((cpu) => cpu.times)
  const idle = times.reduce((sum, { idle }) => sum + idle, 0)
  const total = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { idle, total }
}

async function measureSyncs(): Promise<Machine['fdatasync']> {
  const directory = await temporaryDirectory('sync')
  const file = openSync(join(directory, 'file'), 'w')
  const bytes = Buffer.alloc(BYTES_PER_SYNC, 1)
  const times: number[] = []
  for (let i = 0; i < SYNCS; i++) {
    writeSync(file, bytes)
    const started = performance.now()
    fdatasyncSync(file)
    times.push(performance.now() - started)
  }
  closeSync(file)
  await removeDirectory(directory)
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

/** From the longest mount point above it; `unknown` where there is no such table. */
function fileSystemOf(path: string): string {
  let found = { point: '', type: 'unknown' }
  for (const line of mounts()) {
    const [, point = '', type = ''] = line.split(' ')
    const holds = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)
    if (holds && point.length >= found.point.length) found = { point, type }
  }
  return found.type
}

function mounts(): string[] {
  try {
    return readFileSync('/proc/mounts', 'utf8').split('\n')
  } catch {
    return []
  }
}
