import { readFile } from 'node:fs/promises'

/** Names this run of the operating system; undefined where the system does not tell. */
export async function readBootId(): Promise<string | undefined> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  } catch {
    return undefined // Not Linux: every start is then taken for the first after a boot.
  }
}
