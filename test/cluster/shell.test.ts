/** `debros shell` and `rqlite` in a pipe, against real nodes: what they print, and that they end with 0. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProcessCluster, type ProcessNode } from './processes.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const TIMEOUT_MS = 120_000

let cluster: ProcessCluster
let directory: string
let node: ProcessNode

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'debros-shell-'))
  cluster = await ProcessCluster.start({ nodes: 2 })
  node = cluster.nodes[1] as ProcessNode // it follows
}, TIMEOUT_MS)

afterAll(async () => {
  await cluster.close()
  await rm(directory, { recursive: true, force: true })
})

async function run(command: string, args: readonly string[], lines: readonly string[]) {
  const child = spawn(join(ROOT, command), args, {
    env: { ...process.env, HOME: directory, RQLITE_HOST: node.url },
    cwd: directory,
  })
  child.stdin.end(lines.map((line) => `${line}\n`).join(''))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

const WELCOME = 'Enter ".help" for usage hints.\nConnected to'

test.each([
  ['bin/rqlite', [], 'Welcome to the rqlite CLI.'],
  ['bin/debros', ['shell'], 'Welcome to the debros shell.'],
])(
  '%s - through a follower',
  async (command, args, welcome) => {
    const name = command.replace('/', '_')
    const { code, stdout, stderr } = await run(command, args, [
      `CREATE TABLE ${name} (id INTEGER NOT NULL PRIMARY KEY, name TEXT)`,
      `INSERT INTO ${name}(name) VALUES("fiona")`,
      '.consistency',
      '.consistency strong',
      `SELECT * FROM ${name};`,
      '.schema',
      'SELECT 9223372036854775807, nothing',
      '.ready',
      '.help',
    ])
    expect([code, stderr]).toEqual([0, ''])
    const version = / running version (\S+)\n/.exec(stdout)?.[1]
    expect(stdout.slice(0, stdout.indexOf('affected'))).toBe(
      `${welcome}\n${WELCOME} ${node.url} running version ${version}\n0 row `,
    )
    expect(stdout).toContain(
      'weak\n+----+-------+\n| id | name  |\n+----+-------+\n| 1  | fiona |\n+----+-------+\n',
    )
    expect(stdout).toContain(`| CREATE TABLE ${name} (id INTEGER NOT NULL PRIMARY KEY, name TEXT)`)
    expect(stdout).toContain('\nError: no such column: nothing\nready\n')
    expect(stdout).toMatch(/^\.show +Show /m)
    expect(stdout.endsWith('\nbye~\n')).toBe(true)
  },
  TIMEOUT_MS,
)

test(
  'diagnostics - of the cluster',
  async () => {
    const { code, stdout } = await run(
      'bin/rqlite',
      [],
      [
        '.nodes',
        '.leader',
        '.status build',
        '.status store.raft.state',
        '.expvar http.queries',
        `.sysdump ${directory}/diagnostics`,
        '.nonsense',
      ],
    )
    expect(code).toBe(0)
    for (const { id, url } of cluster.nodes) {
      expect(stdout).toContain(`${id}:\n  addr: `)
      expect(stdout).toContain(`  api_addr: ${url}\n`)
    }
    expect(stdout).toContain('build:\n  build_time: ')
    expect(stdout).toContain('store.raft.state: Follower\n')
    expect(stdout).toMatch(/^http\.queries: \d+$/m)
    expect(stdout.match(/^ERR!.*$/gm)).toEqual(['ERR! unknown command .nonsense; .help lists them'])
  },
  TIMEOUT_MS,
)

test(
  'the first host is dead - the alternative answers',
  async () => {
    const host = node.url.replace('http://', '')
    const { code, stdout } = await run('bin/debros', ['shell', '-p', '1', '-a', host], ['SELECT 1'])
    expect(code).toBe(0)
    expect(stdout).toContain(`Connected to http://${host} running`)
    expect(stdout).toContain('+---+\n| 1 |\n+---+\n| 1 |\n+---+\nbye~\n')
  },
  TIMEOUT_MS,
)
