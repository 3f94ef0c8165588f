/** Who may do what. Every door asks here, and so does a leader for requests that another node passes on. */

/** Names and meaning are those of rqlite's credentials file. */
export const PERMISSIONS = [
  'all',
  'execute',
  'query',
  'status',
  'ready',
  'backup',
  'load',
  'snapshot',
  'remove',
  'leader-ops',
  'ui',
  'join',
  'join-read-only',
  'join-read-replica',
] as const

export type Permission = (typeof PERMISSIONS)[number]

/** As given by a caller; not checked yet. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface Authorizer {
  /** False: everything is allowed, and nobody need be asked for credentials. */
  readonly enabled: boolean
  /** Undefined credentials: the caller gave none. */
  allows(credentials: Credentials | undefined, permission: Permission): boolean
  /** Whether there is such a user with this password, whatever it may do. */
  recognizes(credentials: Credentials): boolean
  /** What a user of the credentials file proves itself with; undefined if there is no such user. */
  credentialsOf(username: string): Credentials | undefined
}

/** Without a credentials file everything is allowed. */
export const ALLOW_ALL: Authorizer = Object.freeze({
  enabled: false,
  allows: () => true,
  recognizes: () => true,
  credentialsOf: () => undefined,
})
