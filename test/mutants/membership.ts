import { type Bug, edit, script, unit } from './mutant.ts'

const CONFIG = 'src/raft/core/config.ts'
const CORE = 'src/raft/core/core.ts'
const STATE = 'src/raft/core/state.ts'
const REPLICATION = 'src/raft/core/replication.ts'
const CONFIG_TESTS = 'unit/raft/config'

/** Changes of the membership: B36 to B40. */
export const MEMBERSHIP: readonly Bug[] = [
  {
    id: 'B36',
    title: 'a change of one server before anything of the new term is committed',
    mutants: [
      {
        what: 'a leader changes the membership as soon as it leads',
        edits: [
          edit(
            CORE,
            'const newInTerm = log.term(log.commit) !== state.term',
            'const newInTerm = log.commit < 0',
          ),
        ],
        caughtBy: [script('membership-before-first-commit'), script('membership-joint-leader-change')],
      },
    ],
  },
  {
    id: 'B37',
    title: 'an uncommitted configuration is truncated and stays in force',
    mutants: [
      {
        what: 'the history of configurations does not follow the log back',
        edits: [
          edit('src/raft/core/log.ts', '    this.configs.truncateFrom(index)\n', ''),
          edit(CONFIG, "assert(index > this.currentIndex, 'configurations are appended in order')", ''),
        ],
        caughtBy: [
          script('membership-rollback'),
          unit('unit/raft/log', 'log - a truncated configuration is rolled back (B37)'),
        ],
      },
    ],
  },
  {
    id: 'B38',
    title: 'changes overlap, and end in a joint configuration for ever',
    mutants: [
      {
        what: 'a second change begins before the first is committed',
        edits: [edit(CORE, 'if (newInTerm || log.configs.currentIndex > log.commit) {', 'if (newInTerm) {')],
        caughtBy: [script('membership-overlap')],
      },
      {
        what: 'a change begins in a joint configuration',
        edits: [
          edit(
            CONFIG,
            "if (isJoint(current)) return { ok: false, reason: 'a membership change is still under way' }",
            '',
          ),
        ],
        caughtBy: [unit(CONFIG_TESTS, 'config - nothing is changed while a change is under way')],
      },
      {
        what: 'nobody leaves a joint configuration',
        edits: [
          edit(
            REPLICATION,
            '  if (isJoint(configs.current)) {',
            "  if (isJoint(configs.current) && state.id === '') {",
          ),
        ],
        caughtBy: [script('membership-joint'), script('membership-joint-leader-change')],
      },
      {
        what: 'the new half of a joint configuration decides alone',
        edits: [
          edit(
            'src/raft/core/quorum.ts',
            'return Math.min(majorityIndex(config.voters, reached), majorityIndex(config.outgoing, reached))',
            'return majorityIndex(config.voters, reached)',
          ),
        ],
        caughtBy: [
          script('membership-joint-old-half'),
          script('read-joint'),
          unit('unit/raft/quorum', 'quorum - a joint configuration needs both halves'),
        ],
      },
      {
        what: 'several voters are exchanged at once without a joint configuration',
        edits: [edit(CONFIG, 'outgoing: differing.length > 1 ? current.voters : [],', 'outgoing: [],')],
        caughtBy: [
          script('membership-joint'),
          script('membership-partition-shrink'),
          unit(CONFIG_TESTS, 'config - several voters are changed through a joint configuration'),
        ],
      },
    ],
  },
  {
    id: 'B39',
    title: 'whether a node votes flips while it runs',
    mutants: [
      {
        what: 'who was a voter once campaigns ever after',
        edits: [
          edit(STATE, '  hardStateChanged = false\n', '  hardStateChanged = false\n  wasVoter = false\n'),
          edit(
            STATE,
            'if (this.#mayVoteIn(configs.current)) return true',
            `this.wasVoter ||= this.#mayVoteIn(configs.current)
    if (this.wasVoter) return true`,
          ),
        ],
        caughtBy: [script('membership-demote'), script('membership-demote-leader')],
      },
      {
        what: 'adding a voter once more, under a new address, makes a learner of it',
        edits: [
          edit(CONFIG, 'if (!voters.has(id)) learners.add(id)', 'voters.delete(id)\n      learners.add(id)'),
        ],
        caughtBy: [
          script('membership-readd'),
          unit(CONFIG_TESTS, 'config - adding a known node changes its address and leaves its vote alone'),
        ],
      },
      {
        what: 'a voter that is demoted still wishes to vote, and is promoted again',
        edits: [
          edit(CONFIG, '      learners.add(id)\n      setWish(members, id, false)', '      learners.add(id)'),
        ],
        caughtBy: [
          script('membership-demote'),
          unit(CONFIG_TESTS, 'config - a demoted node stays a learner, a promoted one stays a voter'),
        ],
      },
    ],
  },
  {
    id: 'B40',
    title: 'a membership change in a partition: two leaders both get theirs accepted',
    mutants: [
      {
        what: 'who has been silent is left out of the count',
        edits: [
          edit(
            REPLICATION,
            'id === state.id ? log.stable : (state.progress.get(id)?.match ?? 0)',
            `id === state.id || state.progress.get(id)?.recentActive === false
      ? log.stable
      : (state.progress.get(id)?.match ?? 0)`,
          ),
        ],
        caughtBy: [script('membership-partition')],
      },
      {
        what: 'a minority removes the majority that it cannot reach',
        edits: [
          edit(
            CONFIG,
            'outgoing: differing.length > 1 ? current.voters : [],',
            'outgoing: voters.size < current.voters.length ? [] : differing.length > 1 ? current.voters : [],',
          ),
        ],
        caughtBy: [script('membership-partition-shrink')],
      },
    ],
  },
]
