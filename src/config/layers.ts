/** Brings flags, environment, file and defaults together: which value of each setting counts. */
import { tcpPortOf, withTcpPort } from './addresses.ts'
import type { ConfigDocument } from './document.ts'
import { expandPath } from './expand-path.ts'
import type { Problem } from './problems.ts'
import * as s from './schemas.ts'
import { SETTING_PATHS, type SettingPath, type SettingValue, settingAt } from './settings.ts'
import type { ConfigSource, Environment, FlagValues } from './types.ts'

/** A value that counts, before and after its schema. */
export interface Layered {
  readonly path: SettingPath
  readonly raw: unknown
  /** Undefined where nothing is set. */
  readonly value: unknown
  readonly source: ConfigSource
  readonly origin: string | undefined
}

export class LayeredValues {
  readonly #values: ReadonlyMap<SettingPath, Layered>

  constructor(values: ReadonlyMap<SettingPath, Layered>) {
    this.#values = values
  }

  /** The value, or undefined where nothing is set (only settings without a default have that). */
  get<P extends SettingPath>(path: P): SettingValue<P> {
    return this.layered(path).value as SettingValue<P> // made by this very setting's schema
  }

  layered(path: SettingPath): Layered {
    return this.#values.get(path)!
  }

  [Symbol.iterator](): Iterator<Layered> {
    return this.#values.values()
  }
}

export function resolveLayers(
  document: ConfigDocument,
  fileName: string | undefined,
  env: Environment,
  flags: FlagValues,
  problems: Problem[],
): LayeredValues {
  const reader = new LayerReader(env, problems)
  const shorthands = readShorthands(flags, problems)
  const values = new Map<SettingPath, Layered>()
  for (const path of SETTING_PATHS) {
    const layers = [
      reader.fromFlag(path, flags) ?? shorthands.get(path),
      reader.fromEnv(path),
      reader.fromFile(path, document, fileName),
    ]
    values.set(path, layers.find((layer) => layer !== undefined) ?? reader.fromDefault(path))
  }
  applyP2pPort(flags, values, problems)
  return new LayeredValues(values)
}

/** Reads one setting in one layer, and reports what is wrong with it even if another layer wins. */
class LayerReader {
  readonly #env: Environment
  readonly #problems: Problem[]

  constructor(env: Environment, problems: Problem[]) {
    this.#env = env
    this.#problems = problems
  }

  fromFlag(path: SettingPath, flags: FlagValues): Layered | undefined {
    const { flag } = settingAt(path)
    const given = flag === undefined ? undefined : flags[flag]
    if (flag === undefined || given === undefined) return undefined
    const raw =
      typeof given === 'string'
        ? fromText(path, given)
        : Array.isArray(given)
          ? given.flatMap(s.splitList)
          : given
    return this.#read(path, raw, 'flag', `--${flag}`, `--${flag}`)
  }

  fromEnv(path: SettingPath): Layered | undefined {
    const name = settingAt(path).env?.find((candidate) => this.#env[candidate]?.trim())
    if (name === undefined) return undefined
    return this.#read(path, fromText(path, this.#env[name]!.trim()), 'env', name, name)
  }

  fromFile(path: SettingPath, document: ConfigDocument, fileName: string | undefined): Layered | undefined {
    if (!document.values.has(path)) return undefined
    return this.#read(path, document.values.get(path), 'file', fileName, path)
  }

  fromDefault(path: SettingPath): Layered {
    const { fallback, schema } = settingAt(path)
    const value = fallback === undefined ? undefined : schema.parse(fallback)
    return { path, raw: fallback, value, source: 'default', origin: undefined }
  }

  /** A bad value is reported and then read as the default, so that the other checks can go on. */
  #read(
    path: SettingPath,
    given: unknown,
    source: ConfigSource,
    origin: string | undefined,
    label: string,
  ): Layered {
    const setting = settingAt(path)
    let raw = given
    if (setting.kind === 'path' && typeof given === 'string') {
      const expansion = expandPath(given, this.#env)
      if ('unsetVariable' in expansion) {
        const message = `names the environment variable ${expansion.unsetVariable}, which is not set`
        this.#problems.push({ path: label, message })
        return this.fromDefault(path)
      }
      raw = expansion.path
    }
    const parsed = setting.schema.safeParse(raw)
    if (parsed.success) return { path, raw, value: parsed.data, source, origin }
    for (const message of new Set(parsed.error.issues.map((issue) => issue.message))) {
      this.#problems.push({ path: label, message, hint: setting.hint })
    }
    return this.fromDefault(path)
  }
}

const TRUE_WORDS = ['1', 'true', 't', 'yes', 'y', 'on']
const FALSE_WORDS = ['0', 'false', 'f', 'no', 'n', 'off']

/** Text that does not fit is passed on as text, for the schema to say what it wants. */
function fromText(path: SettingPath, given: string): unknown {
  switch (settingAt(path).kind) {
    case 'integer':
      return /^-?\d+$/.test(given) ? Number(given) : given
    case 'boolean': {
      const word = given.toLowerCase()
      return TRUE_WORDS.includes(word) ? true : FALSE_WORDS.includes(word) ? false : given
    }
    case 'list':
      return s.splitList(given)
    default:
      return path === 'logging.level' ? given.toLowerCase() : given
  }
}

/** `--adv-addr HOST` is the host of both advertised addresses; a flag of their own wins over it. */
function readShorthands(flags: FlagValues, problems: Problem[]): ReadonlyMap<SettingPath, Layered> {
  const host = flags['adv-addr']
  if (typeof host !== 'string') return new Map()
  const parsed = s.host().safeParse(host)
  if (!parsed.success) {
    problems.push({ path: '--adv-addr', message: 'must be a host name or an IP address, without port' })
    return new Map()
  }
  const paths = ['discovery.http_adv_address', 'discovery.raft_adv_address'] as const
  return new Map(
    paths.map((path) => [path, { path, raw: host, value: host, source: 'flag', origin: '--adv-addr' }]),
  )
}

/** `--p2p-port N` keeps the listen address that would otherwise count, and changes its port. */
function applyP2pPort(flags: FlagValues, values: Map<SettingPath, Layered>, problems: Problem[]): void {
  const given = flags['p2p-port']
  if (given === undefined) return
  const problem = (message: string, hint?: string) => problems.push({ path: '--p2p-port', message, hint })
  const parsed = s.port().safeParse(Number(given))
  if (!parsed.success) {
    problem('must be a whole number from 1 to 65535')
    return
  }
  const path = 'node.listen_addresses'
  const current = values.get(path)!
  const addresses = current.value as SettingValue<typeof path> // made by this setting's schema
  if (current.source === 'flag' || addresses.length !== 1) {
    if (addresses.every((address) => tcpPortOf(address) === parsed.data)) return
    problem('does not say which of the listen addresses it means', 'give the ports in --listen-address alone')
    return
  }
  const changed = [withTcpPort(addresses[0]!, parsed.data)]
  values.set(path, { path, raw: changed, value: changed, source: 'flag', origin: '--p2p-port' })
}
