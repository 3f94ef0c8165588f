import { type Bug, edit, script, unit } from './mutant.ts'

const CORE = 'src/raft/core/core.ts'
const LOG = 'src/raft/core/log.ts'
const PROGRESS = 'src/raft/core/progress.ts'
const REPLICATION = 'src/raft/core/replication.ts'
const LOG_TESTS = 'unit/raft/log'
const PROGRESS_TESTS = 'unit/raft/progress'

/** Replicating and committing entries: B1, B15 to B23. */
/** Two checks stand in the way of B20; each would notice alone. */
const NO_HISTORY_CHECK = edit(
  REPLICATION,
  '    if (index > log.commit) break\n    checkHistory(state, index, term)\n',
  '    if (index > 0 || term > 0) break\n',
)

export const REPLICATION_BUGS: readonly Bug[] = [
  {
    id: 'B1',
    title: 'entries of older terms are committed by counting replicas',
    mutants: [
      {
        what: 'whatever a quorum has on disk is committed, of whichever term',
        edits: [edit(REPLICATION, '|| log.term(index) !== state.term) return', ') return')],
        caughtBy: [script('commit-older-term')],
      },
    ],
  },
  {
    id: 'B15',
    title: 'an old or reordered append truncates a suffix that matches',
    mutants: [
      {
        what: 'everything from the first entry of a message on is replaced',
        edits: [
          edit(
            LOG,
            'const differs = entries.findIndex((entry) => !this.matches(entry.index, entry.term))',
            'const differs = entries.findIndex((entry) => entry.index > this.commit)',
          ),
        ],
        caughtBy: [
          script('replication-reordered'),
          unit(LOG_TESTS, 'log - what is here already stays, with everything after it (B15)'),
        ],
      },
      {
        what: 'what comes after the last entry of a message is cut off',
        edits: [
          edit(
            LOG,
            'if (differs === -1) return',
            `const end = entries.at(-1)?.index ?? this.lastIndex
    if (differs === -1 && end >= this.commit && end < this.lastIndex) this.#truncateFrom(end + 1)
    if (differs === -1) return`,
          ),
        ],
        caughtBy: [
          script('commit-follower'),
          unit(LOG_TESTS, 'log - what is here already stays, with everything after it (B15)'),
        ],
      },
    ],
  },
  {
    id: 'B16',
    title: 'the match index goes back, or the next index falls to it',
    mutants: [
      {
        what: 'a late acknowledgement takes back what was acknowledged since',
        edits: [edit(PROGRESS, 'const news = index > this.match', 'const news = index !== this.match')],
        caughtBy: [
          script('replication-match-never-back'),
          unit(PROGRESS_TESTS, 'progress - late acknowledgements take nothing back'),
        ],
      },
      {
        what: 'a refusal moves the next index down to what is acknowledged, or below',
        edits: [
          edit(
            PROGRESS,
            'this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1)',
            'this.next = Math.min(rejected, hint + 1)',
          ),
        ],
        caughtBy: [unit(PROGRESS_TESTS, 'progress - next never falls to match')],
      },
      {
        what: 'a refusal that is out of date makes the leader begin anew',
        edits: [edit(PROGRESS, 'if (rejected <= this.match) return false', '')],
        caughtBy: [
          script('replication-match-never-back'),
          unit(PROGRESS_TESTS, 'progress - a refusal at or below match is out of date'),
        ],
      },
    ],
  },
  {
    id: 'B17',
    title: 'the commit index goes back',
    mutants: [
      {
        what: 'it becomes whatever the last message says',
        edits: [edit(LOG, 'if (index <= this.commit) return', 'if (index === this.commit) return')],
        caughtBy: [
          script('commit-follower'),
          unit(LOG_TESTS, 'log - the commit index never goes back, nor beyond the end (B17)'),
        ],
      },
    ],
  },
  {
    id: 'B18',
    title: "a follower commits up to the leader's commit index, not up to what the message verified",
    mutants: [
      {
        what: 'an append commits whatever is in the log',
        edits: [
          edit(
            REPLICATION,
            'log.commitTo(Math.min(message.commit, lastVerified))',
            'log.commitTo(Math.min(message.commit, log.lastIndex))',
          ),
        ],
        caughtBy: [script('commit-follower')],
      },
      {
        what: 'a follower acknowledges whatever is in its log, verified or not',
        edits: [
          edit(
            REPLICATION,
            'state.sendAfterPersist({ ...response, index: lastVerified',
            'state.sendAfterPersist({ ...response, index: log.lastIndex',
          ),
        ],
        caughtBy: [script('commit-follower')],
      },
      {
        what: 'a heartbeat names a commit index beyond what the follower is known to have',
        edits: [
          edit(
            'src/raft/core/reads.ts',
            'const commit = Math.min(match, state.log.commit)',
            'const commit = Math.max(match, state.log.commit)',
          ),
          edit(
            CORE,
            'state.log.commitTo(message.commit)',
            'state.log.commitTo(Math.min(message.commit, state.log.lastIndex))',
          ),
        ],
        caughtBy: [script('commit-follower'), script('membership-rollback')],
      },
    ],
  },
  {
    id: 'B19',
    title: 'a retry carries no entries, or the check for commitment stops early',
    mutants: [
      {
        what: 'after a refusal the message is sent again without its entries',
        edits: [
          edit(
            REPLICATION,
            'if (progress.rejected(message.index, hint)) sendAppend(state, message.from, progress)',
            `if (progress.rejected(message.index, hint)) {
      progress.probeSent = true
      probeInflight(state, message.from, progress)
    }`,
          ),
        ],
        caughtBy: [script('replication-lost-messages')],
      },
      {
        what: 'what was lost is never missed',
        edits: [
          edit(
            CORE,
            "} else if (progress.state === 'replicate' && progress.stalled &&",
            "} else if (progress.state === 'snapshot' && progress.stalled &&",
          ),
        ],
        caughtBy: [script('replication-lost-messages'), script('replication-lost-answers')],
      },
      {
        what: 'the check stops at the first entry that may not be committed by itself',
        edits: [
          edit(
            REPLICATION,
            '|| log.term(index) !== state.term) return',
            '|| log.term(index) !== state.term || log.term(log.commit + 1) !== state.term) return',
          ),
        ],
        caughtBy: [script('commit-behind-own-entry')],
      },
      {
        what: 'one entry is committed for every answer',
        edits: [
          edit(
            REPLICATION,
            'if (index <= log.commit || log.term(index) !== state.term) return',
            `if (index <= log.commit || log.term(index) !== state.term) return
  if (index > log.commit + 1 && log.term(log.commit + 1) === state.term) return`,
          ),
        ],
        caughtBy: [script('replication-probe'), script('replication-inflight')],
      },
    ],
  },
  {
    id: 'B20',
    title: 'entries below the commit index are truncated; the node must stop instead',
    mutants: [
      {
        what: 'whatever the leader of a later term says is believed',
        edits: [
          edit(LOG, 'assert(index > this.commit, `truncation at', 'assert(index > 0, `truncation at'),
          NO_HISTORY_CHECK,
        ],
        caughtBy: [
          script('commit-truncation'),
          unit(LOG_TESTS, 'log - what is committed is never replaced (B20)'),
        ],
      },
      {
        what: 'entries at or below the commit index are skipped unseen, whatever they are',
        edits: [
          edit(
            REPLICATION,
            'entries.filter((entry) => entry.index >= log.firstIndex)',
            'entries.filter((entry) => entry.index > log.commit)',
          ),
          NO_HISTORY_CHECK,
        ],
        caughtBy: [script('commit-truncation')],
      },
      {
        what: 'the driver logs a broken invariant and goes on',
        edits: [
          edit(
            'src/raft/driver.ts',
            `    } catch (error) {
      this.#fail(toError(error))`,
            `    } catch (error) {
      this.#components.logger.error({ error: errorMessage(toError(error)) }, 'an invariant is broken')`,
          ),
        ],
        caughtBy: [
          unit(
            'unit/raft/driver-member',
            'invariants - a broken one stops the node, and nothing is sent after it',
          ),
        ],
      },
    ],
  },
  {
    id: 'B21',
    title: 'the late write of an entry that was overwritten counts for what replaced it (ABA)',
    mutants: [
      {
        what: 'a write that is done counts up to where it went, whatever was replaced meanwhile',
        edits: [
          edit(
            LOG,
            'for (const write of this.#writes) write.lastIndex = Math.min(write.lastIndex, index - 1)',
            '',
          ),
        ],
        caughtBy: [
          script('replication-late-write'),
          script('replication-late-write-aba'),
          unit(
            LOG_TESTS,
            'log - the late write of a replaced entry does not count, even of the same term (B21)',
          ),
        ],
      },
      {
        what: 'the same over a snapshot',
        edits: [edit(LOG, 'for (const write of this.#writes) write.lastIndex = 0', '')],
        caughtBy: [
          script('snapshot-late-write'),
          unit(LOG_TESTS, 'log - a write from before a snapshot does not count after it'),
        ],
      },
      {
        what: 'entries that were replaced before they were written are written after what replaced them',
        edits: [
          edit('src/raft/write-queue.ts', 'if (replacedFrom !== -1) draft.entries.length = replacedFrom', ''),
        ],
        caughtBy: [
          unit(
            'unit/raft/write-queue',
            'write queue - entries that are replaced before they were written are not written',
          ),
        ],
      },
    ],
  },
  {
    id: 'B22',
    title: 'an unbounded pipeline: everything is sent, and sent again',
    mutants: [
      {
        what: 'nothing bounds what is under way to a follower',
        edits: [
          edit(
            PROGRESS,
            'return this.#inflight.length >= this.#limits.messagesMax || this.#inflightBytes >= this.#limits.bytesMax',
            'return false',
          ),
        ],
        caughtBy: [
          script('replication-inflight'),
          script('replication-inflight-bytes'),
          unit(PROGRESS_TESTS, 'progress - the number of unanswered messages is bounded'),
        ],
      },
      {
        what: 'messages are counted and their bytes are not',
        edits: [edit(PROGRESS, '|| this.#inflightBytes >= this.#limits.bytesMax', '')],
        caughtBy: [
          script('replication-inflight-bytes'),
          unit(PROGRESS_TESTS, 'progress - their bytes are bounded'),
        ],
      },
      {
        what: 'what waits for a member that does not read is kept without a bound',
        edits: [
          edit(
            'src/p2p/outbound-queue.ts',
            'if (waitingBytes + bytes > this.#init.bytesMax) {',
            'if (waitingBytes + bytes < 0) {',
          ),
        ],
        caughtBy: [
          unit(
            'unit/p2p/outbound-queue',
            'outbound queue - keeps no more than its bound, and drops the newest',
          ),
          unit('unit/p2p/outbound-queue', 'outbound queue - hands a stream no more than its bound'),
        ],
      },
      {
        what: 'whatever is not answered within a heartbeat is sent again',
        edits: [
          edit(
            CORE,
            '      probeInflight(state, message.from, progress)',
            `      progress.becomeProbe()
      sendAppend(state, message.from, progress)`,
          ),
        ],
        caughtBy: [script('replication-inflight'), script('replication-lost-answers')],
      },
    ],
  },
  {
    id: 'B23',
    title: 'heartbeats wait behind bulk replication, and their absence causes elections',
    mutants: [
      {
        what: 'control messages wait until all entries for the member have left',
        edits: [
          edit(
            'src/p2p/outbound-queue.ts',
            '  push(frame: Frame): void {',
            `  get waitingBytes(): number {
    return this.#stream?.queuedBytes ?? this.#heldBytes
  }

  push(frame: Frame): void {`,
          ),
          edit(
            'src/p2p/raft-link.ts',
            '    this.#queues[kind].push(frame)',
            `    if (kind === 'control' && this.#queues.append.waitingBytes > 0) {
      setTimeout(() => this.send(kind, frame), 1)
      return
    }
    this.#queues[kind].push(frame)`,
          ),
        ],
        caughtBy: [
          unit(
            'unit/p2p/raft-transport',
            'raft transport - heartbeats do not wait for the entries before them',
          ),
        ],
      },
    ],
  },
]
