/** Looks whose data directory it is before anything is written to it. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DebrosError, hasErrorCode } from '../../base/index.ts'

/** rqlite keeps its log in this file; every version has it, and debros never makes one. */
const RQLITE_LOG_FILE = 'raft.db'

/** Throws `RQLITED_REFUSED` for a data directory of rqlite's. */
export async function refuseForeignDataDir(dataDir: string): Promise<void> {
  const found = await stat(join(dataDir, RQLITE_LOG_FILE)).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined
    throw error
  })
  if (found === undefined) return
  throw new DebrosError(
    'RQLITED_REFUSED',
    `${dataDir} is a data directory of rqlite, whose files debros does not read. Move the data with a backup: ` +
      'take one from the running rqlite (curl -o backup.db http://HOST:4001/db/backup), start this node with an ' +
      'empty data directory, then load it (curl -X POST --data-binary @backup.db http://HOST:4001/db/load)',
  )
}
