/** The data directory of a stopped node: what is in it, and its recovery from the command line. */
import { access, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DebrosError, hasErrorCode, type Logger } from '../base/index.ts'
import { readPeerId } from '../p2p/index.ts'
import { createLevelStore, createSnapshotFiles, type Member } from '../raft/index.ts'
import { parsePeersFile } from './peers-file.ts'
import { carryOut, peersFileOf, type RecoveryTarget, readStored, syncDirectory } from './recovery.ts'
import { planRecovery, type RecoveryPlan, refused, type StoredNode } from './recovery-plan.ts'

/** What an operator looks at to choose among survivors: the highest last term, then the highest last index. */
export interface DataDirReport {
  readonly dataDir: string
  readonly nodeId: string
  /** Undefined if the node's key is kept elsewhere. */
  readonly peerId: string | undefined
  /** Undefined if the node never was a member. */
  readonly clusterId: string | undefined
  /** Ids the cluster had before recoveries, oldest first. */
  readonly ancestors: readonly string[]
  readonly term: number
  readonly lastIndex: number
  readonly lastTerm: number
  readonly snapshot: { readonly index: number; readonly term: number } | undefined
  /** As the last configuration in the log has them. */
  readonly members: readonly (Member & { readonly votes: boolean })[]
  /** A `raft/peers.json` is there, and takes effect at the next start. */
  readonly pending: boolean
}

export interface PlanReport {
  readonly from: string
  /** The cluster's id after it; the same on all nodes that are recovered together. */
  readonly clusterId: string
  readonly before: readonly Member[]
  readonly after: readonly Member[]
}

export interface PeersText {
  readonly text: string
  /** The file's name, for messages. */
  readonly where: string
}

/** Changes nothing. Errors: `DATA_DIR_UNREADABLE`, `DATA_DIR_IN_USE`, `RAFT_LOG_DAMAGED`. */
export async function inspectDataDir(dataDir: string, logger: Logger): Promise<DataDirReport> {
  return await withTarget(dataDir, logger, async (target) => ({
    ...report(await readStored(target)),
    pending: await exists(peersFileOf(dataDir)),
  }))
}

/** What a recovery with these peers would do; changes nothing. Errors: also `PEERS_FILE_INVALID`, `RECOVERY_REFUSED`. */
export async function previewRecovery(
  dataDir: string,
  peers: PeersText,
  logger: Logger,
): Promise<PlanReport> {
  return await withTarget(dataDir, logger, async (target) => {
    return reportPlan(planRecovery(await readStored(target), parsePeersFile(peers.text, peers.where)))
  })
}

/** `confirm` must be the id of the cluster as it is now. Errors as {@link previewRecovery}. */
export async function recoverDataDir(
  dataDir: string,
  { confirm, ...peers }: PeersText & { readonly confirm: string },
  logger: Logger,
): Promise<PlanReport> {
  return await withTarget(dataDir, logger, async (target) => {
    const stored = await readStored(target)
    const plan = planRecovery(stored, parsePeersFile(peers.text, peers.where))
    if (confirm !== plan.from && confirm !== stored.identity?.clusterId) {
      throw refused(stored, `it belongs to cluster ${plan.from}, not ${confirm}`)
    }
    await placeFile(stored, peers.text)
    await carryOut(target, plan, logger)
    return reportPlan(plan)
  })
}

/** From here on the next start goes on with it, should this process be cut short. */
async function placeFile(stored: StoredNode, text: string): Promise<void> {
  const path = peersFileOf(stored.location)
  const there = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (there === text) return
  if (there !== undefined) {
    throw refused(
      stored,
      `${path} is there already and says something else. Remove it, or start the node with it`,
    )
  }
  const file = await open(`${path}.tmp`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.tmp`, path)
  await syncDirectory(dirname(path))
}

async function withTarget<T>(
  location: string,
  logger: Logger,
  use: (target: RecoveryTarget) => Promise<T>,
): Promise<T> {
  // Opening it would make one.
  if (!(await exists(join(location, 'raft', 'CURRENT')))) {
    throw new DebrosError('DATA_DIR_UNREADABLE', `${location} is not the data directory of a node`)
  }
  const logDatabase = createLevelStore(join(location, 'raft'))
  await logDatabase.open()
  try {
    const peerId = await readPeerId(join(location, 'identity.key'))
    const snapshots = createSnapshotFiles({ logger }, { dir: join(location, 'snapshots') })
    return await use({ location, logDatabase, snapshots, peerId })
  } finally {
    await logDatabase.close()
  }
}

function report({ location, identity, log, recovery, peerId }: StoredNode): Omit<DataDirReport, 'pending'> {
  const config = log?.configs[0]
  return {
    dataDir: location,
    nodeId: identity?.nodeId ?? '',
    peerId,
    clusterId: identity?.clusterId,
    ancestors: recovery?.ancestors ?? [],
    term: log?.hardState?.term ?? 0,
    lastIndex: log?.lastIndex ?? 0,
    lastTerm: log?.lastTerm ?? 0,
    snapshot: log?.snapshot && { index: log.snapshot.index, term: log.snapshot.term },
    members: config?.members.map((member) => ({ ...member, votes: config.voters.includes(member.id) })) ?? [],
  }
}

function reportPlan({ from, recovery, before, after }: RecoveryPlan): PlanReport {
  return { from, clusterId: recovery.clusterId, before: before.members, after: after.members }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
