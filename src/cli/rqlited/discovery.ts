/**
 * `-disco-mode dns` and `dns-srv`: the Raft addresses of a cluster's nodes from its name. A name is looked
 * up anew whenever the addresses are needed, since nodes that are started together appear one by one.
 */
import { lookup, resolveSrv } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import {
  DebrosError,
  errorMessage,
  expandEnvironment,
  formatHostPort,
  hasErrorCode,
} from '../../base/index.ts'
import type { Environment } from '../../config/index.ts'
import { addressList } from './addresses.ts'

export type DiscoveryMode = 'dns' | 'dns-srv'

export interface DiscoveryInit {
  readonly mode: DiscoveryMode
  /** Of `-disco-config`: JSON, or the path of a file with it; "" for the defaults. */
  readonly config: string
  /** Of `dns`, unless the configuration has another. */
  readonly raftPort: number
  readonly env: Environment
}

/** What is asked of the system; tests have names of their own. */
export interface Resolver {
  readonly addresses: (name: string) => Promise<readonly string[]>
  readonly services: (name: string) => Promise<readonly { readonly name: string; readonly port: number }[]>
}

export interface Discovery {
  /** `host:port` of the nodes there are now. Rejects if the name cannot be resolved. */
  lookUp(): Promise<readonly string[]>
  /** For `/status`. */
  describe(): object
}

const DEFAULT_NAME = 'rqlite'

export const SYSTEM_RESOLVER: Resolver = {
  addresses: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  services: (name) => resolveSrv(name),
}

/** Errors: `RQLITED_REFUSED` for a configuration that cannot be read. */
export async function createDiscovery(
  init: DiscoveryInit,
  resolver: Resolver = SYSTEM_RESOLVER,
): Promise<Discovery> {
  const settings = parseSettings(await readConfig(init.config), init.env)
  const { name = DEFAULT_NAME } = settings
  if (init.mode === 'dns') {
    const { port = init.raftPort } = settings
    // Stands for what the name resolves to: addresses with commas between them.
    const hosts = init.env.RQLITE_DISCO_DNS_HOSTS ?? ''
    return new NameDiscovery({ mode: 'dns', name, port }, async () =>
      hosts === ''
        ? (await resolver.addresses(name)).map((host) => formatHostPort({ host, port }))
        : addressList(hosts),
    )
  }
  const { service = DEFAULT_NAME } = settings
  const serviceName = `_${service}._tcp.${name}`
  return new NameDiscovery({ mode: 'dns-srv', name, service, dns_name: serviceName }, async () => {
    const services = await resolver.services(serviceName)
    const found = services.map(async ({ name: host, port }) =>
      (await resolver.addresses(host)).map((address) => formatHostPort({ host: address, port })),
    )
    return (await Promise.all(found)).flat()
  })
}

class NameDiscovery implements Discovery {
  readonly #about: object
  readonly #look: () => Promise<readonly string[]>
  #found: { readonly at: Date; readonly addresses: readonly string[] } | undefined
  #error: string | undefined

  constructor(about: object, look: () => Promise<readonly string[]>) {
    this.#about = about
    this.#look = look
  }

  async lookUp(): Promise<readonly string[]> {
    try {
      const addresses = [...new Set(await this.#look())].sort()
      this.#found = { at: new Date(), addresses }
      this.#error = undefined
      return addresses
    } catch (error) {
      this.#error = errorMessage(error)
      throw error
    }
  }

  describe(): object {
    return {
      ...this.#about,
      ...(this.#error !== undefined && { last_error: this.#error }),
      ...(this.#found && {
        last_contact: this.#found.at.toISOString(),
        last_addresses: this.#found.addresses,
      }),
    }
  }
}

async function readConfig(text: string): Promise<string> {
  if (text === '') return '{}'
  try {
    return await readFile(text, 'utf8')
  } catch (error) {
    // No such file, or nothing that could be one: the text itself, then.
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENAMETOOLONG')) return text
    throw refused(errorMessage(error))
  }
}

interface Settings {
  readonly name?: string
  readonly port?: number
  readonly service?: string
}

function parseSettings(text: string, env: Environment): Settings {
  let document: unknown
  try {
    document = JSON.parse(expandEnvironment(text, env))
  } catch (error) {
    throw refused(`it is neither a file nor JSON: ${errorMessage(error)}`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw refused('it is not an object')
  }
  const { name, port, service } = document as Record<string, unknown>
  if (port !== undefined && !(Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535)) {
    throw refused('port is no port')
  }
  return {
    ...settingText('name', name),
    ...settingText('service', service),
    // As with rqlite, nothing and 0 are the same.
    ...(Number(port ?? 0) > 0 && { port: Number(port) }),
  }
}

function settingText(key: 'name' | 'service', value: unknown): Settings {
  if (value === undefined || value === '') return {}
  if (typeof value !== 'string') throw refused(`${key} is not a text`)
  return { [key]: value }
}

function refused(why: string): DebrosError {
  return new DebrosError('RQLITED_REFUSED', `-disco-config cannot be used: ${why}`)
}
