import { type Bug, edit, script, unit } from './mutant.ts'

const CORE = 'src/raft/core/core.ts'
const STATE = 'src/raft/core/state.ts'
const ELECTION = 'src/raft/core/election.ts'
const LOG_STORE = 'src/raft/log/log-store.ts'

/** Terms and votes: B2 to B5. */
export const VOTES: readonly Bug[] = [
  {
    id: 'B2',
    title: 'two leaders in a term, because a vote was told before it was durable',
    mutants: [
      {
        what: 'a vote is told at once, while it is still being written',
        edits: [
          edit(
            ELECTION,
            `  state.sendAfterPersist({
    type: 'vote-response',`,
            `  state.messages.push({
    type: 'vote-response',`,
          ),
        ],
        caughtBy: [script('election-vote-durable')],
      },
      {
        what: 'a candidate counts its own vote, and asks for others, before it is on disk',
        edits: [
          edit(
            STATE,
            'return !this.hardStateChanged && this.persistedSeq >= this.hardStateSeq',
            'return true',
          ),
        ],
        caughtBy: [script('election-candidate-durable')],
      },
      {
        what: 'the next write that is done, whichever it is, makes a candidate count its own vote',
        edits: [
          edit(
            ELECTION,
            "state.role === 'candidate' && state.hardStatePersisted &&",
            "state.role === 'candidate' &&",
          ),
        ],
        caughtBy: [script('election-own-vote')],
      },
      {
        what: 'a vote given in an earlier election counts in this one',
        edits: [
          edit(
            CORE,
            `    if (message.term < state.term) {
      this.#answerStale(message)`,
            `    if (message.term < state.term && message.type !== 'vote-response') {
      this.#answerStale(message)`,
          ),
        ],
        caughtBy: [script('election-late-votes')],
      },
      {
        what: 'a pre-vote given for an earlier term counts in this round',
        edits: [
          edit(
            ELECTION,
            "if (message.type === 'pre-vote-response' && message.granted && message.term !== state.term + 1) return",
            '',
          ),
          edit(
            CORE,
            `    if (message.term < state.term) {
      this.#answerStale(message)`,
            `    if (message.term < state.term && message.type !== 'pre-vote-response') {
      this.#answerStale(message)`,
          ),
        ],
        caughtBy: [script('election-late-votes')],
      },
    ],
  },
  {
    id: 'B3',
    title: 'a leader, or whoever has voted, votes for someone else in its term',
    mutants: [
      {
        what: 'a request of the same term is granted although the vote is given',
        edits: [
          edit(ELECTION, '(state.vote === undefined && state.leader === undefined) ||', 'true ||'),
          edit(
            STATE,
            'term > this.term || this.vote === undefined || this.vote === vote,',
            'term >= this.term,',
          ),
        ],
        caughtBy: [script('election-vote-durable'), script('election-split-vote')],
      },
    ],
  },
  {
    id: 'B4',
    title: 'the current term goes back',
    mutants: [
      {
        what: 'a message of an earlier term takes the node back to that term',
        edits: [
          edit(
            CORE,
            `      this.#answerStale(message)
      return false`,
            `      state.becomeFollower(message.term, message.from)
      return true`,
          ),
          edit(
            STATE,
            'if (term > this.term) this.setHardState(term, undefined)',
            'if (term !== this.term) this.setHardState(term, undefined)',
          ),
          edit(STATE, "assert(term >= this.term, 'the term never goes back')", ''),
          edit(STATE, 'term > this.term || this.vote === undefined || this.vote === vote,', 'true,'),
        ],
        caughtBy: [script('term-never-back')],
      },
      {
        what: 'a restart begins with the term of the last entry, not with the one that was stored',
        edits: [edit(STATE, 'this.term = init.hardState?.term ?? 0', 'this.term = this.log.lastTerm')],
        caughtBy: [script('election-vote-durable'), script('election-disruptive-rejoin')],
      },
    ],
  },
  {
    id: 'B5',
    title: 'the term is saved, and the vote in a second write',
    mutants: [
      {
        what: 'the write that enters a term leaves the vote out; the next one adds it',
        edits: [
          edit(STATE, '  hardStateChanged = false\n', '  hardStateChanged = false\n  termHandedOut = 0\n'),
          edit(
            CORE,
            'const hardState = state.hardStateChanged ? { term: state.term, vote: state.vote } : undefined',
            `const enters = state.hardStateChanged && state.term > state.termHandedOut
    const hardState = state.hardStateChanged
      ? { term: state.term, vote: enters ? undefined : state.vote }
      : undefined
    state.termHandedOut = state.term`,
          ),
          edit(
            CORE,
            'state.hardStateChanged = false',
            'state.hardStateChanged = enters && state.vote !== undefined',
          ),
        ],
        caughtBy: [script('election-vote-durable'), script('election-candidate-durable')],
      },
      {
        what: 'the log store writes the term, and the vote in a batch after it',
        edits: [
          edit(
            LOG_STORE,
            '    operations.push(this.#putState(next))\n',
            `    const { hardState } = next
    const vote = hardState?.term === this.#disk.hardState?.term ? this.#disk.hardState?.vote : undefined
    operations.push(this.#putState({ ...next, hardState: hardState && { term: hardState.term, vote } }))
`,
          ),
          edit(
            LOG_STORE,
            `      if (error === undefined) this.#disk = next
      finish(error)`,
            `      if (error === undefined) this.#disk = next
      if (error !== undefined || hardState?.vote === vote) finish(error)
      else this.#store.batch([this.#putState(next)], finish)`,
          ),
        ],
        caughtBy: [
          unit(
            'unit/raft-log/log-store',
            'write - a crash at any step of it leaves all of it or nothing, term and vote above all',
          ),
        ],
      },
    ],
  },
]
