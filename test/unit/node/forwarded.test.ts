import { expect, test } from 'vitest'
import { createAuthorizer } from '../../../src/node/credentials-file.ts'
import { type CallerFields, callerToWire, checkCaller } from '../../../src/node/forwarded.ts'

const authorizer = createAuthorizer(
  JSON.stringify([
    { username: 'reader', password: 'right', perms: ['query'] },
    { username: 'both', password: 'right', perms: ['query', 'execute'] },
  ]),
)

/** What the leader makes of it when another node passes it on. */
function verdict(caller: CallerFields): string {
  try {
    checkCaller(authorizer, caller, ['query', 'execute'], 'Request')
    return 'allowed'
  } catch (error) {
    expect(error).toMatchObject({ code: 'NOT_AUTHORIZED', message: 'remote Request not authorized' })
    return 'refused'
  }
}

test('caller - needs every permission, with a password that is right', () => {
  const as = (username: string, password = 'right') => verdict(callerToWire({ username, password }))
  expect([as('both'), as('reader'), as('both', 'wrong'), as('both', ''), as('nobody')]).toEqual([
    'allowed',
    ...['refused', 'refused', 'refused', 'refused'],
  ])
})

test('caller - one who gave no credentials is somebody, and not the node', () => {
  const anybody = { username: '', password: '' }
  expect(callerToWire(anybody)).toEqual(anybody)
  expect(verdict(callerToWire(anybody))).toBe('refused')
  expect(verdict(callerToWire(undefined))).toBe('allowed')
})

test('caller - half of the credentials is not none', () => {
  expect(verdict({ username: 'both' })).toBe('refused')
  expect(verdict({ password: 'right' })).toBe('refused')
})
