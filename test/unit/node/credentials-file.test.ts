import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createAuthorizer,
  PERMISSIONS,
  type Permission,
  readCredentialsFile,
} from '../../../src/node/index.ts'

const USERS = JSON.stringify([
  { username: 'bob', password: 'secret', perms: ['query', 'execute'] },
  { username: 'admin', password: 'pässwörd:with:colons', perms: ['all'] },
  { username: '*', perms: ['status', 'ready'] },
])

const as = (username: string, password: string) => ({ username, password })

// Contract section 5; acceptance row 85.
describe('credentials file', () => {
  const authorizer = createAuthorizer(USERS)

  test('a user - holds what it was given, with its password only', () => {
    expect(authorizer.allows(as('bob', 'secret'), 'query')).toBe(true)
    expect(authorizer.allows(as('bob', 'secret'), 'execute')).toBe(true)
    expect(authorizer.allows(as('bob', 'secret'), 'backup')).toBe(false)
    for (const wrong of ['', 'Secret', 'secret ', 'secre', 'secrett'])
      expect(authorizer.allows(as('bob', wrong), 'query')).toBe(false)
  })

  test('all - is every permission', () => {
    const admin = as('admin', 'pässwörd:with:colons')
    expect(PERMISSIONS.filter((permission) => !authorizer.allows(admin, permission))).toEqual([])
  })

  test('* - is everybody, with wrong credentials or none', () => {
    for (const credentials of [
      undefined,
      as('', ''),
      as('bob', 'wrong'),
      as('nobody', 'x'),
      as('bob', 'secret'),
    ]) {
      expect(authorizer.allows(credentials, 'status')).toBe(true)
      expect(authorizer.allows(credentials, 'ready')).toBe(true)
    }
  })

  test.each([undefined, as('', ''), as('', 'secret'), as('nobody', 'secret'), as('*', '')])(
    'strangers - %j are refused',
    (credentials) => {
      expect(authorizer.allows(credentials, 'query')).toBe(false)
    },
  )

  test('a later entry - replaces the earlier one, also in what it leaves out', () => {
    const replaced = createAuthorizer(
      JSON.stringify([
        { username: 'bob', password: 'old', perms: ['all'] },
        { username: 'bob', perms: ['query'] },
        { username: 'eve', password: 'old', perms: ['all'] },
        { username: 'eve', password: 'new' },
      ]),
    )
    expect(replaced.allows(as('bob', 'old'), 'query')).toBe(false)
    expect(replaced.allows(as('bob', ''), 'query')).toBe(true)
    expect(replaced.allows(as('bob', ''), 'execute')).toBe(false)
    expect(PERMISSIONS.some((permission) => replaced.allows(as('eve', 'new'), permission))).toBe(false)
  })

  test('an empty file - allows nobody anything', () => {
    const nobody = createAuthorizer('[]')
    expect(nobody.enabled).toBe(true)
    expect(PERMISSIONS.some((permission: Permission) => nobody.allows(undefined, permission))).toBe(false)
  })

  test('recognizes - tells a right password, whatever it is good for', () => {
    expect(authorizer.recognizes(as('bob', 'secret'))).toBe(true)
    expect(authorizer.recognizes(as('bob', 'wrong'))).toBe(false)
    expect(authorizer.recognizes(as('nobody', ''))).toBe(false)
  })

  test('credentialsOf - what a node that joins as this user shows', () => {
    expect(authorizer.credentialsOf('bob')).toEqual(as('bob', 'secret'))
    expect(authorizer.credentialsOf('nobody')).toBeUndefined()
  })

  test.each([
    ['', /not JSON/],
    ['[{"username":"bob","password":"hunter2"', /not JSON/],
    ['{"username":"bob"}', /array/],
    ['["bob"]', /entry 1: it is not an object/],
    ['[{"password":"hunter2"}]', /entry 1: username/],
    ['[{"username":"a"},{"username":7}]', /entry 2: username/],
    ['[{"username":"a:b"}]', /entry 1: .*colon/],
    ['[{"username":"bob","password":7}]', /entry 1: the password of "bob"/],
    ['[{"username":"bob","password":"hunter2","perms":"all"}]', /entry 1: perms of "bob"/],
    ['[{"username":"bob","password":"hunter2","perms":["querry"]}]', /entry 1: "bob" .*"querry".*query/],
  ])('%s - is refused, and no password is told', (text, reason) => {
    const refusal = (() => {
      try {
        return createAuthorizer(text)
      } catch (error) {
        return error
      }
    })()
    expect(refusal).toMatchObject({
      code: 'CREDENTIALS_FILE_INVALID',
      message: expect.stringMatching(reason),
    })
    expect(String(refusal)).not.toContain('hunter2')
  })
})

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'debros-credentials-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

describe('reading it', () => {
  test('a private file - gives no warning', async () => {
    const file = join(await temporaryDirectory(), 'auth.json')
    await writeFile(file, USERS, { mode: 0o600 })
    const { authorizer, warnings } = await readCredentialsFile(file)
    expect(authorizer.allows(as('bob', 'secret'), 'query')).toBe(true)
    expect(warnings).toEqual([])
  })

  test('one that others may read, and empty passwords - are warned of', async () => {
    const file = join(await temporaryDirectory(), 'auth.json')
    await writeFile(file, '[{"username":"bob","perms":["query"]},{"username":"*"}]')
    await chmod(file, 0o640)
    const { warnings } = await readCredentialsFile(file)
    expect(warnings).toEqual([expect.stringContaining('"bob"'), expect.stringContaining('chmod 600')])
  })

  test('no file - is an error of its own', async () => {
    await expect(readCredentialsFile('/nowhere/auth.json')).rejects.toMatchObject({
      code: 'CREDENTIALS_FILE_UNREADABLE',
    })
  })
})
