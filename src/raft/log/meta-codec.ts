/** Records (see record.ts) of what is stored beside the entries. */
import { errorMessage } from '../../base/index.ts'
import type { HardState, SnapshotMeta } from '../core/types.ts'
import { getUint64, putUint64, viewOf } from './bytes.ts'
import { decodeClusterConfig, encodeClusterConfig } from './config-codec.ts'
import { encodeJson, parseJson, readBoolean, readList, readObject, readString } from './json.ts'
import { damagedRecord, type OpenedRecord, openRecord, type RecordKind, sealRecord } from './record.ts'

/** Payload: `configIndex` as 8 bytes, then the configuration. */
export function encodeSnapshotMeta(meta: SnapshotMeta): Uint8Array {
  const config = encodeClusterConfig(meta.config)
  const payload = new Uint8Array(8 + config.byteLength)
  putUint64(viewOf(payload), 0, meta.configIndex)
  payload.set(config, 8)
  return sealRecord('snapshot', meta.term, meta.index, payload)
}

/** Throws `RAFT_RECORD_DAMAGED`. */
export function decodeSnapshotMeta(bytes: Uint8Array): SnapshotMeta {
  return decodeRecord(bytes, 'snapshot', 'snapshot record', ({ term, index, payload }) => {
    if (payload.byteLength < 8) throw new Error('it is too short')
    const configIndex = getUint64(viewOf(payload), 0)
    if (configIndex === undefined) throw new Error('configIndex is out of range')
    return { index, term, config: decodeClusterConfig(payload.subarray(8)), configIndex }
  })
}

/**
 * Rewritten by every batch of the log store, so that a batch lost in the middle of the store's own
 * journal cannot bring an old vote back, and entries lost at the end of the log are missed at load.
 */
export interface LogState {
  readonly hardState: HardState | undefined
  /** The last index the log had after the batch; 0 for none. */
  readonly lastIndex: number
}

const NO_HARD_STATE = 0
const NO_VOTE = 1
const VOTE = 2

/** Header: the current term and `lastIndex`. Payload: one byte for what is set, then the vote, UTF-8. */
export function encodeLogState({ hardState, lastIndex }: LogState): Uint8Array {
  const vote = new TextEncoder().encode(hardState?.vote ?? '')
  const payload = new Uint8Array(1 + vote.byteLength)
  payload[0] = hardState === undefined ? NO_HARD_STATE : hardState.vote === undefined ? NO_VOTE : VOTE
  payload.set(vote, 1)
  return sealRecord('state', hardState?.term ?? 0, lastIndex, payload)
}

/** Throws `RAFT_RECORD_DAMAGED`. */
export function decodeLogState(bytes: Uint8Array): LogState {
  return decodeRecord(bytes, 'state', 'log state', ({ term, index, payload }) => {
    const vote = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload.subarray(1))
    const set = payload[0]
    if (set !== VOTE && vote !== '') throw new Error('it has a vote where none is announced')
    if (set === NO_HARD_STATE) return { hardState: undefined, lastIndex: index }
    if (set === NO_VOTE) return { hardState: { term, vote: undefined }, lastIndex: index }
    if (set === VOTE) return { hardState: { term, vote }, lastIndex: index }
    throw new Error('it is malformed')
  })
}

/** Whom a data directory belongs to. */
export interface NodeIdentity {
  readonly nodeId: string
  /** Undefined until the node has founded or joined a cluster. */
  readonly clusterId: string | undefined
  /** Layout of the data directory. */
  readonly formatVersion: number
}

export function encodeIdentity({ nodeId, clusterId, formatVersion }: NodeIdentity): Uint8Array {
  return sealRecord('identity', 0, 0, encodeJson({ formatVersion, nodeId, clusterId: clusterId ?? null }))
}

/** Throws `RAFT_RECORD_DAMAGED`. */
export function decodeIdentity(bytes: Uint8Array): NodeIdentity {
  return decodeRecord(bytes, 'identity', 'identity record', ({ payload }) => {
    const fields = readObject(parseJson(payload), 'identity', ['formatVersion', 'nodeId', 'clusterId'])
    if (!Number.isSafeInteger(fields.formatVersion)) throw new Error('formatVersion is not an integer')
    return {
      nodeId: readString(fields.nodeId, 'nodeId'),
      clusterId: fields.clusterId === null ? undefined : readString(fields.clusterId, 'clusterId'),
      formatVersion: Number(fields.formatVersion),
    }
  })
}

/** A founding that a node has consented to, or, as its founder, got the consent of the others for. */
export interface FoundingRecord {
  /** Of the cluster to be. */
  readonly clusterId: string
  /** Key of the node that founds it. */
  readonly founder: string
  /** `host:port` at which that one was when it asked; it need not be among those given to others. */
  readonly address: string
}

export function encodeFounding({ clusterId, founder, address }: FoundingRecord): Uint8Array {
  return sealRecord('founding', 0, 0, encodeJson({ clusterId, founder, address }))
}

/** Throws `RAFT_RECORD_DAMAGED`. */
export function decodeFounding(bytes: Uint8Array): FoundingRecord {
  return decodeRecord(bytes, 'founding', 'record of a founding', ({ payload }) => {
    const fields = readObject(parseJson(payload), 'founding', ['clusterId', 'founder', 'address'])
    return {
      clusterId: readString(fields.clusterId, 'clusterId'),
      founder: readString(fields.founder, 'founder'),
      address: readString(fields.address, 'address'),
    }
  })
}

/** The recoveries by hand that a data directory has been through. */
export interface RecoveryRecord {
  /** Ids that the cluster had before each of them, oldest first. */
  readonly ancestors: readonly string[]
  /** The id that the last one gave it. */
  readonly clusterId: string
  /** False until the request for it is put away; only then can the same request be a new one. */
  readonly finished: boolean
}

const RECOVERY_VERSION = 1

export function encodeRecovery({ ancestors, clusterId, finished }: RecoveryRecord): Uint8Array {
  return sealRecord(
    'recovery',
    0,
    0,
    encodeJson({ version: RECOVERY_VERSION, ancestors, clusterId, finished }),
  )
}

/** Throws `RAFT_RECORD_DAMAGED`. */
export function decodeRecovery(bytes: Uint8Array): RecoveryRecord {
  return decodeRecord(bytes, 'recovery', 'recovery record', ({ payload }) => {
    const fields = readObject(parseJson(payload), 'recovery', [
      'version',
      'ancestors',
      'clusterId',
      'finished',
    ])
    if (fields.version !== RECOVERY_VERSION) throw new Error('its version is not known to this one')
    return {
      ancestors: readList(fields.ancestors, 'ancestors', readString),
      clusterId: readString(fields.clusterId, 'clusterId'),
      finished: readBoolean(fields.finished, 'finished'),
    }
  })
}

function decodeRecord<T>(
  bytes: Uint8Array,
  kind: RecordKind,
  what: string,
  read: (record: OpenedRecord) => T,
): T {
  const record = openRecord(bytes, what)
  if (record.kind !== kind) throw damagedRecord(what, undefined, `it is of kind ${record.kind}`)
  try {
    return read(record)
  } catch (error) {
    throw damagedRecord(what, undefined, errorMessage(error), error)
  }
}
