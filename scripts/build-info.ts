/** Records what was built, and when, beside the compiled code (see src/cli/build-info.ts). */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** "" outside of a git checkout. */
function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim()
  } catch {
    return ''
  }
}

const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string }
const info = { version, commit: commit(), buildTime: new Date().toISOString() }
writeFileSync(`${root}/dist/build-info.json`, `${JSON.stringify(info, undefined, 2)}\n`)
