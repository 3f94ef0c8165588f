/** A leader hands its lead over, and looks whether somebody has taken it. */
import type { RaftCore } from './core/core.ts'
import type { NodeId } from './core/types.ts'
import { transferFailed } from './errors.ts'
import type { RaftSettings } from './settings.ts'
import type { Callback, Clock } from './types.ts'

export interface HandOverInit {
  /** @default whoever has the most of the log */
  readonly to: NodeId | undefined
  readonly clock: Clock
  readonly settings: Pick<RaftSettings, 'electionTimeoutMs' | 'tickMs'>
  readonly isStopped: () => boolean
}

/** To be called on the leader; answers when it does not lead any more, or with `RAFT_TRANSFER_FAILED`. */
export function handOver(core: RaftCore, init: HandOverInit, done: Callback): void {
  const { clock, settings, isStopped } = init
  const fail = (reason: string): void => clock.defer(() => done(transferFailed(reason), undefined))
  if (!core.transferLeadership(init.to)) {
    fail('no other voter can take over')
    return
  }
  const deadline = clock.now() + 2 * settings.electionTimeoutMs
  const poll = clock.every(settings.tickMs, () => {
    if (core.role !== 'leader') {
      poll.cancel()
      done(undefined, undefined)
    } else if (isStopped() || clock.now() > deadline || core.status().transferTarget === undefined) {
      poll.cancel()
      fail('the chosen node did not take over in time')
    }
  })
}
