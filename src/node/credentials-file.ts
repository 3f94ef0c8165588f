/**
 * rqlite's credentials file: who the users are, with their passwords and permissions.
 *
 *   [{"username": "bob", "password": "secret", "perms": ["query", "execute"]},
 *    {"username": "*", "perms": ["status", "ready"]}]
 *
 * What `*` may do, everybody may, with any credentials or none. A later entry for a user replaces an
 * earlier one as a whole: what it leaves out is empty, not inherited.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { DebrosError, errorMessage } from '../base/index.ts'
import { type Authorizer, type Credentials, PERMISSIONS, type Permission } from './authorization.ts'

const ANYBODY = '*'
const KNOWN: ReadonlySet<string> = new Set(PERMISSIONS)

interface User extends Credentials {
  /** Digests of equal length hide how long passwords are, and how far they agree. */
  readonly digest: Buffer
  readonly permissions: ReadonlySet<Permission>
}

export interface CredentialsFile {
  readonly authorizer: Authorizer
  /** What an operator should know of the file; without secrets. */
  readonly warnings: readonly string[]
}

/** Errors: `CREDENTIALS_FILE_UNREADABLE`, `CREDENTIALS_FILE_INVALID`. */
export async function readCredentialsFile(file: string): Promise<CredentialsFile> {
  let text: string
  let mode: number
  try {
    text = await readFile(file, 'utf8')
    mode = (await stat(file)).mode
  } catch (cause) {
    const message = `the credentials file cannot be read: ${errorMessage(cause)}`
    throw new DebrosError('CREDENTIALS_FILE_UNREADABLE', message, { cause })
  }
  const users = parseUsers(text)
  const warnings = [...users.values()]
    .filter(({ username, password }) => username !== ANYBODY && password === '')
    .map(({ username }) => `user ${JSON.stringify(username)} of the credentials file has an empty password`)
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    warnings.push(`others on this machine may read the passwords in ${file}; chmod 600 keeps them private`)
  }
  return { authorizer: new FileAuthorizer(users), warnings }
}

/** From the text of a credentials file. Throws `CREDENTIALS_FILE_INVALID`, naming the entry and no password. */
export function createAuthorizer(text: string): Authorizer {
  return new FileAuthorizer(parseUsers(text))
}

class FileAuthorizer implements Authorizer {
  readonly enabled = true
  readonly #users: ReadonlyMap<string, User>

  constructor(users: ReadonlyMap<string, User>) {
    this.#users = users
  }

  allows(credentials: Credentials | undefined, permission: Permission): boolean {
    if (holds(this.#users.get(ANYBODY), permission)) return true
    if (credentials === undefined || credentials.username === '') return false
    return this.recognizes(credentials) && holds(this.#users.get(credentials.username), permission)
  }

  recognizes({ username, password }: Credentials): boolean {
    const user = this.#users.get(username)
    // An unknown user takes as long as a known one.
    const same = timingSafeEqual(digestOf(password), user?.digest ?? NO_DIGEST)
    return user !== undefined && same
  }

  credentialsOf(username: string): Credentials | undefined {
    const user = this.#users.get(username)
    return user && { username, password: user.password }
  }
}

/** Of this process, so that digests are of no use elsewhere. */
const KEY = randomBytes(32).toString('hex')
const NO_DIGEST = digestOf('')

function digestOf(password: string): Buffer {
  return hash('sha256', KEY + password, 'buffer')
}

function holds(user: User | undefined, permission: Permission): boolean {
  return user !== undefined && (user.permissions.has(permission) || user.permissions.has('all'))
}

function parseUsers(text: string): ReadonlyMap<string, User> {
  let entries: unknown
  try {
    entries = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    // Node's own message quotes the text around the fault, and that may be a password.
    throw invalid('it is not JSON')
  }
  if (!Array.isArray(entries)) throw invalid('it must be an array of users')
  return new Map(entries.map((entry, i) => parseUser(entry, i + 1)).map((user) => [user.username, user]))
}

function parseUser(entry: unknown, position: number): User {
  const refuse = (why: string) => invalid(`entry ${position}: ${why}`)
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw refuse('it is not an object')
  const { username, password = '', perms = [] } = entry as Record<string, unknown>
  if (typeof username !== 'string' || username === '')
    throw refuse('username must be a text that is not empty')
  // A colon ends the name in HTTP's Basic scheme, so such a user could never come in.
  if (username.includes(':')) throw refuse('username must not contain a colon')
  const who = JSON.stringify(username)
  if (typeof password !== 'string') throw refuse(`the password of ${who} is not a text`)
  if (!Array.isArray(perms)) throw refuse(`perms of ${who} is not an array`)
  const permissions = new Set(perms.map(toPermission(who, refuse)))
  return { username, password, digest: digestOf(password), permissions }
}

function toPermission(who: string, refuse: (why: string) => DebrosError): (given: unknown) => Permission {
  return (given) => {
    if (typeof given === 'string' && KNOWN.has(given)) return given as Permission // it is in the set
    throw refuse(
      `${who} has an unknown permission ${JSON.stringify(given)}; known are ${PERMISSIONS.join(', ')}`,
    )
  }
}

function invalid(why: string): DebrosError {
  return new DebrosError('CREDENTIALS_FILE_INVALID', `the credentials file is not valid: ${why}`)
}
