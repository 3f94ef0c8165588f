import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Logger, silentLogger } from '../../../src/base/index.ts'
import { loadIdentity } from '../../../src/p2p/index.ts'

let dir: string
let path: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'debros-identity-'))
  path = join(dir, 'data', 'identity.key')
})

afterEach(async () => {
  await rm(dir, { recursive: true })
})

const load = (logger: Logger = silentLogger) => loadIdentity({ logger }, { path })

test('identity - is created once, private to its owner, and found again', async () => {
  const created = await load()
  const again = await load()
  expect(again.peerId).toBe(created.peerId)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(dir, 'data'))).toEqual(['identity.key'])
  const key = privateKeyFromProtobuf(await readFile(path))
  expect(key.type).toBe('Ed25519')
  expect(peerIdFromPrivateKey(key).toString()).toBe(created.peerId)
})

test('identity - takes a key that libp2p wrote', async () => {
  const key = await generateKeyPair('Ed25519')
  await mkdir(join(dir, 'data'))
  await writeFile(path, privateKeyToProtobuf(key), { mode: 0o600 })
  expect((await load()).peerId).toBe(peerIdFromPrivateKey(key).toString())
})

test('identity - a file open to others is closed to them, with a warning', async () => {
  const { peerId } = await load()
  await chmod(path, 0o644)
  const warnings: object[] = []
  const logger = { ...silentLogger, warn: (fields: object) => warnings.push(fields) }
  expect((await load(logger)).peerId).toBe(peerId)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(warnings).toEqual([{ path, mode: '644' }])
})

test('identity - a damaged, empty or foreign file is refused and left as it is', async () => {
  await load()
  const good = await readFile(path)
  const flipped = Buffer.from(good)
  flipped[10] = (flipped[10] ?? 0) ^ 1
  const foreign = privateKeyToProtobuf(await generateKeyPair('secp256k1'))
  for (const content of [Buffer.alloc(0), Buffer.from('not a key'), good.subarray(0, 40), flipped, foreign]) {
    await writeFile(path, content)
    await expect(load()).rejects.toMatchObject({
      code: 'IDENTITY_INVALID',
      message: expect.stringContaining(path),
    })
    expect(await readFile(path)).toEqual(Buffer.from(content))
  }
})

test('identity - a file that cannot be read is refused', async () => {
  await mkdir(path, { recursive: true })
  await expect(load()).rejects.toMatchObject({ code: 'IDENTITY_UNREADABLE' })
})

test('identity - says so if it cannot be written', async () => {
  await writeFile(join(dir, 'data'), 'a file where a directory should be')
  await expect(load()).rejects.toMatchObject({
    code: expect.stringMatching(/^IDENTITY_(UNREADABLE|NOT_WRITTEN)$/),
  })
})
