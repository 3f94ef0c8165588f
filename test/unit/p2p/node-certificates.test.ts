import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import {
  createJoinServer,
  createRpc,
  NodeCertificates,
  type NodeCertificatesInit,
  requestJoin,
} from '../../../src/p2p/index.ts'
import { Cleanup, startHost } from './support.ts'

const SECRET = 'correct horse battery staple'

function file(name: string): string {
  return readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
}

/** `server` is for localhost and 127.0.0.1, `client` for no name but with a common name; `stranger` is nobody's. */
function certificates(
  whose: 'server' | 'client' | 'stranger',
  init: Partial<NodeCertificatesInit> = { ca: file('ca') },
): NodeCertificates {
  return new NodeCertificates({ certificate: file(whose), key: file(`${whose}.key`), ...init })
}

/** One node asks another to let it in. */
async function join(
  joiner: NodeCertificates | undefined,
  member: NodeCertificates | undefined,
): Promise<string> {
  await using cleanup = new Cleanup()
  const peer = async () => {
    const host = await startHost(cleanup)
    const rpc = createRpc({ host, members: new Set<string>(), logger: silentLogger })
    await rpc.start()
    cleanup.add(() => rpc.stop())
    return { host, rpc }
  }
  const asked = await peer()
  createJoinServer(
    { ...asked, certificates: member, logger: silentLogger },
    {
      secret: SECRET,
      onJoin: async ({ nodeId: id, peerId, address, voter }) => ({
        type: 'accepted',
        clusterId: 'cluster',
        members: [{ id, peerId, address, voter }],
      }),
    },
  )
  const request = { nodeId: 'n2', address: '127.0.0.1:7002', voter: true, clusterId: undefined }
  return await requestJoin(
    { ...(await peer()), certificates: joiner },
    { address: asked.host.nodeAddress, secret: SECRET, request, timeoutMs: 20_000 },
  ).then(
    () => 'accepted',
    (error: { code: string; message: string }) =>
      `${error.code}: ${error.message.replace('the certificate of the other node ', '')}`,
  )
}

const refused = (why: string): string => `JOIN_CERTIFICATE_REFUSED: ${why}`

describe('certificates between nodes', () => {
  test('an authority that both know, and the names they are reached by', async () => {
    expect(await join(certificates('server'), certificates('server'))).toBe('accepted')
  })

  test('signed by itself - not believed, on either side', async () => {
    const anything = { verify: false }
    const unknown = refused('was issued by nobody that is known here')
    expect(await join(certificates('stranger', {}), certificates('stranger', {}))).toBe(unknown)
    expect(await join(certificates('stranger', anything), certificates('server'))).toBe(unknown)
    expect(await join(certificates('server'), certificates('stranger', anything))).toBe(unknown)
  })

  test('without verification - anything will do, but not nothing', async () => {
    const anything = { verify: false }
    expect(await join(certificates('stranger', anything), certificates('stranger', anything))).toBe(
      'accepted',
    )
    const missing = refused('is missing: that node was started without one')
    expect(await join(undefined, certificates('stranger', anything))).toBe(missing)
    expect(await join(certificates('stranger', anything), undefined)).toBe(missing)
  })

  test('an authority that is the certificate itself', async () => {
    const own = { ca: file('stranger'), serverName: 'node' }
    // It has no names, so none can be asked of it.
    expect(await join(certificates('stranger', own), certificates('stranger', own))).toBe(
      refused('is not for node'),
    )
    expect(
      await join(
        certificates('stranger', { verify: false }),
        certificates('stranger', { ca: file('stranger'), verify: false, verifyJoiner: true }),
      ),
    ).toBe('accepted')
  })

  test('through an authority in between - but not through a node, and not for ever', async () => {
    const fixture = (name: string) =>
      readFileSync(new URL(`../../fixtures/node-certificates/${name}.pem`, import.meta.url), 'utf8')
    const node = (name: string) =>
      new NodeCertificates({ certificate: fixture(name), key: fixture(`${name}.key`), ca: fixture('root') })
    expect(await join(node('node'), node('node'))).toBe('accepted')
    expect(await join(node('forged'), node('node'))).toBe(refused('was issued by nobody that is known here'))
    expect(await join(node('node'), node('expired'))).toBe(refused('has expired, or is not valid yet'))
    const [leaf = ''] = fixture('node').match(/-----BEGIN.*?-----END CERTIFICATE-----/s) ?? []
    const alone = new NodeCertificates({ certificate: leaf, key: fixture('node.key'), ca: fixture('root') })
    expect(await join(alone, node('node'))).toBe(refused('was issued by nobody that is known here'))
  })

  test('the name asked for - stands for the address', async () => {
    const named = (serverName: string) => certificates('server', { ca: file('ca'), serverName })
    expect(await join(named('localhost'), named('localhost'))).toBe('accepted')
    expect(await join(named('node.example'), certificates('server'))).toBe(refused('is not for node.example'))
    expect(await join(certificates('server'), named('node.example'))).toBe(refused('is not for node.example'))
    // A common name is no name of a host.
    expect(await join(certificates('client'), certificates('server'))).toBe(refused('is not for 127.0.0.1'))
  })

  test('the common name asked for - of those who join, whose certificates are then checked', async () => {
    const asks = (commonName: string) => certificates('server', { ca: file('ca'), verify: false, commonName })
    expect(await join(certificates('client'), asks('trusted-client'))).toBe('accepted')
    expect(await join(certificates('server'), asks('trusted-client'))).toBe(
      refused('does not have the common name "trusted-client"'),
    )
    expect(await join(certificates('stranger', { verify: false }), asks('trusted-client'))).toBe(
      refused('was issued by nobody that is known here'),
    )
  })

  test('what was signed for another exchange, or by another key, is not believed', () => {
    const said = Buffer.from('said')
    const server = certificates('server')
    const client = certificates('client')
    const shown = server.prove(said)
    server.checkMember(shown, said, 'localhost')
    const error = expect.objectContaining({ code: 'JOIN_CERTIFICATE_REFUSED' })
    expect(() => server.checkMember(shown, Buffer.from('heard'), 'localhost')).toThrow(error)
    const stolen = { ...shown, signature: client.prove(said).signature }
    expect(() => server.checkMember(stolen, said, 'localhost')).toThrow(error)
    expect(() => server.checkMember({ ...shown, certificates: [said] }, said, 'localhost')).toThrow(error)
    const long = {
      ...shown,
      certificates: Array.from({ length: 9 }, () => shown.certificates[0] as Uint8Array),
    }
    expect(() => server.checkMember(long, said, 'localhost')).toThrow(error)
  })

  test.each<[string, Partial<NodeCertificatesInit>]>([
    ['there is none in PEM form', { certificate: 'nothing' }],
    ['the key cannot be read', { key: 'nothing' }],
    ['the key is not that of the certificate', { key: file('client.key') }],
    ['the certificate of the authority cannot be read', { ca: '' }],
  ])('files that cannot be used - %s', (why, init) => {
    expect(() => certificates('server', init)).toThrow(
      expect.objectContaining({ code: 'NODE_CERTIFICATE_INVALID', message: expect.stringContaining(why) }),
    )
  })
})
