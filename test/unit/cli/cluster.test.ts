import { describe, expect, onTestFinished, test } from 'vitest'
import { Counters, DebrosError, silentLogger } from '../../../src/base/index.ts'
import { createHttpServer } from '../../../src/http/index.ts'
import { FakeNode, member } from '../http/fake-node.ts'
import { debros } from './fake-io.ts'

/** The real HTTP API over a node that answers what a test says. */
async function apiOf(node: FakeNode): Promise<string> {
  const server = createHttpServer(
    { node: () => node, logger: silentLogger, counters: new Counters() },
    { host: '127.0.0.1', port: 0 },
  )
  await server.start()
  onTestFinished(() => server.stop())
  return server.address!.url
}

/** Three nodes, of which the first leads and is the one that is asked. */
async function cluster(): Promise<{ node: FakeNode; api: string }> {
  const node = new FakeNode()
  const api = await apiOf(node)
  node.members = [
    member('node1', { leader: true, apiAddress: api }),
    member('node2', { apiAddress: '' }),
    member('node3', { voter: false, apiAddress: '' }),
  ]
  return { node, api }
}

function lead(node: FakeNode, leader: string): void {
  node.members = node.members.map((one) => ({ ...one, leader: one.id === leader }))
}

describe('cluster nodes', () => {
  test('table - roles, who answers, and what may still fail', async () => {
    const { node, api } = await cluster()
    node.members = [
      ...node.members,
      member('node4', {
        reachable: false,
        apiAddress: '',
        version: '',
        error: 'not sent: cannot connect to x: refused',
      }),
    ]
    const { code, out, error } = await debros(['cluster', 'nodes', '--api', api.replace('http://', '')])
    expect([code, error]).toEqual([0, ''])
    expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['NODE', 'ROLE', 'REACHABLE', 'HTTP API', 'NODE TO NODE', 'VERSION'],
      ['node1', 'leader', 'yes', api, 'node1:7001', '0.1.0'],
      ['node2', 'follower', 'yes', 'node2:7001', '0.1.0'],
      ['node3', 'read replica', 'yes', 'node3:7001', '0.1.0'],
      ['node4', 'follower', 'no: refused', 'node4:7001'],
      [''],
      ['2 of 3 voters answer; none of them may fail before writing stops'],
    ])
  })

  test.each<[string, boolean[], string]>([
    ['one', [true], '1 of 1 voter answers; none of them may fail before writing stops'],
    ['three', [true, true, true], '3 of 3 voters answer; 1 of them may fail before writing stops'],
    ['four', [true, true, true, true], '4 of 4 voters answer; 1 of them may fail before writing stops'],
    [
      'two of four',
      [true, true, false, false],
      '2 of 4 voters answer: no majority, so nothing can be written; 1 more must come back',
    ],
    [
      'one of five',
      [true, false, false, false, false],
      '1 of 5 voters answers: no majority, so nothing can be written; 2 more must come back',
    ],
  ])('quorum - of %s', async (_, reachable, text) => {
    const { node, api } = await cluster()
    node.members = reachable.map((reached, i) => member(`node${i}`, { reachable: reached }))
    const { out } = await debros(['cluster', 'nodes', '--api', api])
    expect(out.split('\n').at(-1)).toBe(text)
  })

  test('--json - the members', async () => {
    const { api } = await cluster()
    const { out } = await debros(['cluster', 'nodes', '--api', api, '--json'])
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({ id: 'node1', leader: true, voter: true, apiUrl: api, address: 'node1:7001' }),
      expect.objectContaining({ id: 'node2', leader: false, voter: true, reachable: true }),
      expect.objectContaining({ id: 'node3', voter: false }),
    ])
  })

  test('nothing there - is a failure', async () => {
    const { code, error } = await debros(['cluster', 'nodes', '--api', 'http://127.0.0.1:1'])
    expect([code, error]).toEqual([1, expect.stringMatching(/^debros: no node answers at http:/)])
  })
})

