import { type Bug, edit, unit } from './mutant.ts'

const FOUNDING = 'src/node/founding.ts'
const FOUNDING_TESTS = 'unit/node/founding'
const CHANGES = 'src/node/cluster-changes.ts'
const CHANGES_TESTS = 'unit/node/cluster-changes'
const LOADS = 'src/sql/staged-loads.ts'
const LOADS_TESTS = 'unit/sql/loads'
const QUEUE = 'src/node/queued-writes.ts'
const WRITER = 'src/node/batch-writer.ts'
const QUEUE_TESTS = 'unit/node/queued-writes'
const SENDER = 'src/node/outbound/change-sender.ts'
const SENDER_TESTS = 'unit/node/outbound/change-sender'
const CAPTURE_TESTS = 'unit/sql/changes'
const RUNNER = 'src/sql/statement-runner.ts'
const TRANSACTION = 'src/sql/transaction.ts'
const LIMIT_TESTS = 'unit/sql/execution-limit'
const MEMORY_TESTS = 'unit/sql/out-of-memory'
const FORWARDED = 'src/node/forwarded.ts'
const FORWARDED_TESTS = 'unit/node/forwarded'
const VERSIONS = 'src/sql/versions.ts'
const VERSIONS_TESTS = 'property/sql-versions'
const READERS_TESTS = 'unit/sql/readers'

