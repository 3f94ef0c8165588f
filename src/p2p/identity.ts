import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  generateKeyPair,
  generateKeyPairFromSeed,
  privateKeyFromProtobuf,
  privateKeyToProtobuf,
} from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { DebrosError, errorMessage, hasErrorCode, type Logger } from '../base/index.ts'

/** A node's key, and the name that follows from it. */
export interface PeerIdentity {
  readonly peerId: string
  readonly privateKey: PrivateKey
}

/** A new Ed25519 identity that is stored nowhere. */
export async function createIdentity(): Promise<PeerIdentity> {
  return identityOf(await generateKeyPair('Ed25519'))
}

/**
 * Reads the identity at `path`, or creates it if there is no such file. The content is libp2p's protobuf
 * PrivateKey (Ed25519), mode 0600; a file open to others is closed to them, with a warning.
 *
 * A file that cannot be used is never replaced: the node would come back as a stranger to its own
 * cluster. Errors: `IDENTITY_UNREADABLE`, `IDENTITY_INVALID`, `IDENTITY_NOT_WRITTEN`.
 */
export async function loadIdentity(
  components: { readonly logger: Logger },
  init: { readonly path: string },
): Promise<PeerIdentity> {
  const { path } = init
  const bytes = await readIfPresent(path)
  if (bytes === undefined) return await createAt(path)
  await closeToOthers(path, components.logger)
  return await parse(path, bytes)
}

/**
 * The peer id that follows from the key at `path`, undefined if there is no such file. Nothing is
 * changed. Errors: `IDENTITY_UNREADABLE`, `IDENTITY_INVALID`.
 */
export async function readPeerId(path: string): Promise<string | undefined> {
  const bytes = await readIfPresent(path)
  return bytes && (await parse(path, bytes)).peerId
}

/** Whether this is the name of a peer. */
export function isPeerId(text: string): boolean {
  try {
    return peerIdFromString(text).toString() === text
  } catch {
    return false
  }
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw new DebrosError('IDENTITY_UNREADABLE', `cannot read ${path}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

async function parse(path: string, bytes: Uint8Array): Promise<PeerIdentity> {
  let key: PrivateKey
  try {
    key = privateKeyFromProtobuf(bytes)
  } catch (error) {
    throw invalid(path, 'it holds no libp2p private key', error)
  }
  if (key.type !== 'Ed25519') throw invalid(path, `its key is of type ${key.type}, expected Ed25519`)
  // The file holds both halves; libp2p would take a damaged one and then fail every handshake.
  const whole = await generateKeyPairFromSeed('Ed25519', key.raw.subarray(0, 32))
  if (!whole.equals(key)) throw invalid(path, 'its public key does not belong to its private key')
  return identityOf(key)
}

function invalid(path: string, why: string, cause?: unknown): DebrosError {
  return new DebrosError(
    'IDENTITY_INVALID',
    `${path} is not a usable identity: ${why}. Restore it from a backup; removing it makes this a new node.`,
    { cause },
  )
}

async function closeToOthers(path: string, logger: Logger): Promise<void> {
  // Windows has no such mode bits.
  if (process.platform === 'win32') return
  try {
    const mode = (await stat(path)).mode & 0o777
    if ((mode & 0o077) === 0) return
    const file = await open(path, 'r')
    await file.chmod(0o600).finally(() => file.close())
    logger.warn({ path, mode: mode.toString(8) }, 'the identity was open to other users; its mode is now 600')
  } catch (error) {
    throw new DebrosError(
      'IDENTITY_UNREADABLE',
      `${path} is open to other users and cannot be closed to them: ${errorMessage(error)}`,
      { cause: error },
    )
  }
}

/** Complete on disk under another name first, so that a crash leaves either no identity or a whole one. */
async function createAt(path: string): Promise<PeerIdentity> {
  const identity = await createIdentity()
  const scratch = `${path}.new`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await rm(scratch, { force: true })
    const file = await open(scratch, 'wx', 0o600)
    try {
      await file.writeFile(privateKeyToProtobuf(identity.privateKey))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(scratch, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    throw new DebrosError('IDENTITY_NOT_WRITTEN', `cannot create ${path}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
  return identity
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  await directory.sync().finally(() => directory.close())
}

function identityOf(privateKey: PrivateKey): PeerIdentity {
  return { peerId: peerIdFromPrivateKey(privateKey).toString(), privateKey }
}
