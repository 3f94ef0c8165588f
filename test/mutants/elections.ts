import { type Bug, edit, script, unit } from './mutant.ts'

const CORE = 'src/raft/core/core.ts'
const STATE = 'src/raft/core/state.ts'
const ELECTION = 'src/raft/core/election.ts'
const REPLICATION = 'src/raft/core/replication.ts'

/** Elections, and handing over the lead: B6 to B14. */
export const ELECTIONS: readonly Bug[] = [
  {
    id: 'B6',
    title: 'a pre-candidate of an old term is ignored for ever',
    mutants: [
      {
        what: 'a pre-vote for a term of the past is not answered',
        edits: [
          edit(
            CORE,
            `      case 'pre-vote':
        state.send({ ...header, type: 'pre-vote-response', granted: false })
        return`,
            `      case 'pre-vote':
        return`,
          ),
        ],
        caughtBy: [script('election-prevote-low-term')],
      },
      {
        what: 'a real request for a vote in a term of the past is not answered',
        edits: [
          edit(
            CORE,
            `      case 'vote':
        state.send({ ...header, type: 'vote-response', granted: false })
        return`,
            `      case 'vote':
        return`,
          ),
        ],
        caughtBy: [script('election-vote-low-term')],
      },
    ],
  },
  {
    id: 'B7',
    title: 'a node with a high term and a short log drops all messages, and the group is wedged',
    mutants: [
      {
        what: 'a leader of the past is not told about the present',
        edits: [
          edit(
            CORE,
            '  #answerStale(message: Message): void {',
            `  #answerStale(message: Message): void {
    if (['append', 'heartbeat', 'snapshot'].includes(message.type)) return`,
          ),
        ],
        caughtBy: [script('election-prevote-high-term-short-log'), script('election-deposed-leader')],
      },
    ],
  },
  {
    id: 'B8',
    title: 'a node that sees both sides keeps a connected majority from electing',
    mutants: [
      {
        what: 'whoever has a leader helps nobody, however long it has not heard from it',
        edits: [
          edit(
            STATE,
            'return this.leader !== undefined && this.electionElapsed < this.settings.electionTicks',
            'return this.leader !== undefined',
          ),
        ],
        caughtBy: [script('election-bridge')],
      },
      {
        what: 'a leader that hears nobody stays leader',
        edits: [
          edit(
            ELECTION,
            'if (quorumIndex(state.config, active) < 1) {',
            'if (quorumIndex(state.config, active) < 0) {',
          ),
        ],
        caughtBy: [script('election-bridge'), script('election-check-quorum'), script('election-one-way')],
      },
      {
        what: 'a leader that hears anybody at all, a learner even, stays leader',
        edits: [
          edit(
            ELECTION,
            'if (quorumIndex(state.config, active) < 1) {',
            'if (state.others.every((id) => active(id) === 0)) {',
          ),
        ],
        caughtBy: [
          script('election-bridge'),
          script('election-even'),
          script('election-check-quorum-learner'),
        ],
      },
      {
        what: 'who was heard from once counts as heard from ever after',
        edits: [edit(ELECTION, 'for (const progress of state.progress.values()) progress.beginPeriod()', '')],
        caughtBy: [script('election-bridge'), script('election-check-quorum'), script('election-two-nodes')],
      },
    ],
  },
  {
    id: 'B9',
    title: 'check-quorum without PreVote: a node that comes back forces elections without end',
    mutants: [
      {
        what: 'a node campaigns for real at once',
        edits: [
          edit(
            CORE,
            'if (state.electionElapsed >= state.randomizedElectionTicks) preCampaign(state)',
            'if (state.electionElapsed >= state.randomizedElectionTicks) campaign(state, false)',
          ),
        ],
        caughtBy: [script('election-prevote-no-trace'), script('election-disruptive-rejoin')],
      },
      {
        what: 'pre-votes raise the term of whoever is asked',
        edits: [edit(CORE, "if (message.type === 'pre-vote') return true", '')],
        caughtBy: [script('election-basic'), script('election-bridge')],
      },
      {
        what: 'a refused pre-vote raises the term of whoever asked',
        edits: [
          edit(ELECTION, 'const term = granted ? message.term : state.term', 'const { term } = message'),
        ],
        caughtBy: [script('election-older-log-loses'), script('election-even')],
      },
      {
        what: 'whoever hears a leader answers requests for votes all the same',
        edits: [edit(CORE, 'if (isRequest && !message.transfer && state.hearsLeader) return false', '')],
        caughtBy: [script('election-disruptive-rejoin'), script('election-removed-server')],
      },
    ],
  },
  {
    id: 'B10',
    title: 'a restart forgets a leader that was just acknowledged, and breaks its lease',
    mutants: [
      {
        what: 'a leader that heard a majority lately serves reads without asking',
        edits: [
          edit(
            'src/raft/core/reads.ts',
            'if (hasCommittedInTerm(state)) state.reads.push',
            `const active = (member: NodeId): number =>
    member === state.id || state.progress.get(member)?.recentActive === true ? 1 : 0
  if (hasCommittedInTerm(state) && from === state.id && quorumIndex(state.config, active) >= 1) {
    state.readsConfirmed.push({ id, index: state.log.commit })
  } else if (hasCommittedInTerm(state)) state.reads.push`,
          ),
        ],
        caughtBy: [script('read-no-lease'), script('read-isolated-leader')],
      },
    ],
    reason:
      'There is no lease: every read is confirmed by answers sent after it was asked (src/raft/core/reads.ts), ' +
      'so that a restart has nothing to forget. The mutant adds a lease.',
  },
  {
    id: 'B11',
    title: 'a removed server keeps campaigning',
    mutants: [
      {
        what: 'its real requests for votes, not only its pre-votes, are answered by those who hear a leader',
        edits: [
          edit(
            CORE,
            "const isRequest = message.type === 'pre-vote' || message.type === 'vote'",
            "const isRequest = message.type === 'pre-vote'",
          ),
        ],
        caughtBy: [script('election-removed-server')],
      },
      {
        what: 'one that knows of its removal, and that it is committed, campaigns',
        edits: [
          edit(
            STATE,
            'return currentIndex > commit && previous !== undefined && this.#mayVoteIn(previous)',
            'return (currentIndex > commit || true) && previous !== undefined && this.#mayVoteIn(previous)',
          ),
        ],
        caughtBy: [script('membership-remove-leader'), script('membership-remove-leader-uncommitted')],
      },
      {
        what: 'a leader goes on sending to a server that is removed',
        edits: [
          edit(
            STATE,
            'for (const id of this.progress.keys()) if (!others.has(id)) this.progress.delete(id)',
            '',
          ),
        ],
        caughtBy: [script('membership-remove')],
      },
    ],
  },
  {
    id: 'B12',
    title: 'a learner is elected',
    mutants: [
      {
        what: 'learners campaign',
        edits: [
          edit(
            STATE,
            'if (!isVoter(config, this.id)) return false',
            'if (!replicas(config).includes(this.id)) return false',
          ),
        ],
        caughtBy: [script('election-learner'), script('membership-demote')],
      },
      {
        what: 'learners count for every majority',
        edits: [
          edit(
            'src/raft/core/quorum.ts',
            'majorityIndex(config.voters, reached)',
            'majorityIndex([...config.voters, ...config.learners], reached)',
          ),
        ],
        caughtBy: [script('election-learner'), unit('unit/raft/quorum', 'quorum - learners do not count')],
      },
      {
        what: 'leadership can be handed to a learner',
        edits: [edit(CORE, '|| !isVoter(state.config, target)) return false', ') return false')],
        caughtBy: [script('election-learner')],
      },
    ],
  },
  {
    id: 'B13',
    title: 'races of a leadership transfer: writes during it, a candidate told to take over',
    mutants: [
      {
        what: 'proposals are taken while leadership is being handed over',
        edits: [
          edit(CORE, 'if (state.transferTarget !== undefined) {', 'if (state.transferTarget === state.id) {'),
        ],
        caughtBy: [script('transfer-proposals'), script('transfer-failed'), script('transfer-races')],
      },
      {
        what: 'the target is told to take over before it has everything',
        edits: [edit(REPLICATION, '|| progress.match !== state.log.lastIndex) return', ') return')],
        caughtBy: [script('transfer-basic'), script('transfer-races')],
      },
      {
        what: 'a node that campaigns already begins anew when it is told to take over',
        edits: [
          edit(
            CORE,
            "if (state.role === 'follower' && state.leader === message.from) campaign(state, true)",
            "if (state.role !== 'leader') campaign(state, true)",
          ),
        ],
        caughtBy: [script('transfer-candidate')],
      },
      {
        what: 'a transfer whose target does not take over is never given up',
        edits: [
          edit(
            CORE,
            `      state.transferTarget = undefined
      checkQuorum(state)`,
            '      checkQuorum(state)',
          ),
        ],
        caughtBy: [script('transfer-failed'), script('transfer-races')],
      },
      {
        what: 'those who hear the leader refuse the target that it has chosen',
        edits: [
          edit(
            ELECTION,
            "requestVotes(state, 'vote', state.term, transfer)",
            "requestVotes(state, 'vote', state.term, transfer && state.leader !== undefined)",
          ),
        ],
        caughtBy: [script('transfer-basic')],
      },
      {
        what: 'a leader that is deposed during a transfer refuses proposals when it leads again',
        edits: [
          edit(
            STATE,
            '    this.progress.clear()\n    this.transferTarget = undefined',
            '    this.progress.clear()',
          ),
        ],
        caughtBy: [script('transfer-basic'), script('transfer-races')],
      },
    ],
  },
  {
    id: 'B14',
    title: 'a deposed leader still reports itself as leader',
    mutants: [
      {
        what: 'a leader does not mind answers of a later term',
        edits: [
          edit(
            CORE,
            '      const fromLeader =',
            `      if (state.role === 'leader' && message.type === 'append-response') return false
      const fromLeader =`,
          ),
        ],
        caughtBy: [script('election-deposed-leader')],
      },
      {
        what: 'a leader that steps down goes on naming itself as the leader',
        edits: [
          edit(
            STATE,
            `    this.role = 'follower'
    this.setLeader(leader)`,
            `    this.role = 'follower'
    if (leader !== undefined) this.setLeader(leader)`,
          ),
        ],
        caughtBy: [script('election-deposed-leader'), script('election-check-quorum')],
      },
      {
        what: 'the driver does not tell that the lead is lost',
        edits: [
          edit(
            'src/raft/driver.ts',
            'this.#init.onRoleChange?.({ role, term, leader })',
            "if (this.#seen.role !== 'follower' || seen.role !== 'leader') this.#init.onRoleChange?.({ role, term, leader })",
          ),
        ],
        caughtBy: [
          unit('unit/raft/driver-member', 'roles - every change is told, the loss of the lead at once'),
        ],
      },
    ],
  },
]
