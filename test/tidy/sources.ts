/**
 * The source files and what they import. Statements are found by their form at the beginning of a
 * line, which the formatter guarantees; a parser would find the same.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export interface SourceFile {
  /** From the project's root, with slashes: `src/raft/core/log.ts`. */
  readonly path: string
  readonly text: string
}

export interface Import {
  readonly file: string
  readonly line: number
  /** As written: `../base/index.ts`, `node:fs`, `fastify`. */
  readonly specifier: string
  /** Where a relative one leads, from the project's root; undefined for packages. */
  readonly target: string | undefined
  /** False if it is loaded when the program runs, as even `import { type A }` is. */
  readonly isType: boolean
}

/** Every TypeScript file below `folder`. */
export function sourceFiles(folder = 'src'): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({
      path: relative(ROOT, path).split(sep).join('/'),
      text: readFileSync(path, 'utf8'),
    }))
}

const NAMES = String.raw`(?:\*(?:\s+as\s+[\w$]+)?|\{[\w\s,$]*\}|[\w$]+)`
const FROM = new RegExp(
  String.raw`^(?:import|export)(\s+type)?\s+(?:[\w$]+\s*,\s*)?${NAMES}\s+from\s+'([^']+)'`,
  'gm',
)
const BARE = /^import\s+'([^']+)'/gm
/** `import('x').Name` with a capital is a type. */
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)(\.[A-Z])?/g

export function importsOf({ path, text }: SourceFile): Import[] {
  const found = [
    ...[...text.matchAll(FROM)].map((match) => ({
      match,
      specifier: match[2],
      isType: match[1] !== undefined,
    })),
    ...[...text.matchAll(BARE)].map((match) => ({ match, specifier: match[1], isType: false })),
    ...[...text.matchAll(DYNAMIC)].map((match) => ({
      match,
      specifier: match[1],
      isType: match[2] !== undefined,
    })),
  ]
  return found.map(({ match, specifier = '', isType }) => ({
    file: path,
    line: text.slice(0, match.index).split('\n').length,
    specifier,
    target: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
    isType,
  }))
}

/** The folder of a source file: `raft` for `src/raft/core/log.ts`, `index.ts` for `src/index.ts`. */
export function folderOf(path: string): string {
  return path.split('/')[1] as string
}

/** Source text without comments; lines stay where they are. */
export function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** Source text without comments and without the insides of quoted strings. */
export function codeOf(text: string): string {
  return withoutComments(text).replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
}

/** A file of the project that is no source. */
export function documentText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
