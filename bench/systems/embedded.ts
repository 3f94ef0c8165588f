/** debros as a library: programs that embed a node each, and are told over a control port what to do with it. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../src/testing/free-ports.ts'
import type { EmbeddedInit, EmbeddedPlan } from '../load/embedded-types.ts'
import type { LoadResult } from '../load/types.ts'
import { temporaryDirectory } from '../processes.ts'
import type { SystemName } from '../types.ts'
import { ProcessCluster, ProcessNode } from './process-cluster.ts'
import { leaderSeenBy } from './rqlited.ts'
import type { Cluster, ClusterInit, ClusterNode } from './types.ts'

const PROGRAM = fileURLToPath(new URL('../load/embedded-node.ts', import.meta.url))
/** Of this cluster only, on loopback. */
const SECRET = 'a secret of this measurement only'

/** @param root Working copy whose build is the library */
export async function startEmbedded(
  system: SystemName,
  root: string,
  { nodes: count = 3 }: ClusterInit,
): Promise<Cluster> {
  const directory = await temporaryDirectory(`${system}-embedded`)
  const ports = await freePorts(3 * count)
  const portsOf = (i: number) => ports.slice(3 * i, 3 * i + 3) as [number, number, number]
  const joinAddresses = Array.from({ length: count }, (_, i) => `127.0.0.1:${portsOf(i)[1]}`)
  const nodes = joinAddresses.map((raftAddress, i) => {
    const [http, , controlPort] = portsOf(i)
    const id = `n${i + 1}`
    const dataDir = join(directory, id)
    const options = {
      ...{ nodeId: id, dataDir, raftAddress, clusterSecret: SECRET },
      ...(count > 1 && { joinAddresses, bootstrapExpect: count }),
      http: { host: '127.0.0.1', port: http },
    }
    const init: EmbeddedInit = { library: join(root, 'dist/index.js'), controlPort, options }
    return new ProcessNode({
      id,
      address: `127.0.0.1:${http}`,
      control: `127.0.0.1:${controlPort}`,
      dataDir,
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify(init)],
    })
  })
  return await ProcessCluster.start({ system, api: 'rqlite', directory, nodes, leaderSeenBy })
}

/** Has the program around this node call it. */
export async function callInside(
  node: ClusterNode,
  plan: EmbeddedPlan,
  signal: AbortSignal,
): Promise<LoadResult> {
  if (node.control === undefined) throw new Error(`${node.id} is no program that embeds a node`)
  const response = await fetch(`http://${node.control}/`, {
    method: 'POST',
    body: JSON.stringify(plan),
    signal,
  })
  const answer = await response.text()
  if (!response.ok) throw new Error(`${node.id}: ${answer}`)
  return JSON.parse(answer) as LoadResult
}
