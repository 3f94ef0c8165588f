/**
 * A B A B: machines are noisy, so the systems are measured in turns within one run, and compared pair by
 * pair. All clusters stay up, with their caches and compiled code warm; those whose turn it is not stand
 * still (SIGSTOP), so that their heartbeats take nothing from the one that is measured.
 */
import type { Cluster } from './systems/types.ts'
import type { Bench, SystemName } from './types.ts'

export type Turns<T> = ReadonlyMap<SystemName, readonly T[]>

/** Samples of each cluster, `pairs` times in turns. All clusters run again when it is over. */
export async function inTurns<T>(
  bench: Bench,
  clusters: readonly Cluster[],
  measure: (cluster: Cluster) => Promise<T>,
  pairs = bench.options.pairs,
): Promise<Turns<T>> {
  const samples = new Map<SystemName, T[]>(clusters.map(({ system }) => [system, []]))
  if (clusters.length > 1) for (const cluster of clusters) cluster.suspend()
  for (let pair = 0; pair < pairs; pair++) {
    for (const cluster of clusters) {
      bench.signal.throwIfAborted()
      if (clusters.length > 1) await cluster.resume()
      samples.get(cluster.system)?.push(await measure(cluster))
      if (clusters.length > 1) cluster.suspend()
    }
  }
  await Promise.all(clusters.map((cluster) => cluster.resume()))
  return samples
}

export function samplesOf<T>(
  turns: Turns<T>,
  pick: (sample: T) => number,
): Partial<Record<SystemName, readonly number[]>> {
  return Object.fromEntries([...turns].map(([system, samples]) => [system, samples.map(pick)]))
}
