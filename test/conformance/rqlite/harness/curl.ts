/**
 * Command lines of curl, as people paste them: run by curl itself, or, where there is none, sent over node:http
 * as the same bytes.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { assert } from '../../../../src/base/index.ts'
import { ask } from './http.ts'

const run = promisify(execFile)

let found: Promise<boolean> | undefined

/** What it prints. `line` is without the word `curl`; blanks separate, quotes keep together, as in a shell. */
export async function curl(line: string): Promise<string> {
  const args = split(line)
  found ??= run('curl', ['--version']).then(
    () => true,
    () => false,
  )
  if (!(await found)) return await imitate(args)
  const { stdout } = await run('curl', ['--silent', '--show-error', '--max-time', '60', ...args], {
    maxBuffer: 1 << 26,
  })
  return stdout
}

function split(line: string): string[] {
  const words = line.match(/(?:[^\s'"]|'[^']*'|"(?:\\.|[^"])*")+/g) ?? []
  return words.map((word) =>
    word.replace(
      /'([^']*)'|"((?:\\.|[^"])*)"/g,
      (_, single?: string, double?: string) => single ?? (double ?? '').replace(/\\(.)/g, '$1'),
    ),
  )
}

async function imitate(args: readonly string[]): Promise<string> {
  let method: string | undefined
  let url = ''
  let output: string | undefined
  let follow = false
  let body: string | Uint8Array | undefined
  let asQuery = false
  const headers: Record<string, string> = {}
  const rest = [...args]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-X') method = rest.shift()
    else if (word.startsWith('-X')) method = word.slice(2)
    else if (word === '-G') asQuery = true
    else if (word === '-L') follow = true
    else if (word === '-s') continue
    else if (word === '-o') output = rest.shift()
    else if (word === '-H') {
      const [name = '', value = ''] = (rest.shift() ?? '').split(/:\s*/)
      headers[name] = value
    } else if (word === '-d') body = rest.shift()?.replaceAll(/[\r\n]/g, '')
    else if (word === '--data-urlencode') {
      const [name, ...value] = (rest.shift() ?? '').split('=')
      body = `${name}=${encodeURIComponent(value.join('='))}`
    } else if (word === '--data-binary') body = await dataOf(rest.shift() ?? '')
    else {
      assert(!word.startsWith('-'), `${word} is imitated`)
      url = word.startsWith('http') ? word : `http://${word}`
    }
  }
  if (asQuery && body !== undefined) {
    url += `${url.includes('?') ? '&' : '?'}${String(body)}`
    body = undefined
  }
  if (body !== undefined && !Object.keys(headers).some((name) => /^content-type$/i.test(name)))
    headers['Content-Type'] = 'application/x-www-form-urlencoded'
  const options = {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body !== undefined && { body }),
  }
  let answer = await ask(url, options)
  if (follow && answer.status === 301) answer = await ask(answer.headers.location ?? '', options)
  if (output === undefined) return answer.text
  await writeFile(output, answer.bytes)
  return ''
}

async function dataOf(text: string): Promise<string | Uint8Array> {
  return text.startsWith('@') ? await readFile(text.slice(1)) : text
}
