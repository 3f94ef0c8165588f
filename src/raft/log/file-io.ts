/** What files of snapshots are read, deleted and made durable with. */
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasErrorCode } from '../../base/index.ts'

/** Freed in one go. */
const FREE_STEP_BYTES = 8 * 1024 * 1024
/** Between two of these; the log's syncs have their turn. */
const FREE_PAUSE_MS = 5

/** Up to `length` bytes; fewer only at the end of the file. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  return bytes.subarray(0, await readInto(file, position, bytes))
}

/** Fills `target`, unless the file ends before; returns how many bytes there were. */
export async function readInto(file: FileHandle, position: number, target: Uint8Array): Promise<number> {
  let filled = 0
  while (filled < target.byteLength) {
    const { bytesRead } = await file.read(target, filled, target.byteLength - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** Makes names created, renamed or removed in `directory` durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Deletes a file, if it is there. A large one goes bit by bit, under the temporary name: to free its room at
 * once would keep all syncs of the disk waiting.
 */
export async function removeFile(path: string, temporaryPath: string): Promise<void> {
  if ((await sizeOf(path)) <= FREE_STEP_BYTES) return await rm(path, { force: true })
  await rename(path, temporaryPath)
  const file = await open(temporaryPath, 'r+')
  try {
    const { size, nlink } = await file.stat()
    // Another name of it, as of a copy made of hard links, keeps its room: there is nothing to free.
    for (let left = nlink > 1 ? 0 : size - FREE_STEP_BYTES; left > 0; left -= FREE_STEP_BYTES) {
      await file.truncate(left)
      await sleep(FREE_PAUSE_MS)
    }
  } finally {
    await file.close()
  }
  await rm(temporaryPath, { force: true })
}

/** 0 if there is no such file. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return 0
    throw error
  }
}
