import type { Credentials, Permission } from '../node/index.ts'
import { NO_CREDENTIALS } from './basic-auth.ts'
import type { ServerContext } from './context.ts'

/** `throttled`: not even looked at, see login-limiter.ts. */
export type Verdict = 'permitted' | 'refused' | 'throttled'

const COUNTER = { permitted: 'auth_ok', refused: 'auth_fail', throttled: 'auth_throttled' } as const

/** Whether a caller at this address may do what needs all of these permissions; counted. */
export function judge(
  context: ServerContext,
  address: string,
  credentials: Credentials,
  permissions: readonly Permission[],
): Verdict {
  if (context.authorizer?.enabled !== true || permissions.length === 0) return 'permitted'
  const verdict = decide(context, address, credentials, permissions)
  context.counters.add('http', COUNTER[verdict])
  return verdict
}

function decide(
  { authorizer, logins, logger }: ServerContext,
  address: string,
  credentials: Credentials,
  permissions: readonly Permission[],
): Verdict {
  const allows = (given: Credentials) =>
    permissions.every((permission) => authorizer?.allows(given, permission) !== false)
  // What everybody may needs no password, and a wrong one does no harm.
  if (allows(NO_CREDENTIALS)) return 'permitted'
  if (credentials.username === '') return 'refused'
  if (!logins.admits(address, credentials)) return 'throttled'
  if (authorizer?.recognizes(credentials) === true) {
    logins.succeeded(address, credentials)
    return allows(credentials) ? 'permitted' : 'refused'
  }
  if (logins.failed(address)) {
    logger.warn({ remoteAddress: address }, 'many wrong passwords from one address; it is slowed down')
  }
  return 'refused'
}
