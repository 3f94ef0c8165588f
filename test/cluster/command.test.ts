/** `debros node` as an operator meets it: what it says and how it exits when it cannot do its work. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../../src/testing/free-ports.ts'
import { ProcessCluster, type ProcessNode } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const TIMEOUT_MS = 120_000

let cluster: ProcessCluster
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'debros-command-'))
  cluster = await ProcessCluster.start()
}, TIMEOUT_MS)

afterAll(async () => {
  await cluster.close()
  await rm(directory, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | string | null | undefined
  readonly stderr: string
}

/** Runs `debros` to its end; one that goes on for a minute is killed and has no exit code. */
function debros(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { timeout: 60_000 }, (error, _stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stderr })
    })
  })
}

async function nodeArguments(name: string, change: Record<string, string> = {}): Promise<string[]> {
  const [http, raft, p2p] = await freePorts(3)
  const flags: Record<string, string> = {
    '--id': name,
    '--data': join(directory, name),
    '--rqlite-http-port': String(http),
    '--rqlite-raft-port': String(raft),
    '--raft-host': '127.0.0.1',
    '--listen-address': `/ip4/127.0.0.1/tcp/${p2p}`,
    ...change,
  }
  return ['node', ...Object.entries(flags).flat()]
}

async function expectUnharmed(): Promise<void> {
  for (const node of cluster.nodes) {
    const [result] = await node.client.query(['SELECT 1'], { level: 'linearizable' })
    expect(result).toMatchObject({ values: [[1]] })
  }
  const { nodes } = (await (cluster.nodes[0] as ProcessNode).client.nodes()) as { nodes: unknown[] }
  expect(nodes).toHaveLength(3)
}

test('debros node - a cluster of commands survives its leader and takes it back', {
  timeout: TIMEOUT_MS,
}, async () => {
  const leader = await cluster.leader()
  await leader.client.execute(['CREATE TABLE t (v INTEGER PRIMARY KEY)'])
  await leader.kill()
  const survivor = cluster.nodes.find((node) => node !== leader) as ProcessNode
  const [written] = await survivor.client.execute(['INSERT INTO t VALUES (1)'])
  expect(written).toMatchObject({ rows_affected: 1 })
  cluster.restart(leader)
  await cluster.ready()
  await cluster.converged()
  const [rows] = await leader.client.query(['SELECT v FROM t'], { level: 'none' })
  expect(rows).toMatchObject({ values: [[1]] })
})

test('debros node - SIGTERM ends it cleanly', { timeout: TIMEOUT_MS }, async () => {
  const node = cluster.nodes[2] as ProcessNode
  expect(await node.stop()).toBe(0)
  cluster.restart(node)
  await cluster.ready()
})

test('debros node - SIGTERM ends it cleanly though nobody reads its log any more', {
  timeout: TIMEOUT_MS,
}, async () => {
  const args = [PROGRAM, ...(await nodeArguments('unread'))]
  const node = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(node, 'exit')
  for await (const line of createInterface(node.stdout)) if (line.includes('ready')) break
  node.stdout.destroy()
  node.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test('debros node - a data directory in use is refused', { timeout: TIMEOUT_MS }, async () => {
  const { dataDir } = cluster.nodes[0] as ProcessNode
  const ended = await debros(...(await nodeArguments('second', { '--data': dataDir })))
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('is used by another process') })
  await expectUnharmed()
})

test('debros node - a wrong cluster secret is refused by the members', { timeout: TIMEOUT_MS }, async () => {
  const secretFile = join(directory, 'wrong.secret')
  await writeFile(secretFile, 'a secret that is long enough but wrong\n', { mode: 0o600 })
  const { raftAddress } = cluster.nodes[0] as ProcessNode
  const flags = { '--cluster-secret-file': secretFile, '--rqlite-join-address': raftAddress }
  const ended = await debros(...(await nodeArguments('intruder', flags)))
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('the cluster secret is wrong') })
  await expectUnharmed()
})

test('debros node - ports in use are named', { timeout: TIMEOUT_MS }, async () => {
  const taken = cluster.nodes[0] as ProcessNode
  const http = new URL(taken.url).port
  const raft = taken.raftAddress.split(':')[1] as string
  const [httpEnded, raftEnded] = await Promise.all([
    debros(...(await nodeArguments('port1', { '--rqlite-http-port': http }))),
    debros(...(await nodeArguments('port2', { '--rqlite-raft-port': raft }))),
  ])
  expect(httpEnded).toMatchObject({ code: 1, stderr: expect.stringContaining(`127.0.0.1:${http} is in use`) })
  expect(raftEnded).toMatchObject({ code: 1, stderr: expect.stringContaining(raft) })
  await expectUnharmed()
})

test('debros node - an unknown YAML key is refused with a suggestion', { timeout: TIMEOUT_MS }, async () => {
  const file = join(directory, 'bad.yaml')
  await writeFile(file, 'node:\n  data_dirr: ./x\n')
  const ended = await debros('node', '--config', file)
  expect(ended.code).not.toBe(0)
  expect(ended.stderr).toContain('did you mean "node.data_dir"?')
})

test('HTTP - what no client should send gets a clear answer, and the cluster is unharmed', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { url } = cluster.nodes[1] as ProcessNode
  const post = async (path: string, body: string | ReadableStream) => {
    const init: RequestInit = {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json' },
      duplex: 'half',
    }
    const response = await fetch(`${url}${path}`, init)
    return { status: response.status, text: await response.text() }
  }
  expect(await post('/db/execute', '{"nonsense"')).toMatchObject({ status: 400, text: 'invalid JSON body\n' })
  expect((await post('/nothing/here', '[]')).status).toBe(404)
  expect(await post('/db/execute', '["SELEC 1"]')).toMatchObject({
    status: 200,
    text: '{"results":[{"error":"near \\"SELEC\\": syntax error"}]}',
  })
  const chunk = new Uint8Array(1024 * 1024).fill(32)
  let sent = 0
  const endless = new ReadableStream({
    pull: (controller) => (sent++ < 100 ? controller.enqueue(chunk) : controller.close()),
  })
  // A server that stops reading may break the connection before all of it is sent; either is an answer.
  const large = await post('/db/execute', endless).catch(() => undefined)
  if (large !== undefined) expect(large.status).toBe(413)
  await expectUnharmed()
})
