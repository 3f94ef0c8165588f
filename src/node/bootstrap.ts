/** Starts a node together with others: what `founding.ts` decides, over the network and on disk. */
import { DebrosError, type Logger } from '../base/index.ts'
import { askWaiting, type JoinClientComponents } from '../p2p/index.ts'
import type { Member } from '../raft/index.ts'
import type { DataDir } from './data-dir.ts'
import { Founding, type FoundingOutcome, type FoundingQuestion, type Heard } from './founding.ts'
import { checkNoHttp } from './http-probe.ts'
import type { ResolvedNodeInit } from './init.ts'
import type { JoinAddresses } from './join-addresses.ts'
import { joinCluster } from './join-cluster.ts'
import type { JoinDesk } from './join-desk.ts'

/** How long others are given to answer; they are asked again soon. */
const ASK_TIMEOUT_MS = 2_000

const ROUND_MS_MAX = 1_000

export interface BootstrapComponents {
  readonly network: JoinClientComponents
  readonly dataDir: DataDir
  readonly joinDesk: JoinDesk
  readonly joinAddresses: JoinAddresses
  readonly logger: Logger
}

/** Resolves once it is decided whether this node founds the cluster, or has been taken into it. */
export async function startTogether(
  components: BootstrapComponents,
  init: ResolvedNodeInit,
  self: Member,
  signal: AbortSignal,
): Promise<FoundingOutcome> {
  const { network, dataDir, joinDesk, joinAddresses, logger } = components
  const { clusterSecret: secret, joinIntervalMs: intervalMs, joinCredentials: credentials } = init
  const { id: nodeId, address, voter } = self
  const request = { nodeId, address, voter, clusterId: undefined, ...(credentials && { credentials }) }
  const probed = new Set<string>()

  const ask = async (asked: string, question: FoundingQuestion): Promise<Heard> => {
    let peerId = ''
    const onAsked = (key: string): void => {
      peerId = key
    }
    const options = {
      secret,
      request: { ...request, ...question },
      timeoutMs: ASK_TIMEOUT_MS,
      signal,
      onAsked,
    }
    try {
      const waiting = await askWaiting(network, { address: asked, ...options })
      return { peerId, waiting }
    } catch (error) {
      if (error instanceof DebrosError && error.code === 'PEER_IS_SELF') {
        return {
          peerId: self.peerId,
          waiting: { type: 'waiting', nodeId, foundingId: undefined, member: false },
        }
      }
      if (!signal.aborted && !probed.has(asked)) {
        probed.add(asked)
        await checkNoHttp(asked, error, signal)
      }
      throw error
    }
  }
  const join = (addresses: readonly string[]) =>
    joinCluster(
      { ...network, logger },
      { addresses: async () => addresses, secret, request, intervalMs, attempts: 1, signal },
    )

  const founding = new Founding(
    { store: dataDir, ask, join, authorizer: init.authorizer, logger },
    {
      ...{ self, signal, addresses: () => joinAddresses.now(), expect: init.bootstrapExpect },
      timeoutMs: init.bootstrapExpectTimeoutMs,
      roundMs: Math.min(intervalMs, ROUND_MS_MAX),
    },
  )
  await founding.open()
  joinDesk.foundBy((asked) => founding.answer(asked))
  logger.info({ expect: init.bootstrapExpect }, 'waiting for others to found a cluster with, or to join')
  const outcome = await founding.run()
  joinDesk.foundBy(async () => {
    throw new DebrosError('JOIN_NOT_MEMBER', 'the node that was asked is just becoming a member', {
      retryable: true,
    })
  })
  return outcome
}
