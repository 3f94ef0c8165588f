/** An answer into a file that has either its old content or the whole new one. */
import { chmod, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { DebrosError, hasErrorCode } from '../../base/index.ts'
import { checkSqliteFile, HEADER_BYTES } from './sqlite-file.ts'

/** Whether all of something has arrived. */
export interface WholenessCheck {
  add(chunk: Buffer): void
  /** What is wrong; undefined if nothing is. */
  problem(): string | undefined
}

/**
 * Writes beside `path` and renames at the end, so that a backup that breaks off never takes the place of
 * a good one. What is no plain file (a pipe, a device) is written into. Error `SHELL_FILE_INVALID` if what
 * came is not whole.
 */
export async function saveWhole(
  path: string,
  chunks: AsyncIterable<Buffer>,
  check: WholenessCheck,
): Promise<void> {
  const existing = await ifExists(stat(path))
  if (existing !== undefined && !existing.isFile()) {
    await using file = await open(path, 'w')
    return await fill(file, chunks, check, path)
  }
  // A link goes on to lead to the file.
  const target = (await ifExists(realpath(path))) ?? path
  const partial = `${target}.${process.pid}.partial`
  try {
    const file = await open(partial, 'w')
    try {
      await fill(file, chunks, check, path)
      await file.sync()
    } finally {
      await file.close()
    }
    if (existing !== undefined) await chmod(partial, existing.mode)
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

async function fill(
  file: FileHandle,
  chunks: AsyncIterable<Buffer>,
  check: WholenessCheck,
  path: string,
): Promise<void> {
  for await (const chunk of chunks) {
    check.add(chunk)
    await file.writeFile(chunk)
  }
  const problem = check.problem()
  if (problem !== undefined)
    throw new DebrosError('SHELL_FILE_INVALID', `what the server sent ${problem}; ${path} was not written`)
}

async function ifExists<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Of a SQLite file: its header, and as many bytes as that says. */
export function sqliteCheck(): WholenessCheck {
  let header = Buffer.alloc(0)
  let size = 0
  return {
    add: (chunk) => {
      if (header.length < HEADER_BYTES) header = Buffer.concat([header, chunk.subarray(0, HEADER_BYTES)])
      size += chunk.length
    },
    problem: () => checkSqliteFile(header, size),
  }
}

const DUMP_END = 'COMMIT;'

/** Of a dump in SQL text: its last statement. */
export function dumpCheck(): WholenessCheck {
  let tail = ''
  return {
    add: (chunk) => {
      tail = (tail + chunk.subarray(-64).toString('latin1')).slice(-64)
    },
    problem: () => (tail.trimEnd().endsWith(DUMP_END) ? undefined : `is no whole dump: it lacks ${DUMP_END}`),
  }
}
