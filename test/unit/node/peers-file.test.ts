import { describe, expect, test } from 'vitest'
import { parsePeersFile } from '../../../src/node/peers-file.ts'
import { createIdentity } from '../../../src/p2p/index.ts'

const parse = (value: unknown) => parsePeersFile(JSON.stringify(value), '/data/raft/peers.json')
const one = { id: 'node1', address: '10.0.0.1:7001', non_voter: false }

describe('peers file', () => {
  test('the form of rqlite', () => {
    expect(parse([one, { id: 'node2', address: '[::1]:7001', non_voter: true }])).toEqual([
      { id: 'node1', address: '10.0.0.1:7001', voter: true, peerId: undefined },
      { id: 'node2', address: '[::1]:7001', voter: false, peerId: undefined },
    ])
  })

  test('a vote unless it says otherwise, and a key if it has one', async () => {
    const { peerId } = await createIdentity()
    expect(parse([{ id: 'node1', address: 'db.example:7001', peer_id: peerId }])).toEqual([
      { id: 'node1', address: 'db.example:7001', voter: true, peerId },
    ])
  })

  test.each<[string, unknown, string]>([
    ['no list', { ...one }, 'it is not a list'],
    ['nobody', [], 'it names no voter'],
    ['no voter', [{ ...one, non_voter: true }], 'it names no voter'],
    ['no object', ['node1'], 'entry 1 is not an object with members'],
    ['null', [null], 'entry 1 is not an object with members'],
    ['a list in it', [[one]], 'entry 1 is not an object with members'],
    ['an unknown field', [{ ...one, nonvoter: true }], 'entry 1 has an unknown field "nonvoter"'],
    ['no id', [{ address: '1.2.3.4:1' }], 'entry 1: "id" is not the name of a node'],
    ['an id with a blank', [{ ...one, id: 'node 1' }], 'entry 1: "id" is not the name of a node'],
    ['no address', [{ id: 'node1' }], 'entry 1: "address" is not host:port'],
    ['no port', [{ ...one, address: '10.0.0.1' }], 'entry 1: "address" is not host:port'],
    ['port 0', [{ ...one, address: '10.0.0.1:0' }], 'entry 1: "address" is not host:port'],
    ['a URL', [{ ...one, address: 'http://10.0.0.1:7001' }], 'entry 1: "address" is not host:port'],
    ['a vote as text', [{ ...one, non_voter: 'false' }], 'entry 1: "non_voter" is neither true nor false'],
    ['a key that is none', [{ ...one, peer_id: 'me' }], 'entry 1: "peer_id" is not a peer id'],
    ['one id twice', [one, { ...one, address: '10.0.0.2:7001' }], 'the id node1 stands there more than once'],
    [
      'one address twice',
      [one, { ...one, id: 'node2' }],
      'the address 10.0.0.1:7001 stands there more than once',
    ],
    [
      'too many',
      Array.from({ length: 65 }, (_, i) => ({ id: `node${i}`, address: `10.0.0.1:${7000 + i}` })),
      'it names 65 members; 64 are allowed',
    ],
  ])('refused - %s', (_, value, problem) => {
    expect(() => parse(value)).toThrow(
      expect.objectContaining({
        code: 'PEERS_FILE_INVALID',
        message: expect.stringContaining(problem),
      }),
    )
  })

  test('refused - one key twice', async () => {
    const { peerId: key } = await createIdentity()
    const two = { id: 'node2', address: '10.0.0.2:7001' }
    expect(() => parse([one, two].map((entry) => ({ ...entry, peer_id: key })))).toThrow(
      /the peer_id .* more than once/,
    )
  })

  test('refused - no JSON; the file is named', () => {
    expect(() => parsePeersFile('[{"id":', '/data/raft/peers.json')).toThrow(
      /^\/data\/raft\/peers\.json cannot replace the membership, and nothing was changed: it is not JSON: /,
    )
  })

  test('refused - with everything that is wrong', () => {
    expect(() => parse([{ id: '', address: 'x' }, 7])).toThrow(
      /entry 1: "id".*entry 1: "address".*entry 2 is not/,
    )
  })
})