describe('cluster transfer-leader', () => {
  test('to a node - asks, waits until it is seen to lead, and says so', async () => {
    const { node, api } = await cluster()
    node.transfer = async () => {
      // The node that is asked learns of it a little later.
      setTimeout(() => lead(node, 'node2'), 20)
      return { leader: 'node2', servedBy: 'x' }
    }
    const { code, out, error } = await debros([
      ...['cluster', 'transfer-leader', '--to', 'node2', '--api', api, '--timeout', '5s'],
    ])
    expect([code, error]).toEqual([0, ''])
    expect(out).toBe('node node1 leads; handing over to node node2\nnode node2 leads now')
    expect(node.asked).toEqual([{ transferTo: 'node2', timeoutMs: 5_000 }])
  })

  test('to anybody, as JSON', async () => {
    const { node, api } = await cluster()
    node.transfer = async () => {
      lead(node, 'node2')
      return { leader: 'node2', servedBy: 'x' }
    }
    const { out } = await debros(['cluster', 'transfer-leader', '--api', api, '--json'])
    expect(JSON.parse(out)).toEqual({ previous: 'node1', leader: 'node2' })
    expect(node.asked).toEqual([{ transferTo: undefined, timeoutMs: 30_000 }])
  })

  test('to whoever leads already - is done', async () => {
    const { node, api } = await cluster()
    const { code, out } = await debros(['cluster', 'transfer-leader', '--to', 'node1', '--api', api])
    expect([code, out]).toEqual([0, 'node node1 leads already'])
    expect(node.asked).toEqual([])
  })

  test('to a name that nobody has - is refused, with those that there are', async () => {
    const { node, api } = await cluster()
    const { code, error } = await debros(['cluster', 'transfer-leader', '--to', 'node22', '--api', api])
    expect(code).toBe(1)
    expect(error).toBe(
      'debros: there is no node node22 in this cluster. Did you mean node2? It has: node1, node2, node3',
    )
    expect(node.asked).toEqual([])
  })

  test('refused by the cluster - says why', async () => {
    const { node, api } = await cluster()
    node.transfer = async () => {
      throw new DebrosError('TRANSFER_TARGET_INVALID', 'node node3 has no vote, so it cannot lead')
    }
    const { code, error } = await debros(['cluster', 'transfer-leader', '--to', 'node3', '--api', api])
    expect([code, error]).toEqual([1, 'debros: stepdown: node node3 has no vote, so it cannot lead'])
  })

  test('without a leader - says so', async () => {
    const { node, api } = await cluster()
    lead(node, 'nobody')
    const { code, error } = await debros(['cluster', 'transfer-leader', '--api', api])
    expect([code, error]).toEqual([1, expect.stringContaining('knows no leader')])
  })
})

describe('cluster remove', () => {
  test('a running node - is removed; what to do with it is said', async () => {
    const { node, api } = await cluster()
    node.remove = async () => {
      node.members = node.members.filter(({ id }) => id !== 'node2')
      return { removed: true, servedBy: 'x' }
    }
    const { code, out, error } = await debros(['cluster', 'remove', 'node2', '--api', api])
    expect([code, error]).toEqual([0, ''])
    expect(out.split('\n')).toEqual([
      'removing node node2',
      'node node2 is no member any more; node node1 leads',
      '1 of 1 voter answers; none of them may fail before writing stops',
      'node node2 still runs: stop it; started again with an address to join, it is a member again',
    ])
    expect(node.asked).toEqual([{ remove: 'node2', timeoutMs: 30_000 }])
  })

  // It keeps the list from before, and knows no better.
  test('the node that is asked - the others are asked how it went', async () => {
    const { node, api } = await cluster()
    const other = new FakeNode()
    other.members = [member('node2', { leader: true }), member('node3', { voter: false })]
    node.members = [
      member('node1', { leader: true, apiAddress: api }),
      member('node2', { apiAddress: await apiOf(other) }),
    ]
    const { code, out } = await debros(['cluster', 'remove', 'node1', '--api', api, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      removed: 'node1',
      leader: 'node2',
      members: [{}, { id: 'node3' }],
    })
  })

  test('an unknown one - is refused, with those that there are', async () => {
    const { node, api } = await cluster()
    const { code, error } = await debros(['cluster', 'remove', 'elsewhere', '--api', api])
    expect([code, error]).toEqual([
      1,
      'debros: there is no node elsewhere in this cluster. It has: node1, node2, node3',
    ])
    expect(node.asked).toEqual([])
  })

  test('refused by the cluster - says why', async () => {
    const { node, api } = await cluster()
    node.remove = async () => {
      throw new DebrosError('RAFT_CONFIG_REJECTED', 'the last voter cannot be removed')
    }
    const { code, error } = await debros(['cluster', 'remove', 'node1', '--api', api])
    expect([code, error]).toEqual([1, 'debros: the last voter cannot be removed'])
  })
})

test.each([['nodes'], ['transfer-leader'], ['remove']])('cluster %s --help - shows how', async (command) => {
  const { code, out } = await debros(['cluster', command, '--help'])
  expect(code).toBe(0)
  expect(out).toContain(`$ debros cluster ${command}`)
  for (const option of ['--api <url>', '--timeout <duration>', '--json']) expect(out).toContain(option)
})

test('cluster - wrong use', async () => {
  expect(await debros(['cluster', 'remove'])).toMatchObject({
    code: 2,
    error: expect.stringContaining("'id'"),
  })
  expect(await debros(['cluster', 'node'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('Did you mean nodes?'),
  })
})
