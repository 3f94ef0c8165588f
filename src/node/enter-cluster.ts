/** How a node that starts comes to be in a cluster: it has one, founds one, or is taken into one. */
import { randomUUID } from 'node:crypto'
import { DebrosError, type Logger } from '../base/index.ts'
import type { Member, NodeIdentity } from '../raft/index.ts'
import { startTogether } from './bootstrap.ts'
import type { DataDir } from './data-dir.ts'
import { invalid, type ResolvedNodeInit } from './init.ts'
import type { JoinAddresses } from './join-addresses.ts'
import { type Accepted, joinCluster } from './join-cluster.ts'
import type { JoinDesk } from './join-desk.ts'
import type { Network } from './open-network.ts'

export interface EnterComponents {
  readonly network: Network
  readonly dataDir: DataDir
  readonly joinDesk: JoinDesk
  readonly joinAddresses: JoinAddresses
  readonly logger: Logger
}

export interface EnterOptions {
  readonly self: Member
  /** What the data directory says. */
  readonly stored: NodeIdentity | undefined
  readonly signal: AbortSignal
}

export interface Entered {
  readonly clusterId: string
  /** It is the cluster's first member. */
  readonly founds: boolean
  /** What the cluster said when it took this node in, just now. */
  readonly accepted: Accepted | undefined
}

/**
 * A node that has no cluster yet founds one or joins one. One that has never asks again, unless it was
 * taken in and lost its way before it received a log; see {@link askToJoin}.
 */
export async function enterCluster(
  components: EnterComponents,
  init: ResolvedNodeInit,
  { self, stored, signal }: EnterOptions,
): Promise<Entered> {
  const { dataDir, joinAddresses } = components
  if (stored?.clusterId !== undefined) {
    return { clusterId: stored.clusterId, founds: false, accepted: undefined }
  }
  const founding = await dataDir.readFounding()
  const foundsAs = founding?.founder === self.peerId ? founding.clusterId : undefined
  if (foundsAs !== undefined || !joinAddresses.exist) {
    if (!init.voter) {
      throw invalid('a learner cannot found a cluster; give it the address of a member to join')
    }
    return { clusterId: foundsAs ?? randomUUID(), founds: true, accepted: undefined }
  }
  if (init.bootstrapExpect > 0) {
    const outcome = await startTogether(components, init, self, signal)
    if (outcome.type === 'founds') return { clusterId: outcome.clusterId, founds: true, accepted: undefined }
    return await takenIn(outcome.accepted)
  }
  return await takenIn(await askToJoin(components, init, { self, clusterId: undefined, signal }))

  async function takenIn(accepted: Accepted): Promise<Entered> {
    await dataDir.writeIdentity({ nodeId: self.id, clusterId: accepted.clusterId })
    return { clusterId: accepted.clusterId, founds: false, accepted }
  }
}

export interface AskToJoinOptions {
  readonly self: Member
  /** The cluster it has to be; undefined: any. */
  readonly clusterId: string | undefined
  readonly signal: AbortSignal
}

/** Asks until this node is taken in. Errors: `JOIN_*`, `NODE_INIT_INVALID`. */
export async function askToJoin(
  { network, joinAddresses, logger }: EnterComponents,
  init: ResolvedNodeInit,
  { self, clusterId, signal }: AskToJoinOptions,
): Promise<Accepted> {
  const { id: nodeId, address, voter } = self
  const { clusterSecret: secret, joinIntervalMs, joinAttempts, joinCredentials: credentials } = init
  const { joinAddresses: given, discoverAddresses } = init
  if (given.length > 0 && given.every((one) => one === address) && !discoverAddresses) {
    throw invalid('the only address it is to join is its own')
  }
  if (!joinAddresses.exist) {
    throw new DebrosError(
      'JOIN_ADDRESS_MISSING',
      'this node was taken into a cluster but has no log yet; start it with the address of a member to join',
    )
  }
  const addresses = async () => (await joinAddresses.now()).filter((one) => one !== address)
  logger.info({ addresses: await addresses() }, 'joining')
  return await joinCluster(
    { ...network, logger },
    {
      addresses,
      secret,
      request: { nodeId, address, voter, clusterId, ...(credentials && { credentials }) },
      intervalMs: joinIntervalMs,
      attempts: joinAttempts,
      signal,
    },
  )
}
