/** Which failures of a node are the right answer to what the world did to it. */
import { DebrosError } from '../../base/index.ts'
import { entryIndexOf } from './disk.ts'
import type { SimNode } from './node.ts'
import { Violation } from './violation.ts'

const DAMAGE_CODES = new Set(['RAFT_LOG_DAMAGED', 'RAFT_SNAPSHOT_DAMAGED'])
const DISK_CODES = new Set(['RAFT_STORAGE_FAILED', 'KV_ENGINE_FAILED', 'DATA_DIR_UNREADABLE'])

/** What the world did to the node that makes this error the right one; undefined if it did nothing. */
export function expectedFailure(error: Error, node: SimNode): 'damage' | 'disk' | undefined {
  if (!(error instanceof DebrosError)) return undefined
  if (node.damaged && DAMAGE_CODES.has(error.code)) {
    checkNamesIndex(error, node)
    return 'damage'
  }
  return node.writeFailed && DISK_CODES.has(error.code) ? 'disk' : undefined
}

/** A damaged entry is named, so that a person knows what is lost. */
function checkNamesIndex(error: DebrosError, node: SimNode): void {
  const damaged = node.disk.damaged.map(({ key }) => entryIndexOf(key))
  if (error.code !== 'RAFT_LOG_DAMAGED' || damaged.includes(undefined)) return
  const first = Math.min(...(damaged as number[]))
  if ('index' in error && error.index === first) return
  throw new Violation(
    'damage is named',
    `${node.id}: entry ${first} is damaged, and it says ${error.message}`,
  )
}
