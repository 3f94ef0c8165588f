import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { type RunNodeComponents, runNode } from '../../../src/cli/run-node.ts'
import { type FlagValues, loadConfig } from '../../../src/config/index.ts'
import type { DebrosNode, NodeInit, NodeServices } from '../../../src/node/index.ts'
import { FakeNode } from '../http/fake-node.ts'
import { freePorts, listen } from './free-ports.ts'
import { recordingLogger } from './recording-logger.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A node in which only what runNode uses is there; it starts and stops its door as the real one does. */
class FakeDebrosNode {
  readonly services = new FakeNode()
  readonly id = 'n1'
  readonly peerId = '12D3KooWfake'
  readonly ended = Promise.withResolvers<void>()
  readonly stopped = this.ended.promise
  readonly events: string[] = []
  init: NodeInit | undefined
  #door: ReturnType<NonNullable<NodeInit['door']>> | undefined
  #open: NodeServices | undefined

  get apiUrl(): string | undefined {
    return this.#door?.url
  }

  async start(init: NodeInit): Promise<DebrosNode> {
    this.init = init
    this.#door = init.door?.(() => this.#open)
    await this.#door?.start()
    return this as unknown as DebrosNode // enough of one
  }

  open(): void {
    this.#open = this.services as unknown as NodeServices // enough of one
  }

  async stop(): Promise<void> {
    this.events.push((await this.#answers()) ? 'stop with HTTP open' : 'stop')
    await this.#door?.stop()
    this.ended.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #answers(): Promise<boolean> {
    return (
      this.apiUrl !== undefined &&
      fetch(this.apiUrl).then(
        () => true,
        () => false,
      )
    )
  }
}

async function prepare(flags: FlagValues = {}) {
  const port = await freePorts(2)
  const data = join(temporaryDirectory(), 'data')
  const node = new FakeDebrosNode()
  const stop = new AbortController()
  const logger = recordingLogger()
  const resolved = loadConfig({
    flags: { data, 'rqlite-http-port': String(port), 'rqlite-raft-port': String(port + 1), ...flags },
  })
  const components: RunNodeComponents = {
    createNode: (init) => node.start(init),
    logger,
    build: { version: '1.2.3', commit: 'c', buildTime: '' },
    signal: stop.signal,
  }
  return { port, data, node, stop, logger, resolved, components, url: `http://127.0.0.1:${port}` }
}

describe('running a node', () => {
  test('from start to stop - HTTP first to open and first to close', async () => {
    const { node, stop, resolved, components, url, data, logger, port } = await prepare({
      id: 'n1',
      'foreign-keys': true,
    })
    const running = runNode(resolved, components)
    await vi.waitFor(async () =>
      expect(await (await fetch(`${url}/status?key=store`)).json()).toEqual({ open: false }),
    )
    node.open()
    await vi.waitFor(() =>
      expect(readFileSync(join(data, 'peer.info'), 'utf8')).toBe('/ip4/0.0.0.0/tcp/4001/p2p/12D3KooWfake\n'),
    )
    expect((await fetch(`${url}/status`)).status).toBe(200)
    expect(node.init).toMatchObject({
      dataDir: data,
      nodeId: 'n1',
      listenAddresses: ['/ip4/0.0.0.0/tcp/4001'],
      raftAddress: `127.0.0.1:${port + 1}`,
      raftAdvertise: `127.0.0.1:${port + 1}`,
      joinAddresses: [],
      voter: true,
      foreignKeys: true,
      raft: {
        tickMs: 20,
        heartbeatMs: 100,
        electionTimeoutMs: 1_000,
        snapshotEntries: 8_192,
        trailingEntries: 4_096,
        snapshotBytesPerSecond: 33_554_432,
      },
      version: '1.2.3',
    })
    stop.abort()
    expect(await running).toBe(0)
    expect(node.events[0]).toBe('stop')
    await expect(fetch(url)).rejects.toThrow()
    expect(logger.lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['starting', 'node is running', 'stopping', 'stopped']),
    )
  })

  test('outbound - what the files say reaches the node; one that is wrong ends the start', async () => {
    const { node, stop, resolved, components, data } = await prepare({ 'cdc-config': 'off' })
    const running = runNode(resolved, components)
    await vi.waitFor(() => expect(node.init).toBeDefined(), 20_000)
    expect(node.init).toMatchObject({ changeCapture: 'off' })
    expect(node.init).not.toHaveProperty('autoBackup')
    stop.abort()
    await running
    const wrong = {
      ...resolved.config,
      outbound: { ...resolved.config.outbound, autoBackupFile: `${data}/none` },
    }
    await expect(runNode({ ...resolved, config: wrong }, components)).rejects.toMatchObject({
      code: 'SERVICE_CONFIG_INVALID',
    })
  })

  test('secret - is made, told by its place, and never shown', async () => {
    const { node, stop, resolved, components, data, logger } = await prepare()
    const running = runNode(resolved, components)
    await vi.waitFor(() => expect(node.init).toBeDefined(), 20_000)
    stop.abort()
    await running
    const file = join(data, 'cluster.secret')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const secret = readFileSync(file, 'utf8').trim()
    expect(node.init!.clusterSecret).toBe(secret)
    expect(logger.lines).toContainEqual(
      expect.objectContaining({
        level: 'info',
        message: expect.stringContaining('made a cluster secret'),
        fields: expect.objectContaining({ file }),
      }),
    )
    expect(JSON.stringify(logger.lines)).not.toContain(secret)
  })

  test('warnings - of the configuration are logged', async () => {
    const { stop, resolved, components, logger } = await prepare({ 'adv-addr': '10.0.0.5' })
    stop.abort()
    await runNode(resolved, components)
    expect(logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual(
      resolved.warnings,
    )
    expect(resolved.warnings).toHaveLength(1)
  })

  test('a node that stops by itself - is a failure, and says why', async () => {
    const { node, resolved, components, logger, url } = await prepare()
    const running = runNode(resolved, components)
    await vi.waitFor(() => expect(node.init).toBeDefined(), 20_000)
    node.ended.reject(new DebrosError('RAFT_LOG_DAMAGED', 'bad record'))
    expect(await running).toBe(1)
    expect(logger.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ error: expect.objectContaining({ code: 'RAFT_LOG_DAMAGED' }) }),
      }),
    )
    await expect(fetch(url)).rejects.toThrow()
  })

  test('a signal before or while it starts - ends the start', async () => {
    for (const early of [true, false]) {
      const { stop, resolved, components } = await prepare()
      const starting = Promise.withResolvers<void>()
      const createNode: RunNodeComponents['createNode'] = (_, { signal }) => {
        starting.resolve()
        return new Promise((_resolve, reject) => {
          if (signal.aborted) reject(signal.reason)
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      }
      if (early) stop.abort()
      const running = runNode(resolved, { ...components, createNode })
      await starting.promise
      stop.abort()
      expect(await running).toBe(0)
    }
  })

  test('a start that fails - is passed on', async () => {
    const { resolved, components, port } = await prepare()
    const taken = await listen(port)
    await expect(runNode(resolved, components)).rejects.toMatchObject({ code: 'HTTP_ADDRESS_IN_USE' })
    taken.close()
    const joining = await prepare({ 'rqlite-join-address': '127.0.0.1:1' })
    await expect(runNode(joining.resolved, joining.components)).rejects.toMatchObject({
      code: 'CLUSTER_SECRET_MISSING',
    })
    expect(joining.node.init).toBeUndefined()
  })
})

