/**
 * Replacing the membership of a cluster that lost its majority for good, on the disk of one survivor.
 *
 *   raft/peers.json   what is asked for; there until everything is done
 *   raft/peers.info   what was done
 *
 * Every step can be repeated, and the log, which decides, is rewritten in one batch. So a crash leaves
 * either the old membership and the file, or the new one and the file, and the next start goes on.
 */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DebrosError, errorMessage, hasErrorCode, type Logger } from '../base/index.ts'
import {
  type Callback,
  type ClusterConfig,
  finishRecovery,
  inspectLog,
  type NodeIdentity,
  type OrderedStore,
  type RecoveryRecord,
  readIdentity,
  readRecovery,
  rewriteMembership,
  rewriteSnapshotMembership,
  type Snapshots,
} from '../raft/index.ts'
import { GROUP } from './group.ts'
import { parsePeersFile } from './peers-file.ts'
import { planRecovery, type RecoveryPlan, refused, type StoredNode } from './recovery-plan.ts'
import { SectionReader } from './snapshot-sections.ts'

/** An open data directory on disk, whose lock this process has. */
export interface RecoveryTarget {
  /** Its path. */
  readonly location: string
  readonly logDatabase: OrderedStore
  readonly snapshots: Snapshots
  /** Of the key in it; undefined if that is kept elsewhere. */
  readonly peerId: string | undefined
}

export function peersFileOf(location: string): string {
  return join(location, 'raft', 'peers.json')
}

/**
 * At every start, before anything else looks at what is stored: does what a peers file asks for.
 * Returns the ids that the cluster had before recoveries. Errors: `PEERS_FILE_INVALID`,
 * `RECOVERY_REFUSED`, and those of reading a log and its snapshot; then nothing was changed.
 */
export async function recoverAtStart(target: RecoveryTarget, logger: Logger): Promise<readonly string[]> {
  const file = peersFileOf(target.location)
  const text = await readIfPresent(file)
  if (text === undefined) {
    const last = await promised<RecoveryRecord | undefined>((done) => readRecovery(target.logDatabase, done))
    // The file was put away, and then the node was cut short.
    if (last !== undefined && !last.finished) await finish(target, last)
    return last?.ancestors ?? []
  }
  const peers = parsePeersFile(text, file)
  const plan = planRecovery(await readStored(target), peers)
  await carryOut(target, plan, logger)
  return plan.recovery.ancestors
}

export async function readStored({
  location,
  logDatabase: store,
  peerId,
}: RecoveryTarget): Promise<StoredNode> {
  return {
    location,
    peerId,
    identity: await promised<NodeIdentity | undefined>((done) => readIdentity(store, done)),
    log: await promised((done) => inspectLog(store, { groupId: GROUP }, done)),
    recovery: await promised<RecoveryRecord | undefined>((done) => readRecovery(store, done)),
  }
}

/**
 * Does what was planned; `raft/peers.json` must be there, and is put away at the end. Errors, before
 * anything is changed: those of reading a snapshot, `RECOVERY_REFUSED`. Later: `RAFT_STORAGE_FAILED`.
 */
export async function carryOut(target: RecoveryTarget, plan: RecoveryPlan, logger: Logger): Promise<void> {
  const { location } = target
  const { nodeId, after, recovery, from, log } = plan
  if (!plan.done) {
    await checkSnapshot(target, plan)
    logger.warn(
      { from, to: recovery.clusterId, lastIndex: log.lastIndex, lastTerm: log.lastTerm },
      `replacing the membership of node ${nodeId} as ${peersFileOf(location)} says: ` +
        `${describeMembers(plan.before)} become ${describeMembers(after)}. Writes that only lost nodes had are lost`,
    )
  }
  try {
    if (!plan.done) await replace(target, plan)
    await putAway(location)
    await finish(target, recovery)
  } catch (cause) {
    const message = `the recovery of ${location} was cut short, and goes on at the next start: ${errorMessage(cause)}`
    throw new DebrosError('RAFT_STORAGE_FAILED', message, { outcome: 'unknown', cause })
  }
  logger.warn(
    { clusterId: recovery.clusterId },
    `the membership is ${describeMembers(after)}; nodes of the cluster ${from} that are not among them must join ` +
      'again with empty data directories',
  )
}

async function replace({ location, logDatabase: store }: RecoveryTarget, plan: RecoveryPlan): Promise<void> {
  const { nodeId, after: config, recovery } = plan
  // Others may win the next election with less than this node has applied, and only the log forgets
  // what they do not have. The store is built anew from snapshot and log.
  if (!plan.alone) await rm(join(location, 'kv'), { recursive: true, force: true })
  await rewriteSnapshotMembership(join(location, 'snapshots'), config)
  await promised<void>((done) => rewriteMembership(store, { groupId: GROUP, nodeId, config, recovery }, done))
}

/** Whole, and nothing in it that the log could not take back. */
async function checkSnapshot(target: RecoveryTarget, { log, alone }: RecoveryPlan): Promise<void> {
  const { snapshot } = log
  if (snapshot === undefined) return
  const stored = await target.snapshots.openForRestore(snapshot)
  if (alone) return
  const reader = new SectionReader(stored.chunks())
  try {
    const about: Uint8Array[] = []
    for await (const chunk of reader.section('meta')) about.push(chunk)
    const { kvAppliedIndex } = JSON.parse(Buffer.concat(about).toString()) as { kvAppliedIndex?: unknown } // ours, checksummed
    if (typeof kvAppliedIndex !== 'number' || kvAppliedIndex <= snapshot.index) return
    throw refused(
      target,
      `its snapshot at index ${snapshot.index} was taken while the node was catching up, and has the key-value store as ` +
        `of index ${kvAppliedIndex}, which other members may not have. Recover this node as the only member`,
    )
  } finally {
    await reader.close()
  }
}

function describeMembers({ members, learners }: ClusterConfig): string {
  return members
    .map(({ id, address }) => `${id} (${address}${learners.includes(id) ? ', no vote' : ''})`)
    .join(', ')
}

async function putAway(location: string): Promise<void> {
  const file = peersFileOf(location)
  await rename(file, join(location, 'raft', 'peers.info'))
  await syncDirectory(dirname(file))
}

function finish({ logDatabase }: RecoveryTarget, recovery: RecoveryRecord): Promise<void> {
  return promised<void>((done) => finishRecovery(logDatabase, recovery, done))
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw new DebrosError('PEERS_FILE_INVALID', `cannot read ${path}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

/** Makes names created, renamed or removed in it durable. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  await directory.sync().finally(() => directory.close())
}

function promised<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)))
  })
}
