/**
 * Sees to the snapshots that the core wants sent: a few at a time, so that they starve neither replication
 * nor the disk, and after a failure again soon, but not at once. To the core they all look alike: until
 * it is told that a transfer has ended, the follower is in the state `snapshot` and gets no entries,
 * whether its transfer is under way, waits for its turn, or has failed a moment ago.
 */
import { errorMessage, hasErrorCode, type Logger } from '../base/index.ts'
import type { Message, NodeId } from './core/types.ts'
import type { RaftSettings } from './settings.ts'
import type { Clock, Timer, Transport } from './types.ts'

type SnapshotMessage = Extract<Message, { type: 'snapshot' }>

export interface SnapshotSendsComponents {
  readonly clock: Clock
  readonly transport: Pick<Transport, 'sendSnapshot'>
  readonly logger: Logger
}

export interface SnapshotSendsInit {
  readonly settings: Pick<RaftSettings, 'snapshotSendsMax' | 'snapshotRetryMs' | 'snapshotRetryMaxMs'>
  /** It is the turn of `to`: what to send it by now, or undefined if it needs none any more. */
  readonly begin: (to: NodeId) => SnapshotMessage | undefined
  /**
   * The transfer has ended; if it failed, the core may ask for another one now. `interrupted`: what has
   * arrived of it is kept, so that the same again would go on from there.
   */
  readonly onEnded: (message: SnapshotMessage, interrupted: boolean) => void
  /** The snapshot cannot be read here; to send it again would fail again. */
  readonly onUnreadable: () => void
}

/** What reading a stored snapshot fails with for good. */
const UNREADABLE = ['RAFT_SNAPSHOT_DAMAGED', 'RAFT_SNAPSHOT_MISSING']

export class SnapshotSends {
  readonly #components: SnapshotSendsComponents
  readonly #init: SnapshotSendsInit
  /** In the order in which they asked. */
  readonly #waiting = new Set<NodeId>()
  readonly #running = new Set<NodeId>()
  /** Failures since the last success, and what will tell the core of the last one. */
  readonly #failed = new Map<NodeId, { readonly count: number; readonly report: Timer }>()
  #stopped = false

  constructor(components: SnapshotSendsComponents, init: SnapshotSendsInit) {
    this.#components = components
    this.#init = init
  }

  /** The core wants a snapshot sent to `to`; what is sent is decided when its turn comes. */
  request(to: NodeId): void {
    // It knows better by now, or leads a later term.
    this.#failed.get(to)?.report.cancel()
    this.#waiting.add(to)
    this.#next()
  }

  /** Begins nothing and tells nothing any more. */
  stop(): void {
    this.#stopped = true
    for (const { report } of this.#failed.values()) report.cancel()
  }

  #next(): void {
    for (const to of this.#waiting) {
      if (this.#stopped || this.#running.size >= this.#init.settings.snapshotSendsMax) return
      // A transfer of an earlier term may still be under way.
      if (this.#running.has(to)) continue
      this.#waiting.delete(to)
      const message = this.#init.begin(to)
      if (message === undefined) this.#failed.delete(to)
      else this.#send(message)
    }
  }

  #send(message: SnapshotMessage): void {
    this.#running.add(message.to)
    this.#components.transport.sendSnapshot(message, (error) => {
      this.#running.delete(message.to)
      if (error === undefined) {
        this.#failed.delete(message.to)
        this.#init.onEnded(message, false)
      } else {
        this.#reportLater(message, error)
      }
      this.#next()
    })
  }

  #reportLater(message: SnapshotMessage, error: Error): void {
    if (this.#stopped) return
    const { clock, logger } = this.#components
    const { snapshotRetryMs, snapshotRetryMaxMs } = this.#init.settings
    const { to, snapshot } = message
    const failures = (this.#failed.get(to)?.count ?? 0) + 1
    const delayMs = Math.min(snapshotRetryMs * 2 ** (failures - 1), snapshotRetryMaxMs)
    logger.warn(
      { to, index: snapshot.index, failures, delayMs, error: errorMessage(error) },
      'snapshot transfer failed',
    )
    if (UNREADABLE.some((code) => hasErrorCode(error, code) || hasErrorCode(error.cause, code))) {
      this.#init.onUnreadable()
    }
    // The core has moved on, and asked again.
    if (this.#waiting.has(to)) return
    const interrupted = hasErrorCode(error, 'SNAPSHOT_INTERRUPTED')
    const report = clock.after(delayMs, () => this.#init.onEnded(message, interrupted))
    this.#failed.set(to, { count: failures, report })
  }
}
