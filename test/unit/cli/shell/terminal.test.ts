/** The shell at a terminal, which is a pair of streams here: history, completion, Ctrl-C. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { run } from '../../../../src/cli/program.ts'
import { Completion } from '../../../../src/cli/shell/completion.ts'
import { Endpoint } from '../../../../src/cli/shell/endpoint.ts'
import { addToHistory, readHistory } from '../../../../src/cli/shell/history.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { fakeServer, type Handler } from './fake-server.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const UP = '\u001b[A'

/** Types, and sees what is shown. */
class Person {
  readonly home = temporaryDirectory()
  readonly input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  readonly output = Object.assign(new PassThrough(), { isTTY: true, columns: 200 })
  code: Promise<number> = Promise.resolve(-1)
  #seen = ''
  #wake = (): void => {}

  readonly port: number
  readonly env: Readonly<Record<string, string>>

  constructor(port: number, env: Readonly<Record<string, string>> = {}) {
    this.port = port
    this.env = env
    this.output.on('data', (chunk: Buffer) => {
      this.#seen += chunk.toString()
      this.#wake()
    })
  }

  start(): this {
    this.code = run(['shell', '-p', String(this.port)], {
      env: { HOME: this.home, ...this.env },
      colors: false,
      out: () => {},
      error: () => {},
      streams: { input: this.input, output: this.output, error: new PassThrough() },
    })
    return this
  }

  type(text: string): void {
    this.input.write(text)
  }

