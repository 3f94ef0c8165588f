import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RQLITED_FLAGS } from '../../../../src/cli/rqlited/flags.ts'
import { joinSecret, OPEN_CLUSTER_SECRET } from '../../../../src/cli/rqlited/join-secret.ts'
import { debros } from '../fake-io.ts'
import { recordingLogger } from '../recording-logger.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

describe('debros rqlited', () => {
  test('-help - every flag is there', async () => {
    const { code, out, error } = await debros(['rqlited', '-help'])
    expect([code, out]).toEqual([0, ''])
    for (const { name } of RQLITED_FLAGS.values()) expect(error).toMatch(new RegExp(` -${name}( |\n|$)`))
    expect(error).toContain('(default localhost:4001)')
    expect(error).toContain('(default 3s)')
  })

  test('-version', async () => {
    const { code, out } = await debros(['rqlited', '--version'])
    expect(code).toBe(0)
    expect(out).toMatch(/^debros \d+\.\d+\.\d+ /)
  })

  test('a command line that cannot be read is wrong use, one that is refused a failure', async () => {
    expect(await debros(['rqlited', '-nonsense', 'data'])).toMatchObject({
      code: 2,
      out: '',
      error: expect.stringMatching(/^flag provided but not defined: -nonsense\nUsage: /),
    })
    expect(await debros(['rqlited', '-join', 'localhost:4002', 'data'])).toMatchObject({
      code: 1,
      out: '',
      error: expect.stringMatching(/^debros: -join: localhost:4002 is this node/),
    })
  })

  test('a data directory of rqlite is left alone', async () => {
    const dir = temporaryDirectory()
    writeFileSync(join(dir, 'raft.db'), '')
    const { code, error } = await debros(['rqlited', dir])
    expect(code).toBe(1)
    expect(error).toContain(`${dir} is a data directory of rqlite`)
    expect(error).toContain('/db/backup')
  })

  test('a user to join as must be in the file', async () => {
    const dir = temporaryDirectory()
    const file = join(dir, 'auth.json')
    writeFileSync(file, '[{"username": "bob", "password": "secret", "perms": ["join"]}]', { mode: 0o600 })
    const args = ['-auth', file, '-join-as', 'mary', '-join', 'localhost:1', join(dir, 'data')]
    expect(await debros(['rqlited', ...args], { LOG_LEVEL: 'error' })).toMatchObject({
      code: 1,
      error: `debros: -join-as: there is no user "mary" in ${file}`,
    })
  })
})

describe('files that flags name', () => {
  test.each([
    ['-auto-backup', 'the automatic backup configuration cannot be used'],
    ['-auto-restore', 'the automatic restore configuration cannot be used'],
    ['-cdc-config', 'the change capture configuration cannot be used'],
    ['-auth', 'the credentials file cannot be read'],
    ['-cluster-secret-file', 'cannot read'],
  ])('%s - a file that is not there ends the start', async (flag, message) => {
    const dir = temporaryDirectory()
    const args = [flag, join(dir, 'missing.json'), join(dir, 'data')]
    expect(await debros(['rqlited', ...args], { LOG_LEVEL: 'error' })).toMatchObject({
      code: 1,
      error: expect.stringContaining(message),
    })
  })
})

describe('the secret for joining', () => {
  const none = { value: undefined, file: undefined }

  test('none given - the one that everybody knows, and a warning', async () => {
    const logger = recordingLogger()
    expect(await joinSecret({ dataDir: temporaryDirectory(), clusterSecret: none }, logger)).toBe(
      OPEN_CLUSTER_SECRET,
    )
    expect(logger.lines).toMatchObject([{ level: 'warn' }])
  })

  test('given, or in the data directory', async () => {
    const logger = recordingLogger()
    const dataDir = temporaryDirectory()
    const value = 'a secret that is long enough'
    expect(await joinSecret({ dataDir, clusterSecret: { value, file: undefined } }, logger)).toBe(value)
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(join(dataDir, 'cluster.secret'), 'what the directory has\n', { mode: 0o600 })
    expect(await joinSecret({ dataDir, clusterSecret: none }, logger)).toBe('what the directory has')
    expect(logger.lines).toEqual([])
  })
})
