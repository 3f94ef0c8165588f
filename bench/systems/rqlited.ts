/**
 * Systems with the command line and the HTTP API of rqlite: rqlite itself, and debros, whose
 * `bin/rqlited` takes the same.
 */
import { join } from 'node:path'
import { freePorts } from '../../src/testing/free-ports.ts'
import { temporaryDirectory } from '../processes.ts'
import type { SystemName } from '../types.ts'
import { ProcessCluster, ProcessNode } from './process-cluster.ts'
import type { Cluster, ClusterInit } from './types.ts'

export interface RqlitedProgram {
  readonly command: string
  readonly args: readonly string[]
  /** Of the cluster's nodes, see ProcessClusterInit. */
  readonly endedBy?: 'SIGKILL' | 'SIGTERM'
}

export async function startRqlited(
  system: SystemName,
  program: RqlitedProgram,
  { places, nodes: count = places?.length ?? 3, flags = [] }: ClusterInit,
): Promise<Cluster> {
  const directory = await temporaryDirectory(system)
  const ports = await freePorts(2 * count)
  const host = (i: number): string => places?.[i]?.host ?? '127.0.0.1'
  const address = (i: number): string => `${host(i)}:${ports[i]}`
  const raftAddresses = Array.from({ length: count }, (_, i) => `${host(i)}:${ports[count + i]}`)
  const together = count === 1 ? [] : ['-bootstrap-expect', String(count), '-join', raftAddresses.join(',')]
  const nodes = raftAddresses.map((raftAddress, i) => {
    const id = `n${i + 1}`
    const dataDir = join(directory, id)
    const own = ['-node-id', id, '-http-addr', address(i), '-raft-addr', raftAddress]
    const [command, ...args] = [
      ...(places?.[i]?.enter ?? []),
      ...[program.command, ...program.args, ...own, ...together, ...flags, dataDir],
    ] as [string, ...string[]]
    return new ProcessNode({ id, address: address(i), dataDir, command, args })
  })
  return await ProcessCluster.start({
    ...{ system, api: 'rqlite', directory, nodes, leaderSeenBy },
    ...(program.endedBy !== undefined && { endedBy: program.endedBy }),
  })
}

interface NodeDocument {
  readonly api_addr?: string
  readonly leader: boolean
}

export async function leaderSeenBy(address: string): Promise<string | undefined> {
  const ready = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(2_000) })
  await ready.arrayBuffer()
  if (!ready.ok) return undefined
  const response = await fetch(`http://${address}/nodes`, { signal: AbortSignal.timeout(2_000) })
  const nodes = (await response.json()) as Readonly<Record<string, NodeDocument>>
  const leader = Object.values(nodes).find((node) => node.leader)
  return leader?.api_addr?.replace('http://', '')
}
