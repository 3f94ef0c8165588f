/** Whom a data directory belongs to, kept beside the log so that one cannot be mistaken for another's. */
import { toError } from '../../base/index.ts'
import type { Callback } from '../types.ts'
import { RaftStorageError } from './errors.ts'
import { identityKey } from './keys.ts'
import { decodeIdentity, encodeIdentity, type NodeIdentity } from './meta-codec.ts'
import type { OrderedStore } from './ordered-store.ts'

export const DATA_FORMAT_VERSION = 1

/**
 * Undefined if the store is new. Errors: `RAFT_LOG_DAMAGED` if the record is, `DATA_DIR_UNREADABLE`
 * if a newer version wrote it.
 */
export function readIdentity(store: OrderedStore, done: Callback<NodeIdentity | undefined>): void {
  const key = identityKey()
  const next = Uint8Array.of(...key, 0)
  store.scan(key, next, (error, [record]) => {
    if (error !== undefined) return done(error, undefined)
    if (record === undefined) return done(undefined, undefined)
    let identity: NodeIdentity
    try {
      identity = checkFormat(decodeIdentity(record.value), store.location)
    } catch (cause) {
      return done(unreadable(cause, store.location), undefined)
    }
    done(undefined, identity)
  })
}

/**
 * Records the identity. A node id never changes, and a cluster id only from unset to set: any other
 * change means that the directory is someone else's, and fails with `DATA_DIR_MISMATCH`.
 */
export function writeIdentity(
  store: OrderedStore,
  identity: Pick<NodeIdentity, 'nodeId' | 'clusterId'>,
  done: Callback,
): void {
  readIdentity(store, (error, stored) => {
    if (error !== undefined) return done(error)
    const mismatch = stored && findMismatch(stored, identity)
    if (mismatch !== undefined) {
      const message = `the data directory ${store.location} ${mismatch}: give this node a directory of its own`
      return done(new RaftStorageError('DATA_DIR_MISMATCH', message, { path: store.location }))
    }
    const value = encodeIdentity({ ...identity, formatVersion: DATA_FORMAT_VERSION })
    store.batch([{ type: 'put', key: identityKey(), value }], done)
  })
}

function findMismatch(
  stored: NodeIdentity,
  wanted: Pick<NodeIdentity, 'nodeId' | 'clusterId'>,
): string | undefined {
  if (stored.nodeId !== wanted.nodeId) return `belongs to node ${stored.nodeId}, not ${wanted.nodeId}`
  if (stored.clusterId !== undefined && stored.clusterId !== wanted.clusterId) {
    return `belongs to cluster ${stored.clusterId}, not ${wanted.clusterId ?? 'a new one'}`
  }
  return undefined
}

function checkFormat(identity: NodeIdentity, path: string): NodeIdentity {
  if (identity.formatVersion === DATA_FORMAT_VERSION) return identity
  throw new RaftStorageError(
    'DATA_DIR_UNREADABLE',
    `the data directory ${path} has format ${identity.formatVersion}, this version reads format ${DATA_FORMAT_VERSION}: ` +
      'start it with the version that wrote it',
    { path },
  )
}

function unreadable(cause: unknown, path: string): Error {
  if (cause instanceof RaftStorageError && cause.code === 'RAFT_RECORD_DAMAGED') {
    return new RaftStorageError(
      'RAFT_LOG_DAMAGED',
      `the identity stored in ${path} is damaged: ${cause.message}`,
      {
        path,
        cause,
      },
    )
  }
  return toError(cause)
}
