/** The lines that were typed, from one run to the next. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hasErrorCode } from '../../base/index.ts'

export interface HistoryFile {
  readonly path: string
  /** Lines that are kept; 0 keeps none, and takes the file away. */
  readonly size: number
}

/** Oldest first; none if there is no file, or none that can be read: that is no reason not to start. */
export async function readHistory({ path, size }: HistoryFile): Promise<string[]> {
  if (size === 0) return []
  try {
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
    return lines.slice(-size)
  } catch {
    return []
  }
}

/**
 * Puts the lines of this run behind those that other runs may have written meanwhile. Only its owner may
 * read it: statements hold data.
 */
export async function addToHistory(file: HistoryFile, lines: readonly string[]): Promise<void> {
  if (file.size === 0) return await rm(file.path, { force: true })
  const kept = withoutRepeats([...(await readHistory(file)), ...lines]).slice(-file.size)
  if (kept.length === 0) return
  const partial = `${file.path}.${process.pid}`
  try {
    await writeFile(partial, `${kept.join('\n')}\n`, { mode: 0o600 })
    await rename(partial, file.path)
  } catch (error) {
    await rm(partial, { force: true })
    // A home that cannot be written keeps no history.
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT'].some((code) => hasErrorCode(error, code))) throw error
  }
}

/** A line that was typed several times in a row is kept once. */
function withoutRepeats(lines: readonly string[]): string[] {
  return lines.filter((line, i) => line !== lines[i - 1])
}
