/**
 * Writes dist/licenses.txt: our licence, and those of every package that is installed with us, as their
 * licences ask of who passes them on. A text that several packages share stands there once.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface LockedPackage {
  readonly version?: string
  readonly license?: string
  readonly dev?: boolean
}

const root = fileURLToPath(new URL('..', import.meta.url))
const RULE = '-'.repeat(78)

/** Installed for use, not for development only, by path. */
function installed(): readonly (readonly [path: string, LockedPackage])[] {
  const lock = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  return Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true)
}

/** The texts of all licence and notice files; "" if it has none, or is optional and not there. */
function textOf(path: string): string {
  try {
    return readdirSync(`${root}/${path}`)
      .filter((name) => /^(?:licen[cs]e|copying|notice)/i.test(name))
      .sort()
      .map((name) => readFileSync(`${root}/${path}/${name}`, 'utf8').replaceAll('\r\n', '\n').trim())
      .join('\n\n')
  } catch {
    return ''
  }
}

const byText = new Map<string, string[]>()
const missing: string[] = []
for (const [path, { version = '', license = 'unknown licence' }] of installed()) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const title = `${name} ${version} (${license})`
  const text = textOf(path)
  if (text === '') missing.push(title)
  else byText.set(text, [...(byText.get(text) ?? []), title])
}

const shared = [...byText].map(([text, titles]) => ({ titles: [...new Set(titles)].sort(), text }))
shared.sort((a, b) => (a.titles[0]! < b.titles[0]! ? -1 : 1))
const sections = [
  `debros\n\n${readFileSync(`${root}/LICENSE`, 'utf8').trim()}`,
  'SQLite, which is part of sql.js, is in the public domain.',
  ...shared.map(({ titles, text }) => `${titles.join('\n')}\n\n${text}`),
  `Without a text of their own:\n\n${[...new Set(missing)].sort().join('\n')}`,
]
writeFileSync(`${root}/dist/licenses.txt`, `${sections.join(`\n\n${RULE}\n\n`)}\n`)