/** What the API promises beyond consensus: R1 to R9. */
export const RULES: readonly Bug[] = [
  {
    id: 'R1',
    title: 'nodes that are started together found two clusters',
    mutants: [
      {
        what: 'as many as are expected are enough, even if others are as many',
        edits: [edit(FOUNDING, ' && 2 * consenting > elsewhere + itself', '')],
        caughtBy: [unit(FOUNDING_TESTS, 'founding - without any address given, it founds nothing')],
      },
      {
        what: 'a majority is enough, however many are expected',
        edits: [edit(FOUNDING, 'others.length + 1 >= this.#init.expect && ', '')],
        caughtBy: [
          unit(FOUNDING_TESTS, 'founding - a majority of those given is not enough where more are expected'),
        ],
      },
      {
        what: 'a node that claims the founding consents to another one',
        edits: [
          edit(
            FOUNDING,
            'if (this.#claim !== undefined || this.#consent !== undefined) return',
            'if (this.#consent !== undefined) return',
          ),
        ],
        caughtBy: [unit(FOUNDING_TESTS, 'founding - while it claims one itself, it consents to no other')],
      },
      {
        what: 'a node consents again before it is free',
        edits: [
          edit(
            FOUNDING,
            'if (this.#claim !== undefined || this.#consent !== undefined) return',
            'if (this.#claim !== undefined) return',
          ),
        ],
        caughtBy: [
          unit(
            FOUNDING_TESTS,
            'founding - a claim that arrives after a later one of the same node takes nothing from that',
          ),
        ],
      },
      {
        what: 'a node claims under one id again and again',
        edits: [edit(FOUNDING, 'const clusterId = newId()', 'const clusterId = self.id')],
        caughtBy: [
          unit(FOUNDING_TESTS, 'founding - an id that not enough have consented to is never claimed again'),
        ],
      },
      {
        what: 'one node consents under every address that leads to it',
        edits: [edit(FOUNDING, 'answer.peerId === peerId && ', '')],
        caughtBy: [unit(FOUNDING_TESTS, 'founding - one node at two addresses consents once')],
      },
      {
        what: 'a founder founds before it has written that down',
        edits: [
          edit(
            FOUNDING,
            '    await this.#components.store.writeFounding({ clusterId, founder: self.peerId, address: self.address })\n',
            '',
          ),
        ],
        caughtBy: [unit(FOUNDING_TESTS, 'founding - an address that leads to itself is its own')],
      },
      {
        what: 'a consent is taken back in memory only',
        edits: [edit(FOUNDING, '      await this.#components.store.writeFounding(undefined)\n', '')],
        caughtBy: [
          unit(
            FOUNDING_TESTS,
            'founding - what it had consented to is taken back on disk, too, once its founder says so',
          ),
        ],
      },
    ],
  },
  {
    id: 'R2',
    title: 'a leader removes members that are needed, or not gone',
    mutants: [
      {
        what: 'a leader that nobody confirms removes who is silent',
        edits: [edit(CHANGES, '    await this.#components.consensus.readIndex(limits)\n', '')],
        caughtBy: [
          unit(CHANGES_TESTS, 'reaping - not by a leader that no majority of all there are confirms'),
        ],
      },
      {
        what: 'nobody looks whether a majority that answers is left',
        edits: [edit(CHANGES, '        await this.checkLeaving(id, remaining)\n', '')],
        caughtBy: [unit(CHANGES_TESTS, 'reaping - not if no majority that answers would be left')],
      },
      {
        what: 'who was heard of lately counts as one that answers',
        edits: [edit(CHANGES, ' || !reachable.has(voter)', '')],
        caughtBy: [unit(CHANGES_TESTS, 'reaping - not if no majority that answers would be left')],
      },
      {
        what: 'the silence of a member that left is held against it when it joins again',
        edits: [
          edit(
            'src/node/reaper.ts',
            'if (!members.some((member) => member.id === id)) this.#silentSince.delete(id)',
            '',
          ),
        ],
        caughtBy: [
          unit('unit/node/reaper', 'reaper - one that left and joined again begins anew, heard of or not'),
        ],
      },
    ],
  },
  {
    id: 'R3',
    title: 'a load is half done, or not the same on all replicas',
    mutants: [
      {
        what: 'a piece is taken though one before it is missing',
        edits: [edit(LOADS, "    if (offset > file.size) return 'a piece before this one is missing'\n", '')],
        caughtBy: [
          unit(
            LOADS_TESTS,
            'pieces that come again do nothing; gaps, overlaps and loads nobody began are errors',
          ),
        ],
      },
      {
        what: 'a load is done before all of it is there',
        edits: [
          edit(LOADS, "    if (file.size !== offset) return 'a piece before the last is missing'\n", ''),
        ],
        caughtBy: [
          unit(
            LOADS_TESTS,
            'pieces that come again do nothing; gaps, overlaps and loads nobody began are errors',
          ),
        ],
      },
      {
        what: 'loads that nobody goes on with are kept',
        edits: [edit('src/sql/engine.ts', '    this.#loads.forget(command.timeMs)\n', '')],
        caughtBy: [unit(LOADS_TESTS, 'aborted, or left alone for too long - is forgotten')],
      },
      {
        what: 'a load that is given up stays',
        edits: [
          edit(
            LOADS,
            'abort(loadId: string): void {\n    this.#loads.delete(loadId)',
            'abort(_: string): void {',
          ),
        ],
        caughtBy: [unit(LOADS_TESTS, 'aborted, or left alone for too long - is forgotten')],
      },
      {
        what: 'a replica that restores a snapshot keeps loads that are not in it',
        edits: [edit(LOADS, '    this.#loads.clear()\n', '')],
        caughtBy: [unit(LOADS_TESTS, 'a capture without loads - leaves none where it is restored')],
      },
    ],
  },
  {
    id: 'R4',
    title: 'queued writes are written twice, out of order, or reported before they are written',
    mutants: [
      {
        what: 'every attempt at a batch is another request',
        edits: [
          edit(
            WRITER,
            'return await write.attempt({',
            'return await database.repeatable(statements, this.#writeOptions(first)).attempt({',
          ),
        ],
        caughtBy: [unit(QUEUE_TESTS, 'lost answer - is asked for again')],
      },
      {
        what: 'a batch that may have been applied is taken apart',
        edits: [
          edit(WRITER, " && error.outcome === 'not-applied' && batch.length > 1", ' && batch.length > 1'),
        ],
        caughtBy: [
          unit(
            QUEUE_TESTS,
            'a batch that nobody can tell about any more - is not taken apart: some of it would be written twice',
          ),
        ],
      },
      {
        what: 'a batch begins before the one before it has ended',
        edits: [
          edit(
            QUEUE,
            'if (this.#isWriting || first === undefined) return',
            'if (first === undefined) return',
          ),
        ],
        caughtBy: [
          unit(QUEUE_TESTS, 'no leader - the same write is tried again, and later ones wait for it'),
        ],
      },
      {
        what: 'who needs little room goes before those who wait for more',
        edits: [
          edit(QUEUE, 'this.#waiters.length === 0 && this.#hasRoomFor(request)', 'this.#hasRoomFor(request)'),
        ],
        caughtBy: [
          unit(QUEUE_TESTS, 'full in bytes - a small request does not overtake a large one that waits'),
        ],
      },
      {
        what: 'a write is reported when its batch begins',
        edits: [
          edit(
            QUEUE,
            '    void this.#writer\n',
            '    for (const { written } of batch as Item[]) written.resolve()\n    void this.#writer\n',
          ),
        ],
        caughtBy: [
          unit(QUEUE_TESTS, 'refused batch - is taken apart; only what is refused by itself is given up'),
        ],
      },
      {
        what: 'a node stops with the first batch',
        edits: [
          edit(
            QUEUE,
            'if (this.#isStopping && this.#items.length === 0) this.#emptied.resolve()',
            'if (this.#isStopping) this.#emptied.resolve()',
          ),
        ],
        caughtBy: [unit(QUEUE_TESTS, 'graceful - batch after batch, until all is written')],
      },
      {
        what: 'writes of several callers are written for the first one',
        edits: [edit('src/node/write-batch.ts', ' && isDeepStrictEqual(a.credentials, b.credentials)', '')],
        caughtBy: [
          unit(QUEUE_TESTS, 'callers - a batch is of one caller and namespace; a named request goes alone'),
        ],
      },
    ],
  },
  {
    id: 'R5',
    title: 'a change is not told, or one that was undone is',
    mutants: [
      {
        what: 'a batch counts as delivered once it is on its way',
        edits: [
          edit(
            SENDER,
            '      const sending = this.#deliver(messages, signal)\n',
            '      this.#cursor.advance(last)\n      const sending = this.#deliver(messages, signal)\n',
          ),
        ],
        caughtBy: [
          unit(
            SENDER_TESTS,
            'change sender - what was on its way in a handover, and did not arrive, is not noted as delivered',
          ),
        ],
      },
      {
        what: 'a batch that did not arrive is left to nobody',
        edits: [edit(SENDER, 'if (!(await sending)) continue', 'await sending')],
        caughtBy: [
          unit(
            SENDER_TESTS,
            'change sender - what was on its way in a handover, and did not arrive, is not noted as delivered',
          ),
        ],
      },
      {
        what: 'a new leader begins before it has applied what the old one noted',
        edits: [edit(SENDER, '    await caughtUp(signal)\n', '    void caughtUp\n')],
        caughtBy: [
          unit(
            SENDER_TESTS,
            'change sender - a new leader begins when it has applied what those before it noted',
          ),
        ],
      },
      {
        what: 'what a failed statement did is told',
        edits: [
          edit(
            RUNNER,
            'if (recorder.mark > mark && this.#connection.sticky.changes === 0n) recorder.undo(mark)',
            '',
          ),
        ],
        caughtBy: [unit(CAPTURE_TESTS, 'changes - what is undone is not told')],
      },
      {
        what: 'a limited statement counts as done though its commit fails',
        edits: [edit(TRANSACTION, '  connection.sticky = { ...connection.sticky, changes: 0n }\n', '')],
        caughtBy: [
          unit(
            CAPTURE_TESTS,
            'changes - a limit that ends a statement leaves nothing of it, and one that does not changes nothing',
          ),
        ],
      },
      {
        what: 'what waits to be delivered is in no snapshot',
        edits: [
          edit('src/sql/engine.ts', 'changes: this.#changes.capture()', 'changes: new ChangeLog().capture()'),
        ],
        caughtBy: [unit(CAPTURE_TESTS, 'changes - are part of a snapshot, and of the digest')],
      },
    ],
  },
  {
    id: 'R6',
    title: 'a backup lacks what was acknowledged, or a restore replaces what is there',
    mutants: [
      {
        what: 'a backup is of what happens to be applied',
        edits: [edit('src/node/backups.ts', 'if (options.local !== true) await this.#catchUp(options)', '')],
        caughtBy: [
          unit('unit/node/backups', 'backup - is taken when everything acknowledged before is applied here'),
        ],
      },
      {
        what: 'a cluster that holds data is filled from a backup',
        edits: [edit('src/node/outbound/auto-restore.ts', '!isLeader() || (await hasData())', '!isLeader()')],
        caughtBy: [
          unit(
            'unit/node/outbound/auto-restore',
            'automatic restore - not into a cluster in use: {"hasData":true}',
          ),
        ],
      },
    ],
  },
  {
    id: 'R7',
    title: 'a limit ends a statement on some replicas only, or leaves half of it',
    mutants: [
      {
        what: 'a limited entry begins with what its connection remembers',
        edits: [
          edit(
            'src/sql/database.ts',
            "    if (kind === 'steps') session.reopen(session.connection.sticky)\n",
            '',
          ),
        ],
        caughtBy: [unit(LIMIT_TESTS, 'take as many where the schema was looked through as where it was not')],
      },
      {
        what: 'a statement that is ended stays done as far as it came',
        edits: [
          edit(
            TRANSACTION,
            'if (error instanceof Interrupted) rollback(connection)',
            'if (error instanceof Interrupted) commit(connection)',
          ),
        ],
        caughtBy: [unit(LIMIT_TESTS, 'are never both ended and done, whatever the limit')],
      },
      {
        what: 'a statement begins though no time is left',
        edits: [edit(RUNNER, "if (this.#init.guard?.isSpent) throw new Interrupted('no time is left')", '')],
        caughtBy: [unit(LIMIT_TESTS, 'end when their time is over, those after them at once')],
      },
      {
        what: 'what may be beyond the limit by an estimate is let pass',
        edits: [
          edit('src/sql/execution-guard.ts', 'const ESTIMATE_FACTOR = 4', 'const ESTIMATE_FACTOR = 1 / 4'),
        ],
        caughtBy: [unit(LIMIT_TESTS, 'are the same whatever an estimate comes to')],
      },
      {
        what: 'an entry is carried out again upon what it did before',
        edits: [edit('src/sql/database.ts', '      this.#undo.revert()\n', '')],
        caughtBy: [unit(LIMIT_TESTS, 'end what exceeds them, and only that')],
      },
      {
        what: 'memory that the system refuses is the fault of a statement',
        edits: [edit('src/sql/database.ts', 'if (!session.canGrowToMaximum()) throw', 'if (false) throw')],
        caughtBy: [unit(MEMORY_TESTS, 'the system refuses it - is fatal, for another replica may have it')],
      },
    ],
  },
  {
    id: 'R8',
    title: 'somebody does what they may not',
    mutants: [
      {
        what: 'one of several permissions is enough at the leader',
        edits: [edit(FORWARDED, 'permissions.every((permission)', 'permissions.some((permission)')],
        caughtBy: [unit(FORWARDED_TESTS, 'caller - needs every permission, with a password that is right')],
      },
      {
        what: 'who gave no credentials is trusted like the node that was asked',
        edits: [
          edit(
            FORWARDED,
            'if (credentials === undefined) return {}',
            "if (credentials === undefined || credentials.username === '') return {}",
          ),
        ],
        caughtBy: [
          unit(FORWARDED_TESTS, 'caller - one who gave no credentials is somebody, and not the node'),
        ],
      },
      {
        what: 'half of the credentials is as good as none',
        edits: [
          edit(
            FORWARDED,
            'if (username === undefined && password === undefined) return',
            'if (username === undefined || password === undefined) return',
          ),
        ],
        caughtBy: [unit(FORWARDED_TESTS, 'caller - half of the credentials is not none')],
      },
      {
        what: 'one of several permissions is enough over HTTP',
        edits: [
          edit(
            'src/http/permission.ts',
            'permissions.every((permission) => authorizer',
            'permissions.some((permission) => authorizer',
          ),
        ],
        caughtBy: [unit('unit/http/permission', 'POST /db/request - is for ["both","admin"]')],
      },
      {
        what: 'a read replica gives itself a vote',
        edits: [
          edit('src/node/admission.ts', 'if (known.voter !== voter) this.#checkPermission(request)', ''),
        ],
        caughtBy: [
          unit(
            'unit/node/admission-votes',
            'admission - a read replica becomes a voter only with the right to join as one',
          ),
        ],
      },
    ],
  },
  {
    id: 'R9',
    title: 'a read sees another state than it is to be of',
    mutants: [
      {
        what: 'memory of a version that a reader is at is used again',
        edits: [
          edit(
            VERSIONS,
            'return this.#readers.inUse.find((version) => born <= version && version < died)',
            'return undefined',
          ),
        ],
        caughtBy: [
          unit(VERSIONS_TESTS, 'nothing is changed that somebody may read, and everybody reads what was'),
        ],
      },
      {
        what: 'memory of the version that readers begin with is used again',
        edits: [edit(VERSIONS, 'return version > this.#readers.newest', 'return false')],
        caughtBy: [
          unit(VERSIONS_TESTS, 'nothing is changed that somebody may read, and everybody reads what was'),
        ],
      },
      {
        what: 'a reader goes on with what it has in its cache',
        edits: [edit('src/sql/file-view.ts', 'this.#changeCounter = (this.#changeCounter + 1) >>> 0', '')],
        caughtBy: [unit(READERS_TESTS, 'sees each version, whatever it has in its cache')],
      },
      {
        what: 'a write is answered before readers know of it',
        edits: [
          edit(
            'src/sql/worker-host.ts',
            'if (published !== undefined) responses.unshift({ published })',
            'if (published !== undefined) setImmediate(() => this.#post([{ published }], []))',
          ),
        ],
        caughtBy: [
          unit(
            READERS_TESTS,
            'long reads hold up neither writes nor other reads, as long as there are threads',
          ),
        ],
      },
      {
        what: 'what waits behind a long read waits for its end',
        edits: [edit('src/sql/reader-pool.ts', 'this.#queue.unshift(...thread.withdraw())', '')],
        caughtBy: [unit(READERS_TESTS, 'what waits behind a long read is read by another thread')],
      },
    ],
  },
]
