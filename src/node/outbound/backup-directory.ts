/**
 * A directory that backups are put into, as rqlite does: the backup, and beside it METADATA.json, which tells
 * the newest one and what it holds. Both are complete whenever they can be seen, also after a crash.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DebrosError, errorMessage, hasErrorCode } from '../../base/index.ts'

const METADATA_NAME = 'METADATA.json'

export interface BackupMetadata {
  /** Stands for what the backup holds: the index of the last log entry that had changed the database. */
  readonly id: string
  /** When it was made, milliseconds since the epoch; 0 if that is not told. */
  readonly timestamp: number
  /** Path of the backup. */
  readonly name: string
}

export interface BackupDirectoryInit {
  /** Absolute path; made when it is first written to. */
  readonly directory: string
  /** Whoever else writes there uses another name for what is not finished. */
  readonly writer: string
}

export class BackupDirectory {
  readonly #directory: string
  readonly #partName: string

  constructor({ directory, writer }: BackupDirectoryInit) {
    this.#directory = directory
    // Always the same, so that what a crash has left is written over and does not add up.
    this.#partName = `.${createHash('sha256').update(writer).digest('hex').slice(0, 16)}.part`
  }

  get path(): string {
    return this.#directory
  }

  /** What is known of the newest backup; undefined if there is none. Throws `BACKUP_DIRECTORY_INVALID`, or the system's error. */
  async newest(): Promise<BackupMetadata | undefined> {
    let text: string
    try {
      text = await readFile(join(this.#directory, METADATA_NAME), 'utf8')
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return undefined
      throw error
    }
    return parseMetadata(text)
  }

  /**
   * Path of the newest backup, as it is found in this directory, wherever that was when it was written.
   * Undefined if there is none.
   */
  async newestPath(): Promise<string | undefined> {
    const newest = await this.newest()
    return newest === undefined ? undefined : join(this.#directory, basename(newest.name))
  }

  /**
   * Puts a backup in place of one of the same name. Returns its length in bytes. Rejects with the system's
   * error, or that of `chunks`; what was there before is then still there.
   */
  async write(
    name: string,
    chunks: AsyncIterable<Uint8Array>,
    about: Pick<BackupMetadata, 'id' | 'timestamp'>,
  ): Promise<number> {
    await mkdir(this.#directory, { recursive: true, mode: 0o755 })
    const path = join(this.#directory, name)
    const bytes = await this.#put(path, chunks)
    const metadata: BackupMetadata = { ...about, name: path }
    await this.#put(join(this.#directory, METADATA_NAME), [Buffer.from(JSON.stringify(metadata))])
    return bytes
  }

  async #put(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    const part = join(this.#directory, this.#partName)
    let bytes = 0
    try {
      // A backup holds everything, so it is as private as the data directory.
      const file = await open(part, 'w', 0o600)
      try {
        for await (const chunk of chunks) {
          await file.writeFile(chunk)
          bytes += chunk.length
        }
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(part, path)
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
    await this.#syncDirectory()
    return bytes
  }

  /** The new name is on disk, too. */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }
}

function parseMetadata(text: string): BackupMetadata {
  try {
    const { id, timestamp, name } = JSON.parse(text) as Partial<Record<keyof BackupMetadata, unknown>>
    if (typeof id === 'string' && typeof name === 'string') {
      return { id, timestamp: typeof timestamp === 'number' ? timestamp : 0, name }
    }
    throw new Error('it has no id or no name')
  } catch (error) {
    throw new DebrosError(
      'BACKUP_DIRECTORY_INVALID',
      `${METADATA_NAME} cannot be read: ${errorMessage(error)}`,
    )
  }
}

/** `20240131235959_name`, in UTC. */
export function timestamped(name: string, timeMs: number): string {
  const digits = new Date(timeMs).toISOString().replace(/\D/g, '').slice(0, 'YYYYMMDDHHMMSS'.length)
  return `${digits}_${name}`
}
