import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const main = join(root, 'src/cli/main.ts')

function debros(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('process', () => {
  test('exit codes and streams - results to one, complaints to the other', () => {
    expect(debros('version', '--json')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\{\n/),
      stderr: '',
    })
    expect(debros('vrsion')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean version?'),
    })
    expect(debros('config', 'validate', '/nowhere')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^debros: .*\n$/),
    })
  })
})

describe('bin/debros', () => {
  /** An installation with a program that shows how it was called. */
  function install(): string {
    const dir = temporaryDirectory()
    mkdirSync(join(dir, 'bin'))
    cpSync(join(root, 'bin/debros'), join(dir, 'bin/debros'))
    return dir
  }

  function run(command: string, ...args: string[]) {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    return { status, stdout, stderr }
  }

  test('passes everything on, also when called through a link', () => {
    const dir = install()
    mkdirSync(join(dir, 'dist/cli'), { recursive: true })
    writeFileSync(
      join(dir, 'dist/cli/main.js'),
      'console.log(JSON.stringify([process.argv.slice(2), process.env.DEBROS_COMMAND])); process.exit(7)',
    )
    const link = join(dir, 'link')
    symlinkSync(join(dir, 'bin/debros'), link)
    for (const command of [join(dir, 'bin/debros'), link]) {
      const { status, stdout } = run(command, 'node', '--id', 'two words', '')
      expect(status).toBe(7)
      expect(JSON.parse(stdout)).toEqual([['node', '--id', 'two words', ''], command])
    }
  })

  test('rqlited is debros rqlited', () => {
    const dir = install()
    cpSync(join(root, 'bin/rqlited'), join(dir, 'bin/rqlited'))
    mkdirSync(join(dir, 'dist/cli'), { recursive: true })
    writeFileSync(join(dir, 'dist/cli/main.js'), 'console.log(JSON.stringify(process.argv.slice(2)))')
    const link = join(dir, 'link')
    symlinkSync(join(dir, 'bin/rqlited'), link)
    expect(JSON.parse(run(link, '-node-id', 'two words', 'data').stdout)).toEqual([
      'rqlited',
      '-node-id',
      'two words',
      'data',
    ])
  })

  test.each(['rqlite', 'rqlited'])('%s - is a name of it', (name) => {
    const dir = install()
    cpSync(join(root, 'bin', name), join(dir, 'bin', name))
    mkdirSync(join(dir, 'dist/cli'), { recursive: true })
    writeFileSync(join(dir, 'dist/cli/main.js'), 'console.log(JSON.stringify(process.argv.slice(2)))')
    const link = join(dir, 'link')
    symlinkSync(join(dir, 'bin', name), link)
    expect(run(link, '-p', 'two words', '')).toEqual({
      status: 0,
      stdout: `["${name}","-p","two words",""]\n`,
      stderr: '',
    })
  })

  test('takes the Node beside it, if there is one', () => {
    const dir = install()
    mkdirSync(join(dir, 'dist/cli'), { recursive: true })
    writeFileSync(join(dir, 'dist/cli/main.js'), '')
    mkdirSync(join(dir, 'node_modules/.bin'), { recursive: true })
    writeFileSync(join(dir, 'node_modules/.bin/node'), '#!/bin/sh\necho "the pinned one: $*"\n', {
      mode: 0o755,
    })
    expect(run(join(dir, 'bin/debros'), 'x').stdout).toBe(`the pinned one: ${dir}/dist/cli/main.js x\n`)
  })

  test('says what is missing before it is built', () => {
    const dir = install()
    expect(run(join(dir, 'bin/debros'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('npm run build'),
    })
  })

  test('is the one that package.json installs', () => {
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin).toEqual({
      debros: 'dist/cli/main.js',
      rqlite: 'dist/cli/shell/main.js',
      rqlited: 'dist/cli/rqlited/main.js',
    })
    for (const file of [main, join(root, 'src/cli/rqlited/main.ts'), join(root, 'src/cli/shell/main.ts')]) {
      expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    }
  })
})
