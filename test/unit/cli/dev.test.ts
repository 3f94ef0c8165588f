import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { DevCluster } from '../../../src/cli/dev-cluster.ts'
import { commandLine, type DevClusterInit, planDevCluster } from '../../../src/cli/dev-plan.ts'
import { checkPorts } from '../../../src/cli/dev-ports.ts'
import { framed, LineSplitter, readyText } from '../../../src/cli/dev-text.ts'
import { loadConfig } from '../../../src/config/index.ts'
import { fakeIo } from './fake-io.ts'
import { freePorts, listen } from './free-ports.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const INIT: DevClusterInit = { nodes: 3, dataDir: '/d', httpPort: 5001, raftPort: 7001, p2pPort: 4001 }

describe('plan', () => {
  const joinOf = (args: readonly string[]) =>
    args.includes('--rqlite-join-address') ? args[args.indexOf('--rqlite-join-address') + 1] : undefined

  test('ports and directories - one of each for each node', () => {
    const nodes = planDevCluster(INIT, '/d/cluster.secret', () => false)
    expect(
      nodes.map(({ name, dataDir, httpPort, raftPort, p2pPort }) => [
        name,
        dataDir,
        httpPort,
        raftPort,
        p2pPort,
      ]),
    ).toEqual([
      ['node1', '/d/node1', 5001, 7001, 4001],
      ['node2', '/d/node2', 5002, 7002, 4002],
      ['node3', '/d/node3', 5003, 7003, 4003],
    ])
  })

  test('command lines - are what debros node takes, all on loopback', () => {
    const secret = join(temporaryDirectory(), 'secret')
    for (const node of planDevCluster({ ...INIT, dataDir: temporaryDirectory() }, secret, () => false)) {
      const [command, ...args] = node.args
      expect(command).toBe('node')
      const flags = Object.fromEntries(
        args.flatMap((arg, i) => (i % 2 === 0 ? [[arg.slice(2), args[i + 1]!]] : [])),
      )
      const { 'cluster-secret-file': secretFile, ...rest } = flags
      expect(secretFile).toBe(secret)
      const { config, warnings } = loadConfig({ flags: rest })
      expect(warnings).toEqual([])
      expect(config).toMatchObject({
        nodeId: node.name,
        dataDir: node.dataDir,
        role: node.name === 'node1' ? 'bootstrap' : 'node',
        listenAddresses: [`/ip4/127.0.0.1/tcp/${node.p2pPort}`],
        http: { host: '127.0.0.1', port: node.httpPort },
        raft: {
          host: '127.0.0.1',
          port: node.raftPort,
          advertise: { host: '127.0.0.1', port: node.raftPort },
        },
      })
    }
  })

  test('joining - through the first, who joins the others if it alone has lost its data', () => {
    const joins = (...withData: string[]) =>
      planDevCluster(INIT, 's', (dir) => withData.includes(dir)).map(({ args }) => joinOf(args))
    const usual = [undefined, '127.0.0.1:7001', '127.0.0.1:7001']
    expect(joins()).toEqual(usual)
    expect(joins('/d/node1', '/d/node2', '/d/node3')).toEqual(usual)
    expect(joins('/d/node2', '/d/node3')).toEqual([
      '127.0.0.1:7002,127.0.0.1:7003',
      '127.0.0.1:7001',
      '127.0.0.1:7001',
    ])
  })

  test('shown command lines - are quoted where a shell needs it', () => {
    expect(commandLine(['a', '--b=c/d.e', 'two words', "it's", '$x', ''])).toBe(
      "a --b=c/d.e 'two words' 'it'\\''s' '$x' ''",
    )
  })
})

describe('text', () => {
  const nodes = planDevCluster(INIT, '/d/cluster.secret', () => false)

  test('ready - ports, process ids and lines to try', () => {
    const text = readyText(
      nodes.map((node, i) => ({ node, pid: 100 + i })),
      '/d',
      ['bin/debros'],
    ).join('\n')
    expect(text).toContain('3 nodes, data in /d')
    expect(text).toMatch(/node2 +HTTP http:\/\/127.0.0.1:5002 +Raft 7002 +P2P 4002 +pid 101/)
    expect(text).toContain(
      `  curl -s 'http://127.0.0.1:5003/db/query?level=linearizable&pretty' -d '["SELECT * FROM foo"]'`,
    )
    expect(text).toContain('  kill -9 102')
    expect(text).toContain('  bin/debros status --url http://127.0.0.1:5001')
    expect(text).toContain('  bin/debros shell -p 5001')
  })

  test('ready - of a single node speaks of no other', () => {
    const text = readyText([{ node: nodes[0]!, pid: 1 }], '/d', ['debros']).join('\n')
    expect(text).not.toMatch(/another node|kill/)
  })

  test('frame - leaves the lines as they are', () => {
    expect(framed(['a', 'bcd'])).toBe('───\na\nbcd\n───')
  })

  test('lines - are put together from chunks', () => {
    const lines: string[] = []
    const splitter = new LineSplitter((line) => lines.push(line))
    for (const chunk of ['one\ntw', '', 'o\n\nthr', 'ee']) splitter.push(chunk)
    expect(lines).toEqual(['one', 'two', ''])
    splitter.end()
    splitter.end()
    expect(lines).toEqual(['one', 'two', '', 'three'])
  })
})

