/** A build of debros: this one, or that of another working copy, to compare two commits. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SystemName } from '../types.ts'
import { startEmbedded } from './embedded.ts'
import { startRqlited } from './rqlited.ts'
import { NotAvailable, type System } from './types.ts'

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
        : startRqlited(name, { command: process.execPath, args: [program] }, init),
  }
}
