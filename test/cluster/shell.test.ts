/** `debros shell` and `rqlite` in a pipe, against real nodes: what they print, and that they end with 0. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
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
  cluster = await ProcessCluster.start()
  const leader = await cluster.leader()
  node = cluster.nodes.find((one) => one !== leader) as ProcessNode
}, TIMEOUT_MS)

afterAll(async () => {
  await cluster.close()
  await rm(directory, { recursive: true, force: true })
})

function start(command: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(join(ROOT, command), args, {
    env: { ...process.env, HOME: directory, RQLITE_HOST: node.url },
    cwd: directory,
  })
}

async function run(command: string, args: readonly string[], lines: readonly string[]) {
  const child = start(command, args)
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
      'SELECT 9223372036854775807, absent',
      '.ready',
      '.help',
    ])
    expect([code, stderr]).toEqual([0, ''])
    const version = / running version (\S+)\n/.exec(stdout)?.[1]
    // What a table's creation says after an INSERT is the INSERT's number, as in SQLite.
    expect(stdout).toMatch(/ running version \S+\n[01] row affected\n1 row affected\nweak\n/)
    expect(stdout.startsWith(`${welcome}\n${WELCOME} ${node.url} running version ${version}\n`)).toBe(true)
    expect(stdout).toContain(
      'weak\n+----+-------+\n| id | name  |\n+----+-------+\n| 1  | fiona |\n+----+-------+\n',
    )
    expect(stdout).toContain(`| CREATE TABLE ${name} (id INTEGER NOT NULL PRIMARY KEY, name TEXT)`)
    expect(stdout).toContain('\nError: no such column: absent\nready\n')
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
  'a database - is saved and loaded, through a follower and into a cluster of one',
  async () => {
    const saved = await run(
      'bin/rqlite',
      [],
      [
        'CREATE TABLE saved (id INTEGER PRIMARY KEY, v TEXT)',
        "INSERT INTO saved(v) VALUES('it''s')",
        '.backup b.db',
        '.dump d.sql saved',
        'DROP TABLE saved',
        '.restore d.sql',
        'SELECT v FROM saved',
        'DROP TABLE saved',
        '.restore b.db',
        'SELECT v FROM saved',
        '.boot b.db',
        '.restore absent.db',
      ],
    )
    const table = "+------+\n| v    |\n+------+\n| it's |\n+------+\n"
    expect(saved.stdout).toContain('backup file written successfully\nSQL text file written successfully\n')
    expect(saved.stdout).toContain(
      `last inserted ID: 1\nrows affected: 1\nDatabase restored successfully.\n${table}`,
    )
    expect(saved.stdout).toContain(`affected\nDatabase restored successfully.\n${table}`)
    expect(saved.stdout.match(/^ERR! .*$/gm)).toEqual([
      'ERR! boot failed, status code: 503 Service Unavailable, not leader',
      'ERR! absent.db: no such file or directory',
    ])
    await using alone = await ProcessCluster.start({ nodes: 1 })
    const port = new URL((alone.nodes[0] as ProcessNode).url).port
    const booted = await run('bin/rqlite', ['-p', port], ['.boot b.db', 'SELECT v FROM saved'])
    expect(booted.stdout).toContain(`Node booted successfully.\n${table}bye~\n`)
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

// The last: it kills the node that the others ask.
test(
  'the node dies under a script - the rest goes to another, and nothing is written twice or not at all',
  async () => {
    const [host, ...others] = [node, ...cluster.nodes.filter((one) => one !== node)].map(({ url }) =>
      url.replace('http://', ''),
    )
    const [, port = ''] = (host as string).split(':')
    const child = start('bin/debros', ['shell', '-p', port, '-a', others.join(',')])
    let stdout = ''
    let written = 0
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      written = stdout.match(/^[01] row affected$/gm)?.length ?? 0
      if (written >= 50 && node.running) void node.kill()
    })
    child.stdin.write('CREATE TABLE counted (v)\n')
    child.stdin.end('INSERT INTO counted VALUES (1)\n'.repeat(400))
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code).toBe(0)
    expect(stdout).not.toContain('ERR!')
    expect([node.running, written]).toEqual([false, 401])
    const [result] = await (await cluster.leader()).client.query(['SELECT count(*) FROM counted'], {
      level: 'linearizable',
    })
    expect(result).toMatchObject({ values: [[400]] })
  },
  TIMEOUT_MS,
)
