/** A build of debros: this one, or that of another working copy, to compare two commits. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SystemName } from '../types.ts'
import { startEmbedded } from './embedded.ts'
import { type RqlitedProgram, startRqlited } from './rqlited.ts'
import { type ClusterInit, NotAvailable, type System } from './types.ts'

export function debros(name: SystemName, root: string): System {
  const program = join(root, 'dist/cli/rqlited/main.js')
  return {
    name,
    api: 'rqlite',
    async version() {
      if (!existsSync(program)) throw new NotAvailable(`${root} is not built: run "make build" there`)
      const info = JSON.parse(readFileSync(join(root, 'dist/build-info.json'), 'utf8')) as {
        version: string
        commit: string
      }
      return `${info.version} (${info.commit || 'no commit'})`
    },
    start: (init) =>
      init.embedded === true
        ? startEmbedded(name, root, init)
        : startRqlited(name, started(program, init), init),
  }
}

/** A profile is written when the process ends by itself. */
function started(program: string, { profileTo }: ClusterInit): RqlitedProgram {
  const command = process.execPath
  if (profileTo === undefined) return { command, args: [program] }
  return { command, args: ['--cpu-prof', `--cpu-prof-dir=${profileTo}`, program], endedBy: 'SIGTERM' }
}