describe('users', () => {
  const write = (text: string, mode: number) => {
    const file = join(temporaryDirectory(), 'auth.json')
    writeFileSync(file, text, { mode })
    return file
  }
  const USERS = '[{"username":"bob","password":"hunter2","perms":["status"]}]'

  test('a file of them - is asked by HTTP and by the node, and the user to join as is found there', async () => {
    const authFile = write(USERS, 0o600)
    const { node, stop, logger, resolved, components, url } = await prepare({
      'auth-file': authFile,
      'join-as': 'bob',
    })
    const code = runNode(resolved, components)
    await vi.waitUntil(() => node.apiUrl !== undefined)
    expect((await fetch(`${url}/status`)).status).toBe(401)
    const authorization = `Basic ${btoa('bob:hunter2')}`
    expect((await fetch(`${url}/status`, { headers: { authorization } })).status).toBe(200)
    const bob = { username: 'bob', password: 'hunter2' }
    expect(node.init?.authorizer?.allows(bob, 'status')).toBe(true)
    expect(node.init?.joinCredentials).toEqual(bob)
    stop.abort()
    expect(await code).toBe(0)
    expect(JSON.stringify(logger.lines)).not.toContain('hunter2')
  })

  test('a file that others may read - is warned of', async () => {
    const { stop, logger, resolved, components } = await prepare({ 'auth-file': write(USERS, 0o644) })
    stop.abort()
    await runNode(resolved, components)
    expect(logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(/may read the passwords/),
    ])
  })

  test('a broken file, or a user to join as who is not in it - keep the node from starting', async () => {
    const broken = await prepare({ 'auth-file': write('[{"username":"bob","perms":["fly"]}]', 0o600) })
    await expect(runNode(broken.resolved, broken.components)).rejects.toMatchObject({
      code: 'CREDENTIALS_FILE_INVALID',
    })
    const stranger = await prepare({ 'auth-file': write(USERS, 0o600), 'join-as': 'eve' })
    await expect(runNode(stranger.resolved, stranger.components)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/cluster.join_as: eve is no user of/),
    })
    expect(stranger.node.init).toBeUndefined()
  })
})

test('HTTPS - as configured', async () => {
  const fixture = (name: string) => new URL(`../../fixtures/tls/${name}`, import.meta.url).pathname
  const { node, stop, resolved, components, port } = await prepare({
    'http-tls-cert-file': fixture('server.pem'),
    'http-tls-key-file': fixture('server.key.pem'),
  })
  const code = runNode(resolved, components)
  await vi.waitUntil(() => node.apiUrl !== undefined)
  expect(node.apiUrl).toBe(`https://127.0.0.1:${port}`)
  stop.abort()
  expect(await code).toBe(0)
})
