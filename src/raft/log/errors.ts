import { DebrosError, type DebrosErrorOptions } from '../../base/index.ts'

export interface RaftStorageErrorOptions extends DebrosErrorOptions {
  /** Log index the error is about. */
  readonly index?: number | undefined
  /** File or directory the error is about. */
  readonly path?: string | undefined
}

/**
 * What storage of the log and of snapshots can report. Codes:
 * - `RAFT_RECORD_DAMAGED`: one record's bytes are not what was written;
 * - `RAFT_LOG_DAMAGED`: the stored log as a whole can no longer be trusted;
 * - `RAFT_SNAPSHOT_DAMAGED`: a snapshot file is not what was written;
 * - `RAFT_SNAPSHOT_MISSING`: no such snapshot is stored;
 * - `RAFT_SNAPSHOT_REJECTED`: a snapshot being received is too large or arrived incomplete;
 * - `RAFT_STORAGE_FAILED`: reading or writing failed; what a write left behind is unknown;
 * - `DATA_DIR_IN_USE`, `DATA_DIR_UNREADABLE`, `DATA_DIR_MISMATCH`: the directory cannot serve this node.
 */
export class RaftStorageError extends DebrosError {
  override name = 'RaftStorageError'
  readonly index: number | undefined
  readonly path: string | undefined

  constructor(code: string, message: string, options: RaftStorageErrorOptions = {}) {
    super(code, message, options)
    this.index = options.index
    this.path = options.path
  }
}
