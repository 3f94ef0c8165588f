import { type Bug, edit, script, unit } from './mutant.ts'

const CORE = 'src/raft/core/core.ts'
const LOG = 'src/raft/core/log.ts'
const PROGRESS = 'src/raft/core/progress.ts'
const REPLICATION = 'src/raft/core/replication.ts'
const DRIVER = 'src/raft/driver.ts'
const LOG_TESTS = 'unit/raft/log'
const DRIVER_TESTS = 'unit/raft/driver-snapshots'

/** Snapshots: B27, B28, B33 to B35. */
export const SNAPSHOTS: readonly Bug[] = [
  {
    id: 'B27',
    title: 'a snapshot is installed, and an older log that conflicts with it is kept',
    mutants: [
      {
        what: 'entries beyond the snapshot stay, whatever they are',
        edits: [
          edit(
            LOG,
            `    this.#entries = []
    this.#bytes = 0
    this.#baseIndex = snapshot.index`,
            `    this.#entries = this.#entries.filter((entry) => entry.index > snapshot.index)
    this.#bytes = 0
    this.#baseIndex = snapshot.index`,
          ),
        ],
        caughtBy: [
          script('snapshot-over-conflicting-log'),
          unit(LOG_TESTS, 'log - nothing of the old log is left (B27)'),
        ],
      },
      {
        what: "a log that is long enough is taken for the snapshot's, whatever its terms",
        edits: [
          edit(
            REPLICATION,
            'if (log.matches(snapshot.index, snapshot.term)) log.commitTo(snapshot.index)',
            'if (log.lastIndex >= snapshot.index) log.commitTo(snapshot.index)',
          ),
        ],
        caughtBy: [script('snapshot-over-conflicting-log')],
      },
      {
        what: 'the log store installs the snapshot beside the entries it has',
        edits: [
          edit(
            'src/raft/log/log-store.ts',
            "operations.push({ type: 'delete-range', ...entryRange(this.#groupId) }, this.#putSnapshot(snapshot))",
            'operations.push(this.#putSnapshot(snapshot))',
          ),
        ],
        caughtBy: [unit('unit/raft-log/log-store', 'write - an installed snapshot replaces the whole log')],
      },
      {
        what: 'entries that waited to be written when the snapshot came are written behind it',
        edits: [edit('src/raft/write-queue.ts', '      draft.entries = []\n', '')],
        caughtBy: [
          unit(
            'unit/raft/write-queue',
            'write queue - nor are those that a snapshot replaces; those behind it are',
          ),
        ],
      },
    ],
  },
  {
    id: 'B28',
    title: 'a snapshot keeps an outdated configuration, and quorums no longer overlap',
    mutants: [
      {
        what: 'who installs a snapshot keeps counting by the configuration it had',
        edits: [
          edit(
            LOG,
            'this.configs.reset(snapshot.configIndex, snapshot.config)',
            'this.configs.compactTo(snapshot.index)',
          ),
        ],
        caughtBy: [script('snapshot-config'), unit(LOG_TESTS, 'log - nothing of the old log is left (B27)')],
      },
      {
        what: 'a snapshot names the latest configuration in the log, not the one in force at its index',
        edits: [
          edit(
            LOG,
            'const version = this.configs.at(index)\n',
            'const version = { index: this.configs.currentIndex, config: this.configs.current }\n',
          ),
        ],
        caughtBy: [
          script('snapshot-config-uncommitted'),
          unit(LOG_TESTS, 'log - a snapshot is described with the configuration in force at its index (B28)'),
        ],
      },
      {
        what: 'a compaction forgets the configuration that an uncommitted change would go back to',
        edits: [
          edit(LOG, 'this.configs.compactTo(snapshot.index)', 'this.configs.compactTo(this.lastIndex)'),
        ],
        caughtBy: [script('snapshot-config-uncommitted')],
      },
    ],
  },
  {
    id: 'B33',
    title: 'a follower far behind installs for ever, or a candidate refuses the snapshot',
    mutants: [
      {
        what: 'a node that asks around for votes takes no snapshot',
        edits: [
          edit(
            CORE,
            `        this.#hearLeader(message.from)
        receiveSnapshot(state, message)`,
            `        if (state.role !== 'follower') return
        this.#hearLeader(message.from)
        receiveSnapshot(state, message)`,
          ),
        ],
        caughtBy: [script('snapshot-candidate')],
      },
      {
        what: 'after a snapshot the leader begins where it had begun before, and sends it again',
        edits: [edit(PROGRESS, 'this.next = this.reaches + 1', 'this.next = this.match + 1')],
        caughtBy: [
          script('snapshot-failed'),
          unit('unit/raft/progress', 'progress - after it, probing goes on behind it'),
        ],
      },
      {
        what: 'a snapshot that comes too late is acknowledged with its own index',
        edits: [edit(REPLICATION, '    index: log.commit,\n', '    index: snapshot.index,\n')],
        caughtBy: [script('snapshot-old'), script('snapshot-two')],
      },
    ],
  },
  {
    id: 'B34',
    title: 'two snapshots close together, or one that is sent slowly, get in the way of compaction',
    mutants: [
      {
        what: 'an older snapshot that is ready late replaces a newer one in the core',
        edits: [
          edit(
            LOG,
            'if (this.#snapshot === undefined || snapshot.index > this.#snapshot.index) this.#snapshot = snapshot',
            'this.#snapshot = snapshot',
          ),
        ],
        caughtBy: [
          unit(LOG_TESTS, 'log - an older snapshot that is ready late does not replace a newer one (B34)'),
        ],
      },
      {
        what: 'the driver compacts to a snapshot of its own although a newer one was received meanwhile',
        edits: [
          edit(
            'src/raft/snapshot-keeper.ts',
            'if (isNew ? snapshot.index <= current : snapshot.index !== current) {',
            'if (current < 0) {',
          ),
        ],
        caughtBy: [
          unit(
            DRIVER_TESTS,
            'compaction - a snapshot that is ready after a newer one was received is passed over',
          ),
        ],
      },
      {
        what: 'as long as a snapshot is being sent, none is taken',
        edits: [
          edit(
            'src/raft/snapshot-sends.ts',
            '  #stopped = false\n',
            '  #stopped = false\n\n  get sending(): boolean {\n    return this.#running.size > 0\n  }\n',
          ),
          edit(
            DRIVER,
            'if (this.#applier.installing) return',
            'if (this.#sends.sending || this.#applier.installing) return',
          ),
        ],
        caughtBy: [unit(DRIVER_TESTS, 'compaction - goes on while a snapshot is being sent')],
      },
      {
        what: 'a snapshot that is still being read is deleted for a newer one',
        edits: [
          edit(
            'src/raft/log/snapshot-files.ts',
            'if (this.#readers.has(name)) this.#condemned.add(name)',
            'if (this.#readers.size < 0) this.#condemned.add(name)',
          ),
        ],
        caughtBy: [
          unit('unit/raft-log/snapshots', 'retain - a file being read goes when its last reader is done'),
        ],
      },
    ],
  },
  {
    id: 'B35',
    title: 'an incremental snapshot is lost, and the next one assumes it',
    mutants: [],
    reason:
      'There are no incremental snapshots: every capture is the whole of both databases ' +
      '(src/node/state-machine.ts, "capture"), and a snapshot stands alone in its file ' +
      '(src/raft/log/snapshot-files.ts).',
  },
]
