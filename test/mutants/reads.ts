import { type Bug, edit, script, unit } from './mutant.ts'

const READS = 'src/raft/core/reads.ts'
const DRIVER = 'src/raft/driver.ts'
const DRIVER_TESTS = 'unit/raft/driver-member'

/** Reads: B43 to B45. */
export const READ_BUGS: readonly Bug[] = [
  {
    id: 'B43',
    title: "a read before the term's first commit, or one that does not wait for what it must see",
    mutants: [
      {
        what: 'a new leader serves reads at the commit index it knows of',
        edits: [
          edit(
            READS,
            'if (hasCommittedInTerm(state)) state.reads.push',
            "if (state.role === 'leader') state.reads.push",
          ),
        ],
        caughtBy: [script('read-before-commit'), script('read-single')],
      },
      {
        what: 'a confirmed read is served before its index is applied',
        edits: [
          edit(
            'src/raft/read-requests.ts',
            'if (index <= machineIndex) done(undefined, index)',
            'if (index > 0 || machineIndex > 0) done(undefined, index)',
          ),
        ],
        caughtBy: [
          unit(DRIVER_TESTS, 'reads - are served once what was committed when they were asked is applied'),
        ],
      },
    ],
  },
  {
    id: 'B44',
    title: 'a leader that was paused, or cut off, answers with old state',
    mutants: [
      {
        what: 'a leader confirms its own reads',
        edits: [
          edit(
            READS,
            'id === state.id ? state.readRound : (state.progress.get(id)?.ackedRound ?? 0),',
            'id !== undefined ? state.readRound : 0,',
          ),
        ],
        caughtBy: [script('read-isolated-leader'), script('read-no-lease')],
      },
      {
        what: 'any answer confirms the latest round',
        edits: [
          edit(
            'src/raft/core/core.ts',
            `    if (message.round > progress.ackedRound) {
      progress.ackedRound = message.round`,
            `    if (state.readRound > progress.ackedRound) {
      progress.ackedRound = state.readRound`,
          ),
        ],
        caughtBy: [script('read-late-answer'), script('read-batching')],
      },
      {
        what: 'a read joins a round that has left already',
        edits: [
          edit(
            READS,
            '  state.readRound++\n',
            '  if (state.readRound === 0 || state.reads.length === 1) state.readRound++\n',
          ),
        ],
        caughtBy: [script('read-batching')],
      },
      {
        what: "a leader answers a follower's question at once",
        edits: [
          edit(
            READS,
            'enqueue(state, message.from, message.id)',
            'respond(state, message.from, { id: message.id, index: Math.max(state.log.commit, 1), reject: false })',
          ),
        ],
        caughtBy: [script('read-follower')],
      },
      {
        what: 'an answer meant for the last life of a node confirms a read of this one',
        edits: [
          edit(DRIVER, 'new ReadRequests(components.prng.nextUint32() * 2 ** 20)', 'new ReadRequests(0)'),
        ],
        caughtBy: [unit(DRIVER_TESTS, 'reads - are numbered afresh in every life of a node')],
      },
    ],
  },
  {
    id: 'B45',
    title: 'a lease, or the freshness of a read, is measured by the wall clock',
    mutants: [
      {
        what: "the driver's clock is the wall clock",
        edits: [edit('src/node/clock.ts', 'now: () => performance.now()', 'now: () => Date.now()')],
        caughtBy: [unit('unit/node/clock', 'clock - setting the wall clock does not move it')],
      },
      {
        what: 'how long ago the leader was heard is measured by the wall clock',
        edits: [
          edit(DRIVER, 'this.#lastContact = this.#components.clock.now()', 'this.#lastContact = Date.now()'),
          edit(
            DRIVER,
            ': this.#components.clock.now() - this.#lastContact',
            ': Date.now() - this.#lastContact',
          ),
        ],
        caughtBy: [
          unit(DRIVER_TESTS, "status - how long ago the leader was heard is told by the driver's clock"),
        ],
      },
    ],
    open:
      '`freshness_strict` compares the wall clock of the leader with that of this node, because the API it comes ' +
      'from defines it so (src/node/database-service.ts); linearizable reads use no clock.',
  },
]
