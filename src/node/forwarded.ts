/**
 * Whose request it is that a member passes on to the leader. The leader asks its own credentials file
 * again, since the member may have another one, or none.
 *
 * A request that came in through a door always carries credentials, empty ones if the caller gave none.
 * One without any is the member's own: made by the program it is part of, or by itself. That is
 * trusted, as the member is.
 */
import { DebrosError } from '../base/index.ts'
import type { Authorizer, Credentials, Permission } from './authorization.ts'

/** The two fields of every message that passes a request on. */
export type CallerFields = Partial<Credentials>

export function callerToWire(credentials: Credentials | undefined): CallerFields {
  if (credentials === undefined) return {}
  const { username, password } = credentials
  return { username, password }
}

/** Throws `NOT_AUTHORIZED`. `what` is rqlite's name of the request, for its text. */
export function checkCaller(
  authorizer: Authorizer,
  { username, password }: CallerFields,
  permissions: readonly Permission[],
  what: string,
): void {
  if (username === undefined && password === undefined) return
  const credentials = { username: username ?? '', password: password ?? '' }
  if (permissions.every((permission) => authorizer.allows(credentials, permission))) return
  throw new DebrosError('NOT_AUTHORIZED', `remote ${what} not authorized`)
}
