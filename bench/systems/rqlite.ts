/** rqlite, if its `rqlited` is given. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startRqlited } from './rqlited.ts'
import { NotAvailable, type System } from './types.ts'

export function rqlite(program: string | undefined): System {
  return {
    name: 'rqlite',
    api: 'rqlite',
    async version() {
      if (program === undefined) throw new NotAvailable('no rqlited was given (--rqlited PATH)')
      try {
        const { stdout } = await promisify(execFile)(program, ['-version'])
        return stdout.trim()
      } catch (error) {
        throw new NotAvailable(`${program} does not run: ${(error as Error).message}`)
      }
    },
    start: (init) => startRqlited('rqlite', { command: program ?? 'rqlited', args: [] }, init),
  }
}
