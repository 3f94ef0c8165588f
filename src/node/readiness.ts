import { setTimeout as sleep } from 'node:timers/promises'
import type { Consensus } from './consensus.ts'
import type { Contact } from './contact.ts'

const POLL_MS = 20

/** A node that is back is ready after so long even if nobody has answered what it says of itself. */
const REJOIN_WAIT_MS = 5_000

/** Nodes that start together are ready after so long even if too few of them have come. */
const COMPANY_WAIT_MS = 10_000

export interface ReadinessInit {
  readonly electionTimeoutMs: number
  /** With how many nodes it was to found its cluster, just now; 0 if with none. */
  readonly company: number
  readonly signal: AbortSignal
}

/**
 * Resolves once everything that was committed when this node came is applied here, and the cluster knows
 * of it what whoever sees it ready may rely on; or when the signal aborts.
 */
export async function untilReady(
  { consensus, contact }: { readonly consensus: Consensus; readonly contact: Contact },
  { electionTimeoutMs, company, signal }: ReadinessInit,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await consensus.readIndex({ timeoutMs: electionTimeoutMs, signal })
      break
    } catch {
      // No leader yet, or not caught up: that is what is being waited for.
      await sleep(POLL_MS)
    }
  }
  await Promise.race([contact.answered, sleep(REJOIN_WAIT_MS, undefined, { signal }).catch(() => {})])
  await untilCompany(consensus, company, signal)
}

/**
 * Until most of those that a cluster was founded with have a vote: what is written before is on fewer
 * disks than whoever started so many nodes may think.
 */
async function untilCompany(consensus: Consensus, expected: number, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + COMPANY_WAIT_MS
  while (
    !signal.aborted &&
    performance.now() < deadlineMs &&
    2 * consensus.config.voters.length <= expected
  ) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
  }
}
