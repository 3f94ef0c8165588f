/** A copy of the tree to spoil: sources and tests, with the dependencies linked. */
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyEdits } from './apply.ts'
import type { Edit } from './mutant.ts'

export const ROOT = join(import.meta.dirname, '../..')

const COPIED = ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts']

export class Workspace {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  static async create(): Promise<Workspace> {
    const workspace = new Workspace(await mkdtemp(join(tmpdir(), 'debros-mutants-')))
    for (const name of COPIED) await cp(join(ROOT, name), join(workspace.dir, name), { recursive: true })
    await symlink(await realpath(join(ROOT, 'node_modules')), join(workspace.dir, 'node_modules'))
    return workspace
  }

  /** Runs with the edits made, and undoes them whatever happens. */
  async mutated<T>(edits: readonly Edit[], run: () => Promise<T>): Promise<T> {
    const originals = new Map<string, string>()
    for (const { file } of edits) originals.set(file, await readFile(join(this.dir, file), 'utf8'))
    const changed = applyEdits(edits, (file) => originals.get(file) ?? '')
    try {
      for (const [file, text] of changed) await writeFile(join(this.dir, file), text)
      return await run()
    } finally {
      for (const [file, text] of originals) await writeFile(join(this.dir, file), text)
    }
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true })
  }
}
