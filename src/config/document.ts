/** Reads a configuration file: which setting each key of it means, and which keys mean nothing. */
import { parseDocument } from 'yaml'
import { errorMessage } from '../base/index.ts'
import type { Problem } from './problems.ts'
import { SETTING_PATHS, type SettingPath, settingAt } from './settings.ts'
import { suggest } from './suggest.ts'

export interface ConfigDocument {
  /** As written in the file, by setting. Keys left empty are not in it. */
  readonly values: ReadonlyMap<SettingPath, unknown>
  readonly problems: readonly Problem[]
  /** Keys that are overruled by another spelling of the same setting. */
  readonly overruled: readonly { readonly key: string; readonly by: string }[]
}

/** Every spelling of every setting. */
const MEANING: ReadonlyMap<string, SettingPath> = new Map(
  SETTING_PATHS.flatMap((path) =>
    [path, ...(settingAt(path).aliases ?? [])].map((key) => [key, path] as const),
  ),
)

const SECTIONS: ReadonlySet<string> = new Set(SETTING_PATHS.map((path) => path.slice(0, path.indexOf('.'))))

/** `name` is the file's, for messages. Never throws: what is wrong is in `problems`. */
export function readDocument(text: string, name: string): ConfigDocument {
  const failed = (...messages: string[]): ConfigDocument => ({
    values: new Map(),
    problems: messages.map((message) => ({ path: name, message })),
    overruled: [],
  })
  const yaml = parseDocument(text)
  if (yaml.errors.length > 0) return failed(...yaml.errors.map((error) => firstLine(error.message)))
  try {
    const root: unknown = yaml.toJS()
    if (root === null || root === undefined) return failed()
    return isMapping(root) ? readMapping(root) : failed('must be a mapping of settings')
  } catch (error) {
    return failed(errorMessage(error)) // YAML aliases that would expand to something huge
  }
}

function readMapping(root: Record<string, unknown>): ConfigDocument {
  const problems: Problem[] = []
  const found: { key: string; path: SettingPath; value: unknown }[] = []

  const readKey = (key: string, value: unknown) => {
    const path = MEANING.get(key)
    if (path === undefined) problems.push(unknownKey(key))
    else if (value !== null) found.push({ key, path, value })
  }
  for (const [key, value] of Object.entries(root)) {
    if (!SECTIONS.has(key)) readKey(key, value)
    else if (isMapping(value)) for (const [inner, v] of Object.entries(value)) readKey(`${key}.${inner}`, v)
    else if (value !== null) problems.push({ path: key, message: 'must be a mapping of settings' })
  }

  const values = new Map<SettingPath, unknown>()
  const overruled: { key: string; by: string }[] = []
  const canonicalFirst = found.sort((a, b) => Number(b.key === b.path) - Number(a.key === a.path))
  const keyOf = new Map<SettingPath, string>()
  for (const { key, path, value } of canonicalFirst) {
    const by = keyOf.get(path)
    if (by !== undefined) overruled.push({ key, by })
    else {
      keyOf.set(path, key)
      values.set(path, value)
    }
  }
  return { values, problems, overruled }
}

function unknownKey(key: string): Problem {
  const name = key.slice(key.indexOf('.') + 1)
  // A right name in the wrong section is nearer to what was meant than a similar one in the right section.
  const moved = SETTING_PATHS.find((path) => path.endsWith(`.${name}`))
  const meant = moved ?? suggest(key, [...MEANING.keys(), ...SECTIONS])
  return { path: key, message: 'unknown key', hint: meant && `did you mean "${meant}"?` }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/:$/, '') ?? ''
}
