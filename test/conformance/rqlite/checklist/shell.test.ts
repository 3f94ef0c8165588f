/** rqlite's shell, in a pipe, as scripts use it. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Api } from '../harness/api.ts'
import { useCluster } from '../harness/cluster.ts'
import { rowsOfFile } from '../harness/database-file.ts'
import { row } from '../harness/rows.ts'

const PROGRAM = fileURLToPath(new URL('../../../../bin/rqlite', import.meta.url))

const suite = useCluster()
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'debros-rqlite-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

/** What it prints to these lines on its standard input; it must end with 0. */
async function shell(node: Api, ...lines: string[]): Promise<string> {
  const { hostname, port } = new URL(node.url)
  return await new Promise((resolve, reject) => {
    const child = execFile(
      PROGRAM,
      ['-H', hostname, '-p', port],
      { cwd: directory, env: { ...process.env, HOME: directory }, timeout: 60_000 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${error.message}\n${stdout}\n${stderr}`))
        else resolve(stdout + stderr)
      },
    )
    child.stdin?.end(lines.map((line) => `${line}\n`).join(''))
  })
}

describe('shell', () => {
  row(91, 'an end of input is an end, with 0', async () => {
    expect(await shell(suite.cluster.nodes[0]!)).toContain('Connected to')
  })

  row(91, 'SQL: tables for rows, counts for writes, failures told', async () => {
    const [node] = suite.cluster.nodes
    const output = await shell(
      node!,
      'CREATE TABLE foo (id INTEGER NOT NULL PRIMARY KEY, name TEXT)',
      'INSERT INTO foo(name) VALUES("fiona")',
      'INSERT INTO foo(name) VALUES("declan"), ("sinead")',
      'SELECT * FROM foo',
      'SELECT missing FROM foo',
    )
    expect(output).toMatch(/\b1 row affected/)
    expect(output).toMatch(/\b2 rows affected/)
    expect(output).toMatch(/id\s*\|\s*name/)
    expect(output).toMatch(/1\s*\|\s*fiona/)
    expect(output).toContain('no such column: missing')
  })

  row(91, '.tables .indexes .schema .consistency .ready .help, in any case', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute([
      'CREATE TABLE IF NOT EXISTS shown (id INTEGER PRIMARY KEY, v)',
      'CREATE INDEX IF NOT EXISTS shown_v ON shown(v)',
    ])
    const output = await shell(
      node!,
      '.tables',
      '.INDEXES',
      '.Schema',
      '.consistency',
      '.consistency strong',
      '.consistency',
      '.ready',
      '.help',
    )
    expect(output).toMatch(/name[\s\S]*shown/)
    expect(output).toContain('shown_v')
    expect(output).toMatch(/sql[\s\S]*CREATE TABLE shown/)
    expect(output).toContain('weak')
    expect(output).toContain('strong')
    expect(output).toMatch(/^ready$/m)
    expect(output).toContain('Show')
  })

  row(91, '.status .expvar .nodes .leader: indented text', async () => {
    const leader = await suite.cluster.leader()
    const id = suite.cluster.process(leader).id
    const output = await shell(await suite.cluster.follower(), '.status', '.expvar', '.nodes', '.leader')
    expect(output).toContain('build:')
    expect(output).toMatch(/ +version: /)
    expect(output).toContain('cmdline')
    for (const { id: member } of suite.cluster.processes.nodes) expect(output).toContain(member)
    expect(output).toContain(id)
  })

  row(91, '.backup .dump .restore, through a follower', async () => {
    const { cluster } = suite
    const follower = await cluster.follower()
    await follower.execute(['CREATE TABLE saved (v TEXT)', "INSERT INTO saved VALUES('kept')"])
    const output = await shell(follower, '.backup bak.sqlite', '.dump bak.sql')
    expect(output).toContain('backup file written successfully')
    expect(output).toContain('SQL text file written successfully')
    expect(await rowsOfFile(await readFile(join(directory, 'bak.sqlite')), 'SELECT v FROM saved')).toEqual([
      ['kept'],
    ])
    expect(await readFile(join(directory, 'bak.sql'), 'utf8')).toContain(
      `INSERT INTO "saved" VALUES('kept');`,
    )
    for (const file of ['bak.sqlite', 'bak.sql']) {
      if (file === 'bak.sqlite') await follower.execute(["UPDATE saved SET v = 'changed'"])
      else
        for (const [type, name] of await follower.rows(
          "SELECT type, name FROM sqlite_master WHERE type = 'table'",
        ))
          await follower.execute([`DROP ${type} ${name}`])
      expect(await shell(follower, `.restore ${file}`)).toContain('Database restored successfully.')
      expect(await follower.rows('SELECT v FROM saved', 'level=strong')).toEqual([['kept']])
    }
  })

  row(91, '.snapshot .reap .stepdown', async () => {
    const { cluster } = suite
    const before = await cluster.leader()
    const output = await shell(before, '.snapshot', '.reap', '.stepdown')
    expect(output).toMatch(/snapshots reaped: \d+, WALs checkpointed: \d+/)
    expect(output).not.toContain('ERR!')
    await cluster.processes.until(20_000, 'another leader', async () => (await cluster.leader()) !== before)
  })
})
