import { type Bug, edit, unit } from './mutant.ts'

const KV_MACHINE = 'src/kv/kv-machine.ts'
const KV_TESTS = 'unit/kv/kv-machine'
const DRIVER = 'src/raft/driver.ts'
const DRIVER_TESTS = 'unit/raft/driver-snapshots'
const SQL_DETERMINISM = 'unit/sql/determinism'
const ENGINE = 'src/sql/engine.ts'
const SHARING_RULES = 'unit/sql/sharing'

const KV_BATCH = 'const operations = [...batch.writes(), ...requests.writes(), putApplied(last.index)]'

/** State machines: B41, B42, B47. */
export const MACHINES: readonly Bug[] = [
  {
    id: 'B41',
    title: 'state and applied index are not saved together: applied twice, or lost, after a crash',
    mutants: [
      {
        what: 'the key-value store writes what a batch changed, and its index after it',
        edits: [
          edit(
            KV_MACHINE,
            KV_BATCH,
            `await db.batch([...batch.writes(), ...requests.writes()], { sync: false })
      const operations = [putApplied(last.index)]`,
          ),
        ],
        caughtBy: [unit(KV_TESTS, 'apply - a crash at any step of it leaves all of it or nothing')],
      },
      {
        what: 'the key-value store writes the index first, and what the batch changed after it',
        edits: [
          edit(
            KV_MACHINE,
            KV_BATCH,
            `await db.batch([putApplied(last.index)], { sync: false })
      const operations = [...batch.writes(), ...requests.writes()]`,
          ),
        ],
        caughtBy: [unit(KV_TESTS, 'apply - a crash at any step of it leaves all of it or nothing')],
      },
      {
        what: 'the key-value store applies again what it has applied',
        edits: [
          edit(
            KV_MACHINE,
            'const replayed = items.filter(({ index }) => index <= this.#applied)',
            'const replayed = items.filter(({ index }) => index <= 0)',
          ),
        ],
        caughtBy: [unit(KV_TESTS, 'apply - what was applied is skipped, within one batch too')],
      },
      {
        what: 'after the system was restarted the key-value store trusts what it finds',
        edits: [
          edit(
            'src/kv/recovery.ts',
            'if (stored !== undefined && sameBoot && restoring === undefined)',
            'if (stored !== undefined && (sameBoot || applied > 0) && restoring === undefined)',
          ),
        ],
        caughtBy: [
          unit(
            KV_TESTS,
            'restart - after a crash of the system a hole in the journal is not taken for the state',
          ),
        ],
      },
    ],
    reason:
      'For SQL it cannot: the databases are in memory, and every start builds them anew from snapshot and log ' +
      '(src/sql/sql-machine.ts: a machine that is started is empty), so there is no stored index to disagree.',
  },
  {
    id: 'B42',
    title: 'reads are served before the state is restored',
    mutants: [
      {
        what: 'a node takes part, and answers, while its snapshot is still being restored',
        edits: [
          edit(
            DRIVER,
            '        stateMachine.restore(stored.snapshot, (restoreError) => {',
            `        this.#begin(stored, done)
        stateMachine.restore(stored.snapshot, (restoreError) => {
          if (this.#core !== undefined) return`,
          ),
        ],
        caughtBy: [unit(DRIVER_TESTS, 'start - nothing is served before the snapshot is restored')],
      },
      {
        what: 'reads of the key-value store see a state that is half restored',
        edits: [edit(KV_MACHINE, 'return await read(db, this.#view)', 'return await read(db, undefined)')],
        caughtBy: [unit(KV_TESTS, 'restore - reads see the state before it until it is done')],
      },
      {
        what: 'entries after a received snapshot are applied before it is restored',
        edits: [
          edit(
            'src/raft/applier.ts',
            '    if (this.#install !== undefined) {\n',
            '    if (this.#install !== undefined && this.#queue.length === 0) {\n',
          ),
        ],
        caughtBy: [
          unit(DRIVER_TESTS, 'snapshot - a received one is restored before anything after it is applied'),
        ],
      },
      {
        what: 'SQL answers while its databases are being replaced',
        edits: [
          edit(
            'src/sql/sql-machine.ts',
            `    while (this.#restoring !== undefined) await settled(this.#restoring)
    if (this.#failure !== undefined) throw this.#failure
    if (this.#readers`,
            `    if (this.#failure !== undefined) throw this.#failure
    if (this.#readers`,
          ),
        ],
        caughtBy: [
          unit(
            'unit/sql/sql-machine',
            'a restore replaces everything; calls made meanwhile see what was restored',
          ),
        ],
      },
    ],
    open:
      'Right after a start a read of level `none` sees the snapshot and not yet the log behind it: that level ' +
      'promises what this node has applied, and no more (docs/architecture.md).',
  },
  {
    id: 'B47',
    title: 'what applying does depends on the local clock, randomness or history',
    mutants: [
      {
        what: 'SQL asks the clock of the machine it runs on',
        edits: [edit('src/sql/memory-vfs.ts', 'BigInt(Math.trunc(this.#timeMs))', 'BigInt(Date.now())')],
        caughtBy: [unit(SQL_DETERMINISM, 'a write sees the time of its command, wherever it asks')],
      },
      {
        what: 'SQL draws random numbers of its own',
        edits: [
          edit(
            'src/sql/statement-runner.ts',
            'this.#connection.seed(this.#init.seed(at, i))',
            'this.#connection.seed(this.#init.seed(at, i).map(() => Math.random() * 2 ** 32))',
          ),
        ],
        caughtBy: [
          unit(
            SQL_DETERMINISM,
            'come from the seed: the same from the same, in defaults, triggers, sorting and rowids',
          ),
        ],
      },
      {
        what: 'what a statement draws depends on whether it is the first of its transaction',
        edits: [
          edit('src/sql/session.ts', 'this.vfs.onJournal = (drawn) => generator.takeBack(drawn)', ''),
          edit('src/sql/draws.ts', 'known.set(binary, alike)\n  return alike', 'return true'),
        ],
        caughtBy: [unit(SHARING_RULES, 'draws what it would draw alone')],
      },
      {
        what: 'that draws cannot be taken back is not noticed',
        edits: [edit('src/sql/draws.ts', 'known.set(binary, alike)\n  return alike', 'return true')],
        caughtBy: [
          unit(SHARING_RULES, 'shares nothing with a build of SQLite that draws in a way we do not know'),
        ],
      },
      {
        what: 'requests of a transaction that was undone count as carried out',
        edits: [edit(ENGINE, 'this.#history.takeBack()', 'this.#history.settle()')],
        caughtBy: [unit(SHARING_RULES, 'counts what happened, and not what was undone')],
      },
      {
        what: 'what total_changes() tells is not undone with a transaction',
        edits: [edit('src/sql/database.ts', 'this.#session.connection.sticky = before', 'return')],
        caughtBy: [unit(SHARING_RULES, 'counts what happened, and not what was undone')],
      },
      {
        what: 'commands share a transaction where a commit checks foreign keys',
        edits: [edit('src/sql/shared-transaction.ts', 'return !foreignKeys && ', 'return ')],
        caughtBy: [unit(SHARING_RULES, 'checks foreign keys when each is done')],
      },
      {
        what: 'commands share a transaction where a commit moves pages',
        edits: [edit('src/sql/shared-transaction.ts', ' && !isAutoVacuumed(file)', '')],
        caughtBy: [unit(SHARING_RULES, 'gives back pages when each is done')],
      },
      {
        what: 'what a database file says of its own history is not the same on every replica',
        edits: [
          edit(
            'src/sql/memory-vfs.ts',
            'if (isDatabase && offset === 0 && count >= HEADER_BYTES) writeNeutralHeader(written)',
            '',
          ),
        ],
        caughtBy: [
          unit(
            'unit/sql/batches',
            'sql batches - how a log is cut, and where a connection was lost, leaves no trace in the file',
          ),
        ],
      },
    ],
  },
]
