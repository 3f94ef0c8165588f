/** Which folder may import which, and what breaks it. The table is the house style's folder map. */
import { folderOf, type Import } from './sources.ts'

type Allowed = 'all' | 'types'

const EVERYTHING = [
  'base',
  'wire',
  'raft',
  'sql',
  'kv',
  'p2p',
  'pubsub',
  'config',
  'node',
  'http',
  'gateway',
  'client',
] as const

function all(...folders: readonly string[]): Record<string, Allowed> {
  return Object.fromEntries(folders.map((folder) => [folder, 'all']))
}

function types(...folders: readonly string[]): Record<string, Allowed> {
  return Object.fromEntries(folders.map((folder) => [folder, 'types']))
}

/** A row for each folder of `src/`; what it does not name is forbidden. */
export const ALLOWED: Readonly<Record<string, Readonly<Record<string, Allowed>>>> = {
  base: {},
  wire: all('base'),
  raft: all('base', 'wire'),
  sql: { ...all('base'), ...types('raft') },
  kv: { ...all('base'), ...types('raft') },
  p2p: { ...all('base', 'wire'), ...types('raft') },
  pubsub: { ...all('base', 'wire'), ...types('p2p') },
  config: all('base'),
  client: all('base', 'wire'),
  node: all('base', 'wire', 'raft', 'sql', 'kv', 'p2p', 'pubsub', 'config'),
  http: { ...all('base'), ...types('node', 'sql') },
  gateway: { ...all('base'), ...types('node', 'client') },
  cli: all('base', 'config', 'node', 'http', 'gateway', 'client'),
  testing: all(...EVERYTHING, 'index.ts'),
  // The library's door hands on what the folders offer.
  'index.ts': all(...EVERYTHING),
}

/** Folders that also run in browsers. */
const BROWSER_SAFE = ['base', 'wire', 'client']

/** Every way in which these imports break the map, one sentence each. */
export function importViolations(imports: readonly Import[]): string[] {
  return imports.flatMap((one) => {
    const reason = violation(one)
    return reason === undefined ? [] : [`${one.file}:${one.line} imports ${one.specifier}: ${reason}`]
  })
}

function violation({ file, specifier, target, isType }: Import): string | undefined {
  const from = folderOf(file)
  const row = ALLOWED[from]
  if (row === undefined) return `src/${from}/ has no row in the folder map of test/tidy/imports.ts`
  if (target === undefined) {
    if (file.startsWith('src/raft/core/')) return 'the core imports nothing but base'
    if (specifier.startsWith('node:') && BROWSER_SAFE.includes(from))
      return `src/${from}/ also runs in browsers`
    return undefined
  }
  if (!target.startsWith('src/')) return 'it leaves src/'
  if (file.startsWith('src/raft/core/') && !/^src\/(raft\/core|base)\//.test(target)) {
    return 'the core imports nothing but base'
  }
  const to = folderOf(target)
  if (from === to) return undefined
  if (row[to] === undefined) return `src/${from}/ may not import src/${to}/`
  if (row[to] === 'types' && !isType) return `src/${from}/ may import only types of src/${to}/ (import type)`
  if (target.startsWith('src/wire/generated/')) return 'generated code stays inside src/wire/'
  if (to !== 'index.ts' && target !== `src/${to}/index.ts`) return `src/${to}/ has one door, its index.ts`
  return undefined
}

/** A cycle among these arrows, as the places it passes; undefined if there is none. */
export function findCycle(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (place: string): string[] | undefined => {
    const at = path.indexOf(place)
    if (at !== -1) return [...path.slice(at), place]
    if (done.has(place)) return undefined
    path.push(place)
    for (const next of arrows.get(place) ?? []) {
      const cycle = visit(next)
      if (cycle !== undefined) return cycle
    }
    path.pop()
    done.add(place)
    return undefined
  }
  for (const place of arrows.keys()) {
    const cycle = visit(place)
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** What is loaded when the program runs, between the places that `placeOf` gives files. */
export function runtimeArrows(
  imports: readonly Import[],
  placeOf: (path: string) => string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const arrows = new Map<string, Set<string>>()
  for (const { file, target, isType } of imports) {
    if (isType || target === undefined) continue
    const from = placeOf(file)
    const to = placeOf(target)
    if (from === to) continue
    arrows.set(from, (arrows.get(from) ?? new Set()).add(to))
  }
  return arrows
}
