/** etcd through its JSON gateway, with its defaults: every write is synced on a majority. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../../src/testing/free-ports.ts'
import { temporaryDirectory } from '../processes.ts'
import { fetchedEtcd } from './fetch-etcd.ts'
import { ProcessCluster, ProcessNode } from './process-cluster.ts'
import { type Cluster, type ClusterInit, NotAvailable, type System } from './types.ts'

const NOT_THERE = "no etcd in PATH (--fetch-peers gets Debian's, --etcd PATH takes another)"

/** @param given Its program; left out: the one in PATH, or else the one that was fetched */
export function etcd(given?: string): System {
  let program = given ?? 'etcd'
  return {
    name: 'etcd',
    api: 'etcd',
    async version() {
      for (const candidate of given === undefined ? ['etcd', fetchedEtcd()] : [given]) {
        const version = await versionOf(candidate)
        if (version === undefined) continue
        program = candidate
        return version
      }
      throw new NotAvailable(given === undefined ? NOT_THERE : `${given} does not run`)
    },
    start: (init) => startEtcd(program, init),
  }
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'])
    return /etcd Version: (\S+)/.exec(stdout)?.[1] ?? stdout.trim()
  } catch {
    return undefined
  }
}

async function startEtcd(command: string, { nodes: count = 3, flags = [] }: ClusterInit): Promise<Cluster> {
  const directory = await temporaryDirectory('etcd')
  const ports = await freePorts(2 * count)
  const address = (i: number): string => `127.0.0.1:${ports[i]}`
  const peers = Array.from({ length: count }, (_, i) => `http://${address(count + i)}`)
  const cluster = peers.map((peer, i) => `n${i + 1}=${peer}`).join(',')
  const nodes = peers.map((peer, i) => {
    const id = `n${i + 1}`
    const dataDir = join(directory, id)
    const client = `http://${address(i)}`
    const args = [
      ...['--name', id, '--data-dir', dataDir, '--log-level', 'error'],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', cluster, ...flags],
    ]
    return new ProcessNode({ id, address: address(i), dataDir, command, args })
  })
  return await ProcessCluster.start({ system: 'etcd', api: 'etcd', directory, nodes, leaderSeenBy })
}

interface StatusDocument {
  readonly leader?: string
}

interface MembersDocument {
  readonly members: readonly { readonly ID: string; readonly clientURLs?: readonly string[] }[]
}

async function leaderSeenBy(address: string): Promise<string | undefined> {
  const { leader } = (await post(address, '/v3/maintenance/status')) as StatusDocument
  const { members } = (await post(address, '/v3/cluster/member/list')) as MembersDocument
  return members.find((member) => member.ID === leader)?.clientURLs?.[0]?.replace('http://', '')
}

async function post(address: string, path: string): Promise<unknown> {
  const response = await fetch(`http://${address}${path}`, {
    method: 'POST',
    body: '{}',
    signal: AbortSignal.timeout(2_000),
  })
  return await response.json()
}
