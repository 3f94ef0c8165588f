/** Plays every script in `raft/` on the bare core. `UPDATE=1` rewrites their output, for review. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { raftCommands } from './commands.ts'
import { playScript } from './script.ts'

const FOLDER = join(import.meta.dirname, 'raft')

for (const name of readdirSync(FOLDER).sort()) {
  test(`raft script - ${name}`, () => {
    const path = join(FOLDER, name)
    const written = readFileSync(path, 'utf8')
    expect(written, 'a script opens by saying what it shows').toMatch(/^# /)
    const played = playScript(written, raftCommands())
    if (process.env.UPDATE === '1') writeFileSync(path, played)
    else expect(played).toBe(written)
  })
}
