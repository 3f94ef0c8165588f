import { type Bug, edit, script, unit } from './mutant.ts'

const DRIVER = 'src/raft/driver.ts'
const LOG_STORE = 'src/raft/log/log-store.ts'
const LOG_LOAD = 'src/raft/log/log-load.ts'
const LEVEL_STORE = 'src/raft/log/level-store.ts'
const REPLICATION = 'src/raft/core/replication.ts'
const LOG_STORE_TESTS = 'unit/raft-log/log-store'
const STORE_TESTS = 'unit/raft-log/stores'
const DRIVER_TESTS = 'unit/raft/driver'
const MEMBER_TESTS = 'unit/raft/driver-member'
const DRIVER_SNAPSHOT_TESTS = 'unit/raft/driver-snapshots'
const SNAPSHOT_TESTS = 'unit/raft-log/snapshots'
const DURABILITY_TESTS = 'cluster/durability'
const WHILE_FOLLOWERS_SYNC = 'durability - nothing is acknowledged while both followers are still syncing'
const UNDER_LOAD =
  'durability - under load and over a change of leaders, acknowledged means synced on a majority'

/** What is on disk, and what is said of it: B24 to B26, B29 to B32. */
export const STORAGE: readonly Bug[] = [
  {
    id: 'B24',
    title: 'something is acknowledged before it is synced',
    mutants: [
      {
        what: 'a follower acknowledges entries while it is still writing them',
        edits: [
          edit(
            REPLICATION,
            'state.sendAfterPersist({ ...response, index: lastVerified',
            'state.send({ ...response, index: lastVerified',
          ),
        ],
        caughtBy: [script('replication-ack-after-sync'), unit(DURABILITY_TESTS, WHILE_FOLLOWERS_SYNC)],
      },
      {
        what: 'a leader counts its own entries while it is still writing them',
        edits: [edit(REPLICATION, 'id === state.id ? log.stable :', 'id === state.id ? log.lastIndex :')],
        caughtBy: [script('replication-ack-after-sync'), script('election-single-node')],
      },
      {
        what: 'a node applies what only others have on disk',
        edits: [
          edit(
            'src/raft/core/log.ts',
            `    const end = Math.min(this.commit, this.#stable)
    if (end <= this.#handedOut) return []`,
            `    const end = this.commit
    if (end <= this.#handedOut) return []`,
          ),
        ],
        caughtBy: [
          script('replication-apply-after-sync'),
          unit(
            'unit/raft/log',
            'log - entries are handed out once, when they are committed and on disk here',
          ),
        ],
      },
      {
        what: 'the driver sends what vouches for a write when it begins the write',
        edits: [
          edit(
            DRIVER,
            '      this.#components.logStore.write(write, (error) => {',
            `      this.#send(write.messages.splice(0))
      this.#components.logStore.write(write, (error) => {`,
          ),
        ],
        caughtBy: [
          unit(MEMBER_TESTS, 'disk - what vouches for a write leaves when it is done, and in order'),
          unit(DURABILITY_TESTS, WHILE_FOLLOWERS_SYNC),
          unit(DURABILITY_TESTS, UNDER_LOAD),
        ],
      },
      {
        what: 'what vouches for earlier writes, and adds nothing to them, does not wait for them',
        edits: [
          edit(
            'src/raft/write-queue.ts',
            `      waiting.messages.push(...ready.messagesAfterPersist)
      return []`,
            '      return ready.messagesAfterPersist',
          ),
        ],
        caughtBy: [
          unit(MEMBER_TESTS, 'disk - what vouches for a write leaves when it is done, and in order'),
        ],
      },
      {
        what: "the log's batches are not synced",
        edits: [edit(LEVEL_STORE, '{ sync: true }', '{ sync: false }')],
        caughtBy: [
          unit(STORE_TESTS, 'batch - is synced, and is not tried again when it failed'),
          unit(DURABILITY_TESTS, UNDER_LOAD),
        ],
      },
      {
        what: "the log's batches are taken for synced when they are begun",
        edits: [
          edit(LEVEL_STORE, 'await db.batch(batch, { sync: true })', 'void db.batch(batch, { sync: true })'),
        ],
        caughtBy: [unit(DURABILITY_TESTS, WHILE_FOLLOWERS_SYNC), unit(DURABILITY_TESTS, UNDER_LOAD)],
      },
      {
        what: 'a snapshot file gets its name before it is synced',
        edits: [edit('src/raft/log/snapshot-file.ts', 'await file.sync()', '')],
        caughtBy: [
          unit(
            'unit/raft-log/snapshot-sync',
            'snapshot file - a saved one is synced before it gets its name, and the name before it counts',
          ),
        ],
      },
      {
        what: 'a received snapshot gets its name before it is synced',
        edits: [edit('src/raft/log/snapshot-partial.ts', '    await this.#file.sync()\n', '')],
        caughtBy: [unit('unit/raft-log/snapshot-sync', 'snapshot file - so is a received one')],
      },
    ],
  },
  {
    id: 'B25',
    title: 'a failed sync is retried, or passed over, as if all were fine',
    mutants: [
      {
        what: 'the driver takes a failed write for a finished one',
        edits: [
          edit(
            DRIVER,
            `    this.#storing = false
    if (error !== undefined) {`,
            `    this.#storing = false
    if (error !== undefined && this.#stopped) {`,
          ),
        ],
        caughtBy: [
          unit(
            DRIVER_TESTS,
            'disk - an error while writing stops the node; nothing is acknowledged, written or answered after it',
          ),
        ],
      },
      {
        what: 'the log store takes calls after one that failed',
        edits: [edit(LOG_STORE, 'this.#failed = error !== undefined', 'this.#failed = false')],
        caughtBy: [unit(LOG_STORE_TESTS, 'errors - a failed write is final')],
      },
      {
        what: 'a batch that failed is tried again',
        edits: [
          edit(
            LEVEL_STORE,
            'await db.batch(batch, { sync: true })',
            'await db.batch(batch, { sync: true }).catch(() => db.batch(batch, { sync: true }))',
          ),
        ],
        caughtBy: [unit(STORE_TESTS, 'batch - is synced, and is not tried again when it failed')],
      },
      {
        what: 'the key-value store takes writes after one that failed',
        edits: [
          edit(
            'src/kv/kv-machine.ts',
            `      this.#failure = this.#engineFailed(error)
      throw this.#failure`,
            '      throw this.#engineFailed(error)',
          ),
        ],
        caughtBy: [unit('unit/kv/kv-machine', 'apply - a failed write is final, and nothing of it shows')],
      },
    ],
  },
  {
    id: 'B26',
    title: 'damage in the middle of the log is taken for a torn tail, and committed entries are cut off',
    mutants: [
      {
        what: 'the log ends before the first damaged entry',
        edits: [
          edit(
            LOG_LOAD,
            '      throw damagedLog(location, name.kind === ',
            `      if (decoded.entries.length > 0) break
      throw damagedLog(location, name.kind === `,
          ),
          edit(
            LOG_LOAD,
            '  if (Math.max(lastEntryIndex, snapshotIndex) < state.lastIndex) {',
            '  if (state.lastIndex < 0) {',
          ),
        ],
        caughtBy: [
          unit(LOG_STORE_TESTS, 'load - any damaged record is noticed'),
          unit(LOG_STORE_TESTS, 'load - missing entries at the end are noticed'),
        ],
      },
      {
        what: 'a log that has lost its last entries passes for a shorter one',
        edits: [
          edit(
            LOG_LOAD,
            '  if (Math.max(lastEntryIndex, snapshotIndex) < state.lastIndex) {',
            '  if (state.lastIndex < 0) {',
          ),
        ],
        caughtBy: [
          unit(LOG_STORE_TESTS, 'load - missing entries at the end are noticed'),
          unit(LOG_STORE_TESTS, 'load - a log that loses all its entries after the snapshot is noticed'),
        ],
      },
      {
        what: 'entries missing in the middle go unnoticed',
        edits: [
          edit(
            LOG_LOAD,
            'if (previous !== undefined && entry.index !== previous.index + 1) {',
            'if (previous !== undefined && entry.index <= previous.index) {',
          ),
        ],
        caughtBy: [
          unit(LOG_STORE_TESTS, 'load - a missing entry in the middle is named'),
          unit(STORE_TESTS, 'recovery - a journal damaged in the middle does not pass for a shorter log'),
        ],
      },
      {
        what: 'checksums are written and never compared',
        edits: [
          edit(
            'src/raft/log/record.ts',
            'if (view.getUint32(0) !== crc32(bytes.subarray(KIND_OFFSET))) {',
            'if (view.byteLength === 0) {',
          ),
        ],
        caughtBy: [unit(LOG_STORE_TESTS, 'load - any damaged record is noticed')],
      },
    ],
  },
  {
    id: 'B29',
    title: 'what was compacted is not recorded, and a restart after it fails',
    mutants: [
      {
        what: 'a compaction drops entries and does not record the snapshot they are in',
        edits: [
          edit(
            LOG_STORE,
            'step([this.#putSnapshot(snapshot), this.#putState(this.#disk)])',
            'step([this.#putState(this.#disk)])',
          ),
        ],
        caughtBy: [
          unit(LOG_STORE_TESTS, 'compact - everything may go, and the log goes on'),
          unit(LOG_STORE_TESTS, 'compact - keeps what is asked to be kept'),
        ],
      },
      {
        what: 'a compaction drops the entries first and records the snapshot at the end',
        edits: [
          edit(
            LOG_STORE,
            'step([this.#putSnapshot(snapshot), this.#putState(this.#disk)])',
            'step([this.#putState(this.#disk)])',
          ),
          edit(
            LOG_STORE,
            'else finish(undefined)\n',
            'else this.#store.batch([this.#putSnapshot(snapshot)], finish)\n',
          ),
        ],
        caughtBy: [unit(LOG_STORE_TESTS, 'compact - an interrupted compaction leaves a whole log')],
      },
      {
        what: 'the log is compacted when a snapshot is begun, not when it is durable',
        edits: [
          edit(
            'src/raft/snapshot-keeper.ts',
            '    snapshots.save(snapshot, capture, (error, writtenBytes) => {',
            `    this.#saved = { snapshot, isNew: true }
    this.#init.onSaved()
    snapshots.save(snapshot, capture, (error, writtenBytes) => {`,
          ),
        ],
        caughtBy: [
          unit(
            DRIVER_SNAPSHOT_TESTS,
            'compaction - waits until the snapshot is durable; one that failed compacts nothing',
          ),
        ],
      },
    ],
  },
  {
    id: 'B30',
    title: 'the log ends before the snapshot after a crash',
    mutants: [
      {
        what: 'what is left of the log is used although the snapshot is ahead of it',
        edits: [
          edit(
            LOG_LOAD,
            'if (lastEntryIndex < snapshotIndex || entries.length === 0) {',
            'if (entries.length === 0) {',
          ),
        ],
        caughtBy: [
          unit(LOG_STORE_TESTS, 'load - a log that ends before its snapshot begins again there, for good'),
        ],
      },
      {
        what: 'it is left out when the log is read, and stays on disk',
        edits: [
          edit(
            LOG_STORE,
            'if (log === undefined || !log.dropped) return',
            'if (log === undefined || log.stored !== undefined) return',
          ),
        ],
        caughtBy: [
          unit(LOG_STORE_TESTS, 'load - a log that ends before its snapshot begins again there, for good'),
        ],
      },
    ],
  },
  {
    id: 'B31',
    title: 'the newest snapshot is deleted because of a wrong order',
    mutants: [
      {
        what: 'names of snapshots are compared as text',
        edits: [
          edit(
            'src/raft/log/snapshot-files.ts',
            'return snapshot.index < by.index ||',
            'return String(snapshot.index) < String(by.index) ||',
          ),
        ],
        caughtBy: [unit(SNAPSHOT_TESTS, 'retain - older ones go by number, newer ones stay')],
      },
    ],
  },
  {
    id: 'B32',
    title: 'a fallback to an older snapshot leaves a gap before the log',
    mutants: [
      {
        what: 'a gap between snapshot and log goes unnoticed',
        edits: [
          edit(
            LOG_LOAD,
            'if (first !== undefined && first.index > start) {',
            'if (first !== undefined && first.index < 0) {',
          ),
        ],
        caughtBy: [unit(LOG_STORE_TESTS, 'load - a gap between snapshot and log is noticed')],
      },
      {
        what: 'a node whose snapshot cannot be restored goes on without it',
        edits: [
          edit(
            DRIVER,
            `          if (restoreError !== undefined) done(restoreError)
          else this.#begin(stored, done)`,
            '          this.#begin(stored, restoreError === undefined ? done : () => done(undefined))',
          ),
        ],
        caughtBy: [unit(DRIVER_SNAPSHOT_TESTS, 'start - a snapshot that cannot be restored ends it')],
      },
    ],
    reason:
      'There is no fallback: the log names the one snapshot it begins with, and only that is ever opened ' +
      '(src/raft/log/log-load.ts, openForRestore). The mutants take away what would notice one.',
  },
]