  /** Waits until this is shown, and forgets all up to it. Gives what was before it. */
  async sees(text: string): Promise<string> {
    for (;;) {
      const at = this.#seen.indexOf(text)
      if (at !== -1) {
        const before = this.#seen.slice(0, at)
        this.#seen = this.#seen.slice(at + text.length)
        return before
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async enters(line: string): Promise<void> {
    await this.sees('> ')
    this.type(`${line}\n`)
  }
}

async function person(handler: Handler, env?: Record<string, string>): Promise<Person & { asked: string[] }> {
  const asked: string[] = []
  const { port } = await fakeServer((one) => {
    asked.push(one.body)
    return handler(one)
  })
  return Object.assign(new Person(port, env).start(), { asked })
}

describe('a terminal', () => {
  test('prompts, goes on with what is open, and ends with Ctrl-D', async () => {
    const user = await person(() => [{}])
    await user.sees('running version 10\n')
    await user.sees(`127.0.0.1:${user.port}> `)
    user.type('CREATE TABLE t (\n')
    await user.sees('...> ')
    user.type('v)\n')
    await user.sees('0 row affected\n')
    await user.sees(`127.0.0.1:${user.port}> `)
    user.type(CTRL_D)
    await user.sees('bye~\n')
    expect(await user.code).toBe(0)
    expect(user.asked).toEqual(['["CREATE TABLE t (\\nv)"]'])
  })

  test('Ctrl-C - drops the line, and what was open before it', async () => {
    const user = await person(() => [{}])
    await user.enters("SELECT 'a")
    await user.sees('...> ')
    user.type(`b${CTRL_C}`)
    await user.sees('^C\n')
    await user.enters('SELECT 1')
    await user.sees('0 row affected\n')
    await user.sees('> ')
    user.type(CTRL_C)
    await user.sees('(Ctrl-D or .quit ends)')
    await user.enters('.quit')
    expect(await user.code).toBe(0)
    expect(user.asked).toEqual(['["SELECT 1"]'])
  })

  test('Ctrl-C - cancels what runs', async () => {
    const { promise: never } = Promise.withResolvers<unknown[]>()
    const user = await person(({ body }) => {
      if (!body.includes('slow')) return [{}]
      user.type(CTRL_C)
      return never
    })
    await user.enters('SELECT slow')
    await user.sees('ERR! canceled; a write may still be applied\n')
    await user.enters('SELECT 1')
    await user.sees('0 row affected\n')
    await user.enters('.quit')
    expect(await user.code).toBe(0)
  })

  test('Ctrl-C - leaves no half backup', async () => {
    const dir = temporaryDirectory()
    const user = await person(() => ({ body: 'SQLite format 3', hangs: true }))
    await user.enters(`.backup ${dir}/b.db`)
    await expect
      .poll(() => readdirSync(dir), { timeout: 20_000 })
      .toEqual([expect.stringMatching(/^b\.db\.\d+\.partial$/)])
    user.type(CTRL_C)
    await user.sees('ERR! canceled\n')
    expect(readdirSync(dir)).toEqual([])
    await user.enters('.quit')
    expect(await user.code).toBe(0)
  })

  test('a transaction - is seen in the prompt', async () => {
    const user = await person(() => [{ rows_affected: 1 }, { error: 'oh' }])
    await user.enters('BEGIN')
    await user.sees('what follows is sent as a whole by COMMIT, and forgotten by ROLLBACK\n')
    await user.sees(`127.0.0.1:${user.port} (transaction)`)
    await user.enters('DELETE FROM t')
    await user.enters('COMMIT')
    await user.sees('1 row affected\nError: oh\nnothing of the transaction was done\n')
    await user.enters('.quit')
    await user.code
  })

  test('confirmations - are for people', async () => {
    const user = await person(({ url }) => (url === '/readyz' ? { status: 503, body: '[+]node ok' } : {}))
    await user.enters('.remove n2')
    await user.sees('node n2 is no member any more\n')
    await user.enters('.snapshot')
    await user.sees('snapshot taken\n')
    await user.enters('.ready')
    await user.sees('not ready\n[+]node ok\n')
    await user.enters('.quit')
    await user.code
  })

  test('history - of this run and those before, readable by its owner only', async () => {
    const user = await person(() => [{}])
    writeFileSync(join(user.home, '.debros_history'), 'SELECT before\n')
    await user.enters('SELECT 1')
    await user.enters(' SELECT secret')
    await user.enters('SELECT 2')
    await user.enters(`${UP}${UP}${UP}`)
    await user.enters('.quit')
    await user.code
    const file = join(user.home, '.debros_history')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const [first, second, ...others] = readFileSync(file, 'utf8').trim().split('\n')
    expect([first, second, others.at(-1)]).toEqual(['SELECT before', 'SELECT 1', '.quit'])
    expect(readFileSync(file, 'utf8')).not.toContain('secret\n.quit')
  })

  test('Tab - completes', async () => {
    const user = await person(() => [])
    await user.sees('> ')
    user.type('.tab\t')
    await user.sees('.tables')
    user.type('\n')
    await user.enters('.quit')
    await user.code
  })
})

describe('history file', () => {
  test('size - keeps the last; repeats count once', async () => {
    const file = { path: join(temporaryDirectory(), 'h'), size: 3 }
    await addToHistory(file, ['a', 'b', 'b', 'c', 'd'])
    expect(await readHistory(file)).toEqual(['b', 'c', 'd'])
    await addToHistory(file, ['d', 'e'])
    expect(await readHistory(file)).toEqual(['c', 'd', 'e'])
    await addToHistory({ ...file, size: 0 }, ['f'])
    expect(await readHistory(file)).toEqual([])
  })

  test('a home that is not there - is no failure', async () => {
    const file = { path: join(temporaryDirectory(), 'none', 'h'), size: 3 }
    await addToHistory(file, ['a'])
    expect(await readHistory(file)).toEqual([])
  })
})

describe('completion', () => {
  async function completion() {
    const values = [
      ['foo', 'id'],
      ['foo', 'first name'],
      ['fruit', 'name'],
    ]
    const server = await fakeServer(() => [{ columns: ['name', 'name'], types: ['text', 'text'], values }])
    const endpoint = new Endpoint({
      scheme: 'http',
      hosts: [`127.0.0.1:${server.port}`],
      prefix: '/',
      timeoutMs: 10_000,
    })
    return { completion: new Completion(endpoint), asked: server.asked }
  }

  test.each<[string, string[], string]>([
    ['.ta', ['.tables'], '.ta'],
    ['.s', ['.schema', '.show', '.snapshot ', '.status ', '.stepdown ', '.sysdump '], '.s'],
    ['.mode j', ['json'], 'j'],
    ['.CONSISTENCY ', ['linearizable', 'none', 'strong', 'weak'], ''],
    ['.timer o', ['off', 'on'], 'o'],
    ['SELECT * FROM fo', ['for', 'foreign', 'foo'], 'fo'],
    ['SELECT fi', ['"first name"'], 'fi'],
    ['SELECT foo.FI', ['"first name"'], 'FI'],
    ['SEL', ['SELECT'], 'SEL'],
    ['SELECT foo.', ['"first name"', 'id'], ''],
    ['SELECT Foo.i', ['id'], 'i'],
    ['SELECT ', [], ''],
  ])('%s', async (line, expected, word) => {
    const { completion: one } = await completion()
    expect(await one.complete(line)).toEqual([expected, word])
  })

  test('names - are asked for once, and again after the schema changed', async () => {
    const { completion: one, asked } = await completion()
    // The first `/status` is the fake server's own.
    await one.complete('fo')
    await one.complete('fr')
    expect(asked).toHaveLength(1)
    one.entered('SELECT 1')
    await one.complete('fo')
    expect(asked).toHaveLength(1)
    one.entered('create table x (a)')
    await one.complete('fo')
    expect(asked).toHaveLength(2)
  })

  test('files - for commands that take one', async () => {
    const { completion: one } = await completion()
    const dir = temporaryDirectory()
    mkdirSync(join(dir, 'backups'))
    writeFileSync(join(dir, 'base.db'), '')
    writeFileSync(join(dir, '.hidden'), '')
    expect(await one.complete(`.backup ${dir}/ba`)).toEqual([
      [`${dir}/backups/`, `${dir}/base.db`],
      `${dir}/ba`,
    ])
    expect((await one.complete(`.restore ${dir}/`))[0]).toEqual([`${dir}/backups/`, `${dir}/base.db`])
    expect(await one.complete('.restore /nowhere/x')).toEqual([[], '.restore /nowhere/x'])
  })

  test('without a server - there are still keywords', async () => {
    const endpoint = new Endpoint({ scheme: 'http', hosts: ['127.0.0.1:1'], prefix: '/', timeoutMs: 100 })
    expect(await new Completion(endpoint).complete('SEL')).toEqual([['SELECT'], 'SEL'])
  })
})