describe('ports', () => {
  test('taken ones - are all named, before anything is started', async () => {
    const port = await freePorts(6)
    const nodes = planDevCluster(
      { ...INIT, nodes: 2, httpPort: port, raftPort: port + 2, p2pPort: port + 4 },
      's',
      () => false,
    )
    await checkPorts(nodes)
    const taken = [await listen(port + 1), await listen(port + 4)]
    onTestFinished(() => taken.forEach((server) => void server.close()))
    await expect(checkPorts(nodes)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(
        `\n  ${port + 4}, for the libp2p listener of node1 (--p2p-port)\n  ${port + 1}, for the HTTP API of node2 (--http-port)\n`,
      ),
    })
  })

  test('overlapping ranges - are refused', async () => {
    const nodes = planDevCluster({ ...INIT, httpPort: 5001, raftPort: 5003 }, 's', () => false)
    await expect(checkPorts(nodes)).rejects.toMatchObject({
      message: expect.stringContaining('port 5003 would be used twice'),
    })
  })
})

describe('cluster', () => {
  const fakeProgram = fileURLToPath(new URL('fake-debros.mjs', import.meta.url))

  async function start(env: Record<string, string> = {}) {
    const port = await freePorts(9)
    const dataDir = join(temporaryDirectory(), 'dev')
    const io = fakeIo({ PATH: process.env.PATH, RQLITE_JOIN_ADDRESS: 'stray:1', LOG_LEVEL: 'warn', ...env })
    const stop = new AbortController()
    const cluster = new DevCluster(
      { io, program: [process.execPath, fakeProgram], shownProgram: ['bin/debros'], signal: stop.signal },
      { nodes: 3, dataDir, httpPort: port, raftPort: port + 3, p2pPort: port + 6 },
    )
    onTestFinished(() => cluster.kill())
    return { port, dataDir, io, stop, cluster, exit: cluster.run() }
  }

  test('from start to stop - merged output, a secret, and what to try', async () => {
    const { io, stop, exit, dataDir, port } = await start()
    await vi.waitFor(() => expect(io.output()).toContain('The cluster is ready: 3 nodes'), {
      timeout: 20_000,
    })
    expect(statSync(join(dataDir, 'cluster.secret')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(dataDir, 'cluster.secret'), 'utf8').trim()).toMatch(/^[0-9a-f]{64}$/)
    for (const name of ['node1', 'node2', 'node3'])
      expect(io.output()).toContain(`${name} │ hello from ${name} join= level=warn`)
    stop.abort()
    expect(await exit).toBe(0)
    // What a node says last is shown even if it ends without a line feed.
    for (const name of ['node1', 'node2', 'node3'])
      expect(io.output()).toContain(`${name} │ bye from ${name}`)
    expect(io.output()).not.toContain('has ended')
    await expect(fetch(`http://127.0.0.1:${port}/readyz`)).rejects.toThrow()
  })

  test('a node that ends - is told with the line that starts it again, and the others go on', async () => {
    const { io, stop, exit, port, dataDir } = await start({ FAKE_FAILS: 'node2' })
    await vi.waitFor(() => expect(io.output()).toContain('The cluster is ready: 2 nodes'), {
      timeout: 20_000,
    })
    expect(io.output()).toContain('node2 │ cannot go on')
    expect(io.output()).toContain('node2 │ node2 has ended (exit code 3)')
    expect(io.output()).toContain(
      `  bin/debros node --id node2 --data ${dataDir}/node2 --listen-address /ip4/127.0.0.1/tcp/${port + 7} `,
    )
    const pid = Number(/kill -9 (\d+)/.exec(io.output())![1])
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(io.output()).toContain('node3 │ node3 has ended (killed by SIGKILL)'))
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    stop.abort()
    expect(await exit).toBe(0)
  })

  test('all nodes gone - is a failure', async () => {
    const { io, exit } = await start()
    await vi.waitFor(() => expect(io.output()).toContain('The cluster is ready'), { timeout: 20_000 })
    for (const [, pid] of io.output().matchAll(/pid (\d+)/g)) process.kill(Number(pid), 'SIGKILL')
    expect(await exit).toBe(1)
    expect(io.errors()).toBe('every node has ended')
  })

  test('kill - ends nodes that do not stop', async () => {
    const { io, stop, exit, cluster } = await start({ FAKE_STUBBORN: 'node3' })
    await vi.waitFor(() => expect(io.output()).toContain('The cluster is ready'), { timeout: 20_000 })
    stop.abort()
    await vi.waitFor(() => expect(io.output()).toContain('bye from node1'))
    cluster.kill()
    expect(await exit).toBe(0)
  })

  test('a port in use - starts nothing', async () => {
    const { io, exit, stop, port } = await start()
    await vi.waitFor(() => expect(io.output()).toContain('The cluster is ready'), { timeout: 20_000 })
    const dataDir = join(temporaryDirectory(), 'second')
    const second = new DevCluster(
      { io: fakeIo(), program: [process.execPath, fakeProgram], shownProgram: [], signal: stop.signal },
      { nodes: 3, dataDir, httpPort: port, raftPort: port + 3, p2pPort: port + 6 },
    )
    await expect(second.run()).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(existsSync(dataDir)).toBe(false)
    stop.abort()
    await exit
  })
})
