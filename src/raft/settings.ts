/** Settings of one Raft member, checked once. Times in milliseconds, sizes in bytes. */
import { DebrosError } from '../base/index.ts'
import { ENTRY_BYTES_MAX } from '../wire/index.ts'
import type { NodeId } from './core/types.ts'

export interface RaftSettings {
  /** The clock's grain; all other times are rounded up to it. @default 20 */
  readonly tickMs: number
  /** How often a leader shows that it is alive. @default 100 */
  readonly heartbeatMs: number
  /** A follower that is sent nothing else learns within this that more is committed; 0: at once. @default 20 */
  readonly commitNoticeMs: number
  /** A follower campaigns after one to two times this without a leader. @default 1000 */
  readonly electionTimeoutMs: number
  /** When the leader's system closes the connection, followers campaign within this. @default 100 */
  readonly crashHintMs: number
  /** Largest entry; never more than the network carries, {@link ENTRY_BYTES_MAX}. @default 8 MiB */
  readonly entryBytesMax: number
  /** Entries per message to a follower. @default 1 MiB */
  readonly appendBytesMax: number
  /** Unacknowledged messages to one follower. @default 256 */
  readonly inflightMessagesMax: number
  /** Unacknowledged bytes to one follower, before the last message. @default 8 MiB */
  readonly inflightBytesMax: number
  /** Proposed but uncommitted bytes; more is refused as busy. @default 64 MiB */
  readonly uncommittedBytesMax: number
  /** Committed but unapplied bytes; a leader refuses more as busy, a follower lets the leader wait. @default 64 MiB */
  readonly unappliedBytesMax: number
  /** Entries and bytes per call of the state machine. @default 1024, 4 MiB */
  readonly applyEntriesMax: number
  readonly applyBytesMax: number
  /** A snapshot is taken after this many applied entries or bytes of them, if it is worth it... @default 8192, 16 MiB */
  readonly snapshotEntries: number
  readonly snapshotBytes: number
  /**
   * ...which means that they come to a part of what the last one wrote. At the latest after this many, or as many
   * entries as are replayed while that is restored. @default 65_536, 64 MiB
   */
  readonly snapshotEntriesMax: number
  readonly snapshotBytesMax: number
  /** Entries and bytes kept behind a snapshot for followers a little behind. @default 4096, 16 MiB */
  readonly trailingEntries: number
  readonly trailingBytes: number
  /** More is kept for followers that are still behind, up to so many bytes... @default 128 MiB */
  readonly catchUpBytes: number
  /** ...unless they have been silent for so long. @default 60_000 */
  readonly catchUpMs: number
  /** Snapshots sent at a time; more followers that need one wait for their turn. @default 2 */
  readonly snapshotSendsMax: number
  /** What all snapshots being sent may take together; 0: as fast as it goes. @default 32 MiB */
  readonly snapshotBytesPerSecond: number
  /** The first and the longest pause after a snapshot that could not be sent. @default 200, 10_000 */
  readonly snapshotRetryMs: number
  readonly snapshotRetryMaxMs: number
  /** A new voter counts once it is at most this many entries behind. @default 256 */
  readonly promoteLagEntries: number
  /** After losing the lead, how long to wait for the outcome of unfinished proposals. @default 2000 */
  readonly outcomeWaitMs: number
}

const MIB = 1024 * 1024

export const DEFAULT_RAFT_SETTINGS: RaftSettings = Object.freeze({
  tickMs: 20,
  heartbeatMs: 100,
  commitNoticeMs: 20,
  electionTimeoutMs: 1000,
  crashHintMs: 100,
  entryBytesMax: ENTRY_BYTES_MAX,
  appendBytesMax: MIB,
  inflightMessagesMax: 256,
  inflightBytesMax: 8 * MIB,
  uncommittedBytesMax: 64 * MIB,
  unappliedBytesMax: 64 * MIB,
  applyEntriesMax: 1024,
  applyBytesMax: 4 * MIB,
  snapshotEntries: 8192,
  snapshotBytes: 16 * MIB,
  snapshotEntriesMax: 65_536,
  snapshotBytesMax: 64 * MIB,
  trailingEntries: 4096,
  trailingBytes: 16 * MIB,
  catchUpBytes: 128 * MIB,
  catchUpMs: 60_000,
  snapshotSendsMax: 2,
  snapshotBytesPerSecond: 32 * MIB,
  snapshotRetryMs: 200,
  snapshotRetryMaxMs: 10_000,
  promoteLagEntries: 256,
  outcomeWaitMs: 2000,
})

const MAY_BE_ZERO: ReadonlySet<string> = new Set<keyof RaftSettings>([
  'commitNoticeMs',
  'trailingEntries',
  'trailingBytes',
  'catchUpBytes',
  'catchUpMs',
  'snapshotBytesPerSecond',
  'promoteLagEntries',
])

/** Fills in defaults and checks relations; throws `RAFT_SETTINGS_INVALID`. */
export function resolveRaftSettings(settings: Partial<RaftSettings>): RaftSettings {
  const resolved = { ...DEFAULT_RAFT_SETTINGS, ...settings }
  for (const [name, value] of Object.entries(resolved)) {
    const minimum = MAY_BE_ZERO.has(name) ? 0 : 1
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw new DebrosError('RAFT_SETTINGS_INVALID', `${name} must be a whole number of at least ${minimum}`)
    }
  }
  if (resolved.electionTimeoutMs < 3 * resolved.heartbeatMs) {
    throw new DebrosError(
      'RAFT_SETTINGS_INVALID',
      `the election timeout (${resolved.electionTimeoutMs} ms) must be at least three heartbeats (${resolved.heartbeatMs} ms each)`,
    )
  }
  if (resolved.heartbeatMs < resolved.tickMs) {
    throw new DebrosError('RAFT_SETTINGS_INVALID', 'the heartbeat interval must be at least one tick')
  }
  if (resolved.entryBytesMax > ENTRY_BYTES_MAX) {
    throw new DebrosError('RAFT_SETTINGS_INVALID', `entryBytesMax must be at most ${ENTRY_BYTES_MAX}`)
  }
  return resolved
}

export function ticksOf(ms: number, settings: RaftSettings): number {
  return Math.max(1, Math.ceil(ms / settings.tickMs))
}

/** What the core needs of these settings. */
export function coreSettings(id: NodeId, peerId: string | undefined, settings: RaftSettings) {
  return {
    id,
    peerId,
    electionTicks: ticksOf(settings.electionTimeoutMs, settings),
    heartbeatTicks: ticksOf(settings.heartbeatMs, settings),
    commitNoticeTicks: settings.commitNoticeMs === 0 ? 0 : ticksOf(settings.commitNoticeMs, settings),
    crashHintTicks: ticksOf(settings.crashHintMs, settings),
    appendBytesMax: settings.appendBytesMax,
    inflightMessagesMax: settings.inflightMessagesMax,
    inflightBytesMax: settings.inflightBytesMax,
    uncommittedBytesMax: settings.uncommittedBytesMax,
  }
}
