import type { Logger } from '../base/index.ts'
import {
  createJoinServer,
  createPeerHost,
  createRpc,
  MemberTable,
  type PeerHost,
  type RpcService,
} from '../p2p/index.ts'
import type { Cleanup } from './cleanup.ts'
import type { DataDir } from './data-dir.ts'
import type { ResolvedNodeInit } from './init.ts'
import type { JoinDesk } from './join-desk.ts'

/** What exists before the node knows its cluster. */
export interface Network {
  readonly host: PeerHost
  readonly rpc: RpcService
  readonly members: MemberTable
  readonly logger: Logger
}

/** Listens to other nodes, and can call them. Requests to join go to the desk from now on. */
export async function openNetwork(
  components: { readonly dataDir: DataDir; readonly joinDesk: JoinDesk; readonly cleanup: Cleanup },
  init: ResolvedNodeInit,
): Promise<Network> {
  const { dataDir, joinDesk, cleanup } = components
  const { listenAddresses, raftAddress: nodeAddress, linkFilter, clusterSecret: secret } = init
  const logger = init.logger.child({ component: 'P2P' })
  const host = createPeerHost(
    { identity: dataDir.identity, logger, ...(linkFilter === undefined ? {} : { linkFilter }) },
    { listenAddresses, nodeAddress },
  )
  const members = new MemberTable()
  // As rqlite's counter: a pooled connection was found dead, and replaced.
  const onReconnected = () => init.counters.add('cluster', 'num_client_force_new_conn')
  const rpc = createRpc({ host, members, logger, onReconnected })
  await host.start()
  cleanup.add('network', () => host.stop())
  await rpc.start()
  cleanup.add('rpc', () => rpc.stop())
  createJoinServer(
    { rpc, host, logger },
    { secret, onJoin: (request, { signal }) => joinDesk.handle(request, signal) },
  )
  return { host, rpc, members, logger }
}
