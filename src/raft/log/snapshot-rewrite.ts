/** Puts another membership into the headers of snapshot files; see membership-rewrite.ts. */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode } from '../../base/index.ts'
import type { ClusterConfig, SnapshotMeta } from '../core/types.ts'
import { decodeSnapshotMeta } from './meta-codec.ts'
import { SnapshotFile, writeSnapshotFile } from './snapshot-file.ts'
import { encodeSnapshotHeader, readSnapshotPreamble, SNAPSHOT_PREAMBLE_BYTES } from './snapshot-format.ts'

/**
 * Every snapshot in `dir`. Each file is replaced by a whole new one, so that a crash leaves the one or
 * the other. What is no snapshot, or a damaged one, is left as it is: nothing can be restored from it.
 */
export async function rewriteSnapshotMembership(dir: string, config: ClusterConfig): Promise<void> {
  for (const name of await namesIn(dir)) {
    const path = join(dir, name)
    const meta = await readMeta(path)
    if (meta !== undefined) await rewrite(path, meta, { ...meta, config })
  }
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).filter((name) => name.endsWith('.snap'))
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  }
}

/** Undefined unless the file begins as a snapshot does. */
async function readMeta(path: string): Promise<SnapshotMeta | undefined> {
  const file = await open(path, 'r')
  try {
    const preamble = new Uint8Array(SNAPSHOT_PREAMBLE_BYTES)
    const { bytesRead } = await file.read(preamble, 0, preamble.byteLength, 0)
    const length = readSnapshotPreamble(preamble.subarray(0, bytesRead))
    if (length === undefined) return undefined
    const record = new Uint8Array(length)
    await file.read(record, 0, length, SNAPSHOT_PREAMBLE_BYTES)
    return decodeSnapshotMeta(record)
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}

async function rewrite(path: string, meta: SnapshotMeta, renamed: SnapshotMeta): Promise<void> {
  const file = await SnapshotFile.open(path, meta)
  try {
    if (!(await isWhole(file))) return
    // A name that the directory's start removes, should this be cut short.
    const temporaryPath = `${path}.membership.tmp`
    await writeSnapshotFile({ path, temporaryPath }, withHeader(renamed, file))
  } finally {
    await file.close()
  }
}

async function isWhole(file: SnapshotFile): Promise<boolean> {
  try {
    await file.verify()
    return true
  } catch (error) {
    if (hasErrorCode(error, 'RAFT_SNAPSHOT_DAMAGED')) return false
    throw error
  }
}

async function* withHeader(meta: SnapshotMeta, file: SnapshotFile): AsyncGenerator<Uint8Array> {
  yield encodeSnapshotHeader(meta)
  yield* file.chunks('transfer')
}
