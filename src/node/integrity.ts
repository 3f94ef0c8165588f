/**
 * Watches that the replicas are what they must be: equal. From time to time the leader puts a digest
 * entry into the log; every replica takes a digest of its state as of that entry; the leader gathers
 * and compares them, and puts what it found into the log, so that every node knows and can tell.
 *
 * A divergence means that data was damaged where no checksum saw it, or that applying the log was not
 * deterministic. It cannot be repaired from inside: the named nodes are to be rebuilt from the others.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage, type Logger } from '../base/index.ts'
import type { PeerAddress, Rpc } from '../p2p/index.ts'
import { DigestAnswer, DigestQuery } from '../wire/index.ts'
import { encodeCommand } from './codec/command-codec.ts'
import type { Consensus } from './consensus.ts'
import { DEFAULT_TIMEOUT_MS, DIGEST_TIMEOUT_MS } from './defaults.ts'
import { compareDigests, type IntegrityReport } from './integrity-report.ts'
import type { StateDigest, StateDigests } from './state-digests.ts'

const METHOD = 'cluster/digest'

export interface IntegrityComponents {
  readonly consensus: Consensus
  readonly rpc: Rpc
  readonly digests: StateDigests
  readonly logger: Logger
}

export interface IntegrityInit {
  readonly selfId: string
  /** Between two comparisons; 0: never. */
  readonly intervalMs: number
}

export class Integrity {
  readonly #components: IntegrityComponents
  readonly #init: IntegrityInit
  readonly #lifetime = new AbortController()
  #running: Promise<void> | undefined
  #reported = 0

  constructor(components: IntegrityComponents, init: IntegrityInit) {
    this.#components = components
    this.#init = init
    components.rpc.handle(METHOD, 'member', (bytes, { signal }) => this.#answer(bytes, signal))
  }

  start(): void {
    if (this.#init.intervalMs > 0) this.#running ??= this.#watch()
  }

  async stop(): Promise<void> {
    this.#lifetime.abort(new Error('the node is stopping'))
    await this.#running
  }

  /** Every replica hears of every comparison, through the log. */
  reported(report: IntegrityReport): void {
    const { logger, consensus } = this.#components
    if (report.index <= this.#reported) return
    this.#reported = report.index
    const { index, agreeing, diverged, unchecked } = report
    if (diverged.length === 0) {
      logger.debug({ index, agreeing, unchecked }, 'the replicas are equal')
      return
    }
    const at = new Date(report.timeMs).toISOString()
    logger.error(
      { index, diverged, agreeing, unchecked, at },
      agreeing.length === 0
        ? `DATA DIVERGED: at log index ${index} the data of ${diverged.join(', ')} differs from each other, and no side has a majority`
        : `DATA DIVERGED: at log index ${index} the data of ${diverged.join(', ')} differs from that of the majority (${agreeing.join(', ')}); stop it, delete its data directory and let it join again`,
    )
    // Whoever is proven wrong should not lead.
    const heir = agreeing.find((id) => consensus.config.voters.includes(id))
    if (heir === undefined || !diverged.includes(this.#init.selfId) || !consensus.isLeader) return
    consensus.transferLeadership(heir, { timeoutMs: DEFAULT_TIMEOUT_MS }).catch((error: unknown) => {
      logger.warn({ error: errorMessage(error) }, 'leadership could not be handed to a node that agrees')
    })
  }

  async #watch(): Promise<void> {
    const { signal } = this.#lifetime
    while (!signal.aborted) {
      await sleep(this.#init.intervalMs, undefined, { signal }).catch(() => {})
      const { consensus, logger } = this.#components
      if (signal.aborted || !consensus.isLeader || consensus.config.members.length < 2) continue
      try {
        await this.#compare(signal)
      } catch (error) {
        // The next leader, or the next time, will tell.
        logger.warn({ error: errorMessage(error) }, 'the replicas could not be compared')
      }
    }
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const { consensus } = this.#components
    const limits = { timeoutMs: DIGEST_TIMEOUT_MS, signal }
    const { index } = await consensus.propose(encodeCommand({ kind: 'digest' }), limits)
    const members = consensus.config.members
    const answers = await Promise.all(
      members.map(async (member) => [member.id, await this.#digestOf(member, index, signal)] as const),
    )
    const report = compareDigests(index, Date.now(), new Map(answers))
    await consensus.propose(encodeCommand({ kind: 'report', report }), limits)
  }

  async #digestOf(
    member: PeerAddress & { readonly id: string },
    index: number,
    signal: AbortSignal,
  ): Promise<StateDigest | undefined> {
    const { digests, rpc, logger } = this.#components
    const timeoutMs = DIGEST_TIMEOUT_MS
    try {
      if (member.id === this.#init.selfId) {
        return await digests.at(index, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
      }
      const query = DigestQuery.encode({ index, timeoutMs })
      return DigestAnswer.decode(await rpc.call(member, METHOD, query, { timeoutMs, signal }))
    } catch (error) {
      logger.debug({ id: member.id, index, error: errorMessage(error) }, 'no digest from a member')
      return undefined
    }
  }

  async #answer(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { index, timeoutMs } = DigestQuery.decode(bytes)
    const limit = AbortSignal.timeout(Math.min(timeoutMs, DIGEST_TIMEOUT_MS))
    const { sql, kv } = await this.#components.digests.at(
      index,
      AbortSignal.any([signal, limit, this.#lifetime.signal]),
    )
    return DigestAnswer.encode({ sql, kv })
  }
}
