import type { Credentials, Permission } from '../node/index.ts'
import type { ServerContext } from './context.ts'

/** Whether a caller may do what needs all of these permissions; counted. */
export function isPermitted(
  { authorizer, counters }: ServerContext,
  credentials: Credentials,
  permissions: readonly Permission[],
): boolean {
  if (authorizer === undefined || !authorizer.enabled || permissions.length === 0) return true
  const permitted = permissions.every((permission) => authorizer.allows(credentials, permission))
  counters.add('http', permitted ? 'auth_ok' : 'auth_fail')
  return permitted
}
