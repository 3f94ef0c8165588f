/** Clusters of processes for one file of tests, with rqlite's API of their nodes at hand. */
import { afterAll, beforeAll } from 'vitest'
import { ProcessCluster, type ProcessClusterInit, type ProcessNode } from '../../../cluster/processes.ts'
import { Api } from './api.ts'

/** What the first leader is, where a file of tests does not unseat it. */
export class ApiCluster {
  readonly processes: ProcessCluster
  /** In the order in which they were started. */
  readonly nodes: readonly Api[]

  constructor(processes: ProcessCluster) {
    this.processes = processes
    this.nodes = processes.nodes.map((node) => new Api(node))
  }

  async leader(): Promise<Api> {
    return this.of(await this.processes.leader())
  }

  /** Any voter that does not lead. */
  async follower(): Promise<Api> {
    return (await this.followers())[0] as Api
  }

  async followers(): Promise<readonly Api[]> {
    const leader = await this.leader()
    return this.nodes.filter((node, i) => node !== leader && this.processes.nodes[i]?.running)
  }

  of(node: ProcessNode): Api {
    return this.nodes[this.processes.nodes.indexOf(node)] as Api
  }

  process(api: Api): ProcessNode {
    return this.processes.nodes[this.nodes.indexOf(api)] as ProcessNode
  }
}

/** One cluster for all tests of a file, started before the first and ended after the last of them. */
export function useCluster(init: ProcessClusterInit = {}): { readonly cluster: ApiCluster } {
  let cluster: ApiCluster | undefined
  beforeAll(async () => {
    cluster = new ApiCluster(await ProcessCluster.start(init))
  }, 120_000)
  afterAll(async () => {
    await cluster?.processes.close()
  }, 120_000)
  return {
    get cluster() {
      if (cluster === undefined) throw new Error('the cluster is not started yet')
      return cluster
    },
  }
}

/** One cluster for one test. */
export async function withCluster(
  init: ProcessClusterInit,
  run: (cluster: ApiCluster) => Promise<void>,
): Promise<void> {
  await using processes = await ProcessCluster.start(init)
  await run(new ApiCluster(processes))
}

/**
 * Freezes nodes, as if their machines were cut off: connections stay open and nobody answers. They go on when
 * `run` has ended.
 */
export async function withFrozen(
  cluster: ApiCluster,
  nodes: readonly Api[],
  run: () => Promise<void>,
): Promise<void> {
  const pids = nodes.map((node) => cluster.process(node).pid).filter((pid) => pid !== undefined)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    await run()
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
}
