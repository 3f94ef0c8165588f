/**
 * Debian's etcd, unpacked below the user's cache directory: nothing is installed, no service is started,
 * and removing the directory undoes it.
 */
import { execFile } from 'node:child_process'
import { access, mkdir, readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PACKAGE = 'etcd-server'
const APT_TIMEOUT_MS = 120_000

const run = promisify(execFile)

function directory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'debros-bench')
}

/** Where it is once it was fetched. */
export function fetchedEtcd(): string {
  return join(directory(), 'usr/bin/etcd')
}

/** Fetches it unless it is there. Rejects where there is no apt, or it does not know the package. */
export async function fetchEtcd(note: (text: string) => void): Promise<void> {
  if (await exists(fetchedEtcd())) return
  const cwd = directory()
  await mkdir(cwd, { recursive: true })
  note(`fetching Debian's ${PACKAGE} to ${cwd}`)
  await download(cwd)
  const file = (await readdir(cwd)).find((name) => name.startsWith(`${PACKAGE}_`) && name.endsWith('.deb'))
  if (file === undefined) throw new Error(`apt-get download left no package in ${cwd}`)
  await run('dpkg-deb', ['-x', file, '.'], { cwd })
}

async function download(cwd: string): Promise<void> {
  const get = () => run('apt-get', ['download', PACKAGE], { cwd, timeout: APT_TIMEOUT_MS })
  try {
    await get()
  } catch (error) {
    // A fresh machine has no lists of packages yet, and only root can get them.
    if (process.getuid?.() !== 0) throw error
    await run('apt-get', ['update'], { timeout: APT_TIMEOUT_MS })
    await get()
  }
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  )
}
