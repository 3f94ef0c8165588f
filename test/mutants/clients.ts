import { type Bug, edit, SEEDS, unit } from './mutant.ts'

const ROUTER = 'src/node/router.ts'
const STATE_MACHINE = 'src/node/state-machine.ts'
const RPC_CLIENT = 'src/p2p/rpc-client.ts'
const ROUTER_TESTS = 'unit/node/router'
const CHANGE_SENDER = 'src/node/outbound/change-sender.ts'
const CHANGE_SENDER_TESTS = 'unit/node/outbound/change-sender'
const CHANGE_LOG = 'src/sql/change-log.ts'
const CHANGE_LOG_TESTS = 'unit/sql/change-log'

/** What callers are told: B46, B48. */
export const CLIENTS: readonly Bug[] = [
  {
    id: 'B46',
    title: 'a write that may still happen is reported as failed, or made again',
    mutants: [
      {
        what: 'what has no request id is made again after its answer was lost',
        edits: [
          edit(
            ROUTER,
            "if (kind !== 'once' && ASK_AGAIN.has(code)) return true",
            'if (ASK_AGAIN.has(code)) return true',
          ),
        ],
        caughtBy: [
          unit(
            ROUTER_TESTS,
            'retry - what must not happen twice is not made again once it may have happened',
          ),
        ],
      },
      {
        what: 'a key-value write that is made again is carried out again',
        edits: [
          edit(
            STATE_MACHINE,
            'kvItems.push({ index, command: command.kv, request: command.request })',
            'kvItems.push({ index, command: command.kv })',
          ),
        ],
        caughtBy: [{ kind: 'seeds', first: 1, count: SEEDS, nodes: '3-5' }],
      },
      {
        what: 'an SQL write that is made again is carried out again',
        edits: [
          edit(
            'src/sql/engine.ts',
            "const request = command.mode === 'query' ? undefined : item.request",
            "const request = command.mode !== 'load' ? undefined : item.request",
          ),
        ],
        caughtBy: [{ kind: 'seeds', first: 1, count: SEEDS, nodes: '3-5' }],
      },
      {
        what: 'a request that may have been forgotten is taken for a new one',
        edits: [
          edit(
            'src/base/outcome-history.ts',
            "return this.#forgottenThrough > since ? { kind: 'forgotten' } : { kind: 'new' }",
            "return since >= 0 ? { kind: 'new' } : { kind: 'forgotten' }",
          ),
        ],
        caughtBy: [
          unit(
            'unit/base/outcome-history',
            'a request that nobody can remember any more is not taken for a new one',
          ),
        ],
      },
      {
        what: 'a write whose answer was lost is reported as not done',
        edits: [
          edit(
            ROUTER,
            "      'whether the write was applied',\n    { outcome: 'unknown', cause },",
            "      'whether the write was applied',\n    { cause },",
          ),
        ],
        caughtBy: [unit(ROUTER_TESTS, 'retry - what may have happened stays unknown after RAFT_NO_LEADER')],
      },
      {
        what: 'a write that another node did not answer in time is reported as not done',
        edits: [
          edit(
            ROUTER,
            "if (failure.code === 'PEER_CALL_TIMEOUT') return callTimeout(timeoutMs, 'unknown')",
            "if (failure.code === 'PEER_CALL_TIMEOUT') return callTimeout(timeoutMs, 'not-applied')",
          ),
        ],
        caughtBy: [
          unit(
            ROUTER_TESTS,
            'timeout - of the call to the leader: unknown for a write, nothing done for a read',
          ),
        ],
      },
      {
        what: 'a write that is not applied in time is reported as not done',
        edits: [
          edit(
            'src/node/consensus.ts',
            "'unknown', (resolve) => this.#driver.propose(",
            "'not-applied', (resolve) => this.#driver.propose(",
          ),
        ],
        caughtBy: [
          unit(
            'unit/node/consensus',
            'timeout - of a write: it may still be applied; of a read: nothing was done',
          ),
        ],
      },
      {
        what: 'what a leader had not finished is reported as not done when it loses the lead',
        edits: [edit('src/raft/errors.ts', "{ outcome: 'unknown', cause },", '{ cause },')],
        caughtBy: [
          unit(
            'unit/raft/driver-member',
            'lead lost - an unfinished write is unknown until the next leader has decided',
          ),
        ],
      },
      {
        what: 'what a leader had not finished is reported as dropped at once when it loses the lead',
        edits: [
          edit(
            'src/raft/driver.ts',
            "if (seen.role === 'leader' && (role !== 'leader' || term > seen.term)) this.#lostLead(seen.term)",
            `if (seen.role === 'leader' && (role !== 'leader' || term > seen.term)) {
      this.#proposals.abandon(
        (proposal) => proposal.term <= seen.term,
        new DebrosError('RAFT_PROPOSAL_DROPPED', 'the lead is lost', { retryable: true }),
      )
      this.#lostLead(seen.term)
    }`,
          ),
        ],
        caughtBy: [
          unit(
            'unit/raft/driver-member',
            'lead lost - an unfinished write is unknown until the next leader has decided',
          ),
        ],
      },
      {
        what: 'a call whose answer was lost with the connection is reported as not done',
        edits: [
          edit(RPC_CLIENT, ", { outcome: 'unknown' })\n}\n\nfunction timedOut", ')\n}\n\nfunction timedOut'),
        ],
        caughtBy: [
          unit(
            'unit/p2p/rpc',
            'rpc - an answer lost with the connection may have happened; the next call connects again',
          ),
        ],
      },
      {
        what: 'a call that is not answered in time is reported as not done',
        edits: [
          edit(
            RPC_CLIENT,
            "('PEER_CALL_TIMEOUT', message, { outcome: 'unknown' })",
            "('PEER_CALL_TIMEOUT', message)",
          ),
        ],
        caughtBy: [
          unit(
            'unit/p2p/rpc',
            'rpc - a call that is not answered in time may have happened; its handler is told',
          ),
        ],
      },
    ],
    open:
      'A request that its caller has named is a new one when it comes back after its outcome was forgotten ' +
      '(docs/decisions/0008-exactly-once.md).',
  },
  {
    id: 'B48',
    title: 'a watch or feed loses events, repeats them, or goes back in time',
    mutants: [
      {
        what: 'a new leader begins behind what it has applied, not behind what those before it noted',
        edits: [edit(CHANGE_SENDER, 'await caughtUp(signal)', 'if (signal.aborted) await caughtUp(signal)')],
        caughtBy: [
          unit(
            CHANGE_SENDER_TESTS,
            'change sender - a new leader begins when it has applied what those before it noted',
          ),
        ],
      },
      {
        what: 'what was on its way in a handover, and did not arrive, counts as delivered',
        edits: [edit(CHANGE_SENDER, 'if (!(await sending)) continue', 'await sending')],
        caughtBy: [
          unit(
            CHANGE_SENDER_TESTS,
            'change sender - what was on its way in a handover, and did not arrive, is not noted as delivered',
          ),
        ],
      },
      {
        what: 'what was delivered is not noted before a handover',
        edits: [edit(CHANGE_SENDER, 'await this.#cursor.flush(HANDOVER_GRACE_MS)', 'void HANDOVER_GRACE_MS')],
        caughtBy: [unit(CHANGE_SENDER_TESTS, 'change sender - in a handover nothing is sent again')],
      },
      {
        what: 'the message that was read last is read again',
        edits: [
          edit(
            CHANGE_LOG,
            '(this.#messages[middle] as ChangeMessage).index <= index',
            '(this.#messages[middle] as ChangeMessage).index < index',
          ),
        ],
        caughtBy: [unit(CHANGE_LOG_TESTS, 'change log - gives back in order what was not delivered')],
      },
      {
        what: 'messages that made room for others are not said to be missing',
        edits: [edit(CHANGE_LOG, 'this.#lost = { from,', 'if (messages > 0) this.#lost = { from,')],
        caughtBy: [
          unit(
            CHANGE_LOG_TESTS,
            'change log - what does not fit makes room at the front, and is said to be missing',
          ),
        ],
      },
      {
        what: 'a node that begins with a snapshot lacks a message that waited',
        edits: [edit(CHANGE_LOG, 'this.#messages = [...messages]', 'this.#messages = messages.slice(1)')],
        caughtBy: [unit('unit/sql/changes', 'changes - are part of a snapshot, and of the digest')],
      },
    ],
  },
]
