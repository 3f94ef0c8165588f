/**
 * The commands of a Raft script. Nodes are named 1 to 9; ticks of a heartbeat and of an election
 * timeout are 1 and 10. Messages stay in flight until delivered.
 *
 *   cluster voters=1,2,3 [learners=4] [limits]   found a cluster; every node has entry 1, the config
 *   node 5 [limits]                              a node with nothing on its disk
 *   given 2 log=1,1,2 [term=3] [vote=1]          put on the disk of 2 entries of these terms; restart it
 *       limits: inflight=messages inflight-bytes=n append-bytes=n uncommitted-bytes=n
 *
 *   tick 1,2 [n]          election-timeout 1 (ticks until it campaigns)
 *   elect 1               the same, and deliver everything; shows the outcome only
 *   propose 1 a b         read 1 7,8 (ids)     transfer 1 [to]
 *   change 1 add=4 learner=5 promote=5 demote=2 remove=3   (any of them, lists too)
 *   promote-due 1 lag=n   what a driver does every tick: a learner that may become a voter does
 *   connection-lost 2 1   the system of 1 closed its connection to 2
 *   ask-after-restart 2   what a driver does once 2 was restarted
 *
 *   deliver | drop | duplicate | hold <link> [type] [first|last|n]
 *       links: 1->2, 1->*, *->2, *->*          release puts held messages back, as the newest
 *   inject 1->2 term=3 prev=2/1 commit=2 [terms=3,3]   deliver an append that nobody here has sent
 *   inject-vote 1->2 term=3 last=2/1           likewise, a request for a vote
 *   inject-snapshot 1->2                       deliver the snapshot that 1 has, as if it came late
 *   cut 1->2  cut 1-2  isolate 1  heal          stabilize: deliver until nothing is in flight
 *   snapshot-ended 1->3 sent|failed|interrupted   the sender hears how a transfer ended
 *
 *   disk 1 slow|fast      persist 1 [n]        crash 1      restart 1
 *   lose-disk 1           it starts again with nothing, under a new key
 *   machine 1 slow|fast   apply 1              compact 1 [trailing=n]
 *
 *   status [1]   log 1   flight   config 1   wishes 1   on-disk 1   applied 1
 *   quietly <command>     do it and say nothing
 */
import type { ConfigChange } from '../../src/raft/core/config.ts'
import type { CoreSettings } from '../../src/raft/core/state.ts'
import type { Entry, NodeId } from '../../src/raft/core/types.ts'
import { promoteLearner } from '../../src/raft/learner-promotion.ts'
import { Cluster, member, type Selection } from './cluster.ts'
import { formatConfig, formatEntry, formatStatus } from './format.ts'
import { type Arguments, parseCommand, type RunCommand } from './script.ts'

const ELECTION_TICKS = 10

/** A cluster and the commands that drive it. */
export function raftCommands(): RunCommand {
  const cluster = new Cluster()
  return (command) => {
    const quietly = command.startsWith('quietly ')
    const args = parseCommand(quietly ? command.slice('quietly '.length) : command)
    const run = COMMANDS[args.verb]
    if (run === undefined) throw new Error('there is no such command')
    run(cluster, args)
    args.finish()
    const trace = cluster.takeTrace()
    return quietly ? stopsOnly(trace) : trace
  }
}

type Command = (cluster: Cluster, args: Arguments) => void

const COMMANDS: Readonly<Record<string, Command>> = {
  cluster(cluster, args) {
    const voters = list(args.named('voters'))
    const learners = list(args.named('learners'))
    const members = [...voters.map((id) => member(id, true)), ...learners.map((id) => member(id, false))]
    cluster.found(members, settingsOf(args))
  },

  node(cluster, args) {
    const id = positional(args, 0)
    cluster.addNode({ id, peerId: member(id, true).peerId, ...settingsOf(args) }).start()
  },

  given(cluster, args) {
    const node = cluster.node(positional(args, 0))
    const [first = 0, ...rest] = list(args.named('log')).map(Number)
    const founding = node.disk.entries[0]
    if (founding?.term !== first) throw new Error('a log begins with its config')
    const commands = commandsOf(rest, 2)
    const term = Number(args.named('term') ?? rest.at(-1) ?? first)
    node.crash()
    node.disk.write(
      {
        hardState: { term, vote: args.named('vote') },
        snapshot: undefined,
        entries: [founding, ...commands],
      },
      [],
    )
    node.start()
  },

  tick(cluster, args) {
    const count = Number(args.positional[1] ?? '1')
    for (let i = 0; i < count; i++) {
      for (const id of list(positional(args, 0))) cluster.node(id).input((core) => core.tick())
    }
  },

  'election-timeout': (cluster, args) => timeOut(cluster, positional(args, 0)),

  elect(cluster, args) {
    const id = positional(args, 0)
    timeOut(cluster, id)
    cluster.stabilize()
    if (cluster.node(id).status().role !== 'leader') throw new Error('it was not elected')
    for (const line of stopsOnly(cluster.takeTrace())) cluster.say(line)
    showStatus(cluster, undefined)
  },

  propose(cluster, args) {
    const node = cluster.node(positional(args, 0))
    for (const data of args.positional.slice(1)) node.input((core) => core.propose(text(data)))
  },

  read(cluster, args) {
    cluster.node(positional(args, 0)).read(list(positional(args, 1)).map(Number))
  },

  transfer(cluster, args) {
    cluster.node(positional(args, 0)).input((core) => {
      if (!core.transferLeadership(args.positional[1])) cluster.say('  nobody can take over')
    })
  },

  change(cluster, args) {
    const add = (key: string, voter: boolean): ConfigChange[] =>
      list(args.named(key)).map((id) => ({
        type: 'add',
        member: member(id, voter, cluster.nodes.get(id)?.settings.peerId),
      }))
    const by = (type: 'promote' | 'demote' | 'remove'): ConfigChange[] =>
      list(args.named(type)).map((id) => ({ type, id }))
    const changes = [
      ...add('add', true),
      ...add('learner', false),
      ...by('promote'),
      ...by('demote'),
      ...by('remove'),
    ]
    cluster.node(positional(args, 0)).input((core) => core.proposeConfigChange(changes))
  },

  'promote-due': (cluster, args) => {
    const lag = Number(required(args, 'lag'))
    cluster.node(positional(args, 0)).input((core) => promoteLearner(core, lag))
  },

  'connection-lost': (cluster, args) => {
    cluster.node(positional(args, 0)).input((core) => core.connectionLost(positional(args, 1)))
  },

  'ask-after-restart': (cluster, args) => {
    cluster.node(positional(args, 0)).input((core) => core.restarted())
  },

  deliver: (cluster, args) => cluster.deliver(selection(args)),
  drop: (cluster, args) => cluster.drop(selection(args)),
  duplicate: (cluster, args) => cluster.duplicate(selection(args)),
  hold: (cluster, args) => cluster.hold(selection(args)),
  release: (cluster) => cluster.release(),
  heal: (cluster) => cluster.heal(),
  stabilize: (cluster) => cluster.stabilize(),

  cut(cluster, args) {
    for (const link of args.positional) {
      const [, a = '', arrow, b = ''] = /^(\d)(->|-)(\d)$/.exec(link) ?? []
      if (arrow === undefined) throw new Error(`${link} is not a link`)
      cluster.cut(a, b)
      if (arrow === '-') cluster.cut(b, a)
    }
  },

  isolate(cluster, args) {
    for (const id of list(positional(args, 0))) {
      for (const other of cluster.nodes.keys()) {
        if (other === id) continue
        cluster.cut(id, other)
        cluster.cut(other, id)
      }
    }
  },

  inject(cluster, args) {
    const { from, to } = link(positional(args, 0))
    const [prevIndex, prevTerm] = place(required(args, 'prev'))
    cluster.inject({
      type: 'append',
      from,
      to,
      term: Number(required(args, 'term')),
      prevIndex,
      prevTerm,
      commit: Number(required(args, 'commit')),
      entries: commandsOf(list(args.named('terms')).map(Number), prevIndex + 1),
    })
  },

  'inject-vote': (cluster, args) => {
    const { from, to } = link(positional(args, 0))
    const [lastIndex, lastTerm] = place(required(args, 'last'))
    const term = Number(required(args, 'term'))
    cluster.inject({ type: 'vote', from, to, term, lastIndex, lastTerm, transfer: false })
  },

  'inject-snapshot': (cluster, args) => {
    const { from, to } = link(positional(args, 0))
    const { term, snapshot } = cluster.node(from).status()
    if (snapshot === undefined) throw new Error(`node ${from} has no snapshot`)
    cluster.inject({ type: 'snapshot', from, to, term, snapshot })
  },

  'snapshot-ended': (cluster, args) => {
    const { from, to } = link(positional(args, 0))
    const how = positional(args, 1)
    if (how !== 'sent' && how !== 'failed' && how !== 'interrupted') throw new Error(`no such end: ${how}`)
    cluster.snapshotEnded(from, to, how)
  },

  disk(cluster, args) {
    const node = cluster.node(positional(args, 0))
    node.slowDisk = oneOf(positional(args, 1), 'slow', 'fast')
    if (!node.slowDisk && node.pendingWrites > 0) node.persist(node.pendingWrites)
  },

  persist(cluster, args) {
    const node = cluster.node(positional(args, 0))
    node.persist(Number(args.positional[1] ?? node.pendingWrites))
  },

  machine(cluster, args) {
    const node = cluster.node(positional(args, 0))
    node.slowMachine = oneOf(positional(args, 1), 'slow', 'fast')
    if (!node.slowMachine) node.applyNow()
  },

  apply: (cluster, args) => cluster.node(positional(args, 0)).applyNow(),
  crash: (cluster, args) => cluster.node(positional(args, 0)).crash(),

  'lose-disk': (cluster, args) => cluster.node(positional(args, 0)).loseDisk(),

  restart(cluster, args) {
    const node = cluster.node(positional(args, 0))
    node.crash()
    node.start()
    showStatus(cluster, node.id)
  },

  compact(cluster, args) {
    cluster.node(positional(args, 0)).compact(Number(args.named('trailing') ?? '0'))
  },

  status: (cluster, args) => showStatus(cluster, args.positional[0]),

  log(cluster, args) {
    const { id, log } = cluster.node(positional(args, 0))
    cluster.say(`${id}: ${log.map(formatEntry).join(', ')}`)
  },

  flight(cluster) {
    for (const line of cluster.inFlight()) cluster.say(line)
  },

  config(cluster, args) {
    const { id, config, configIndex } = cluster.node(positional(args, 0)).status()
    cluster.say(`${id}: ${formatConfig(config)} from entry ${configIndex}`)
  },

  wishes(cluster, args) {
    const { id, config } = cluster.node(positional(args, 0)).status()
    const wishes = config.members.map((m) => `${m.id} ${m.voter ? 'is to vote' : 'is to stay a learner'}`)
    cluster.say(`${id}: ${wishes.join(', ')}`)
  },

  'on-disk': (cluster, args) => {
    for (const line of cluster.describeDisk(positional(args, 0))) cluster.say(line)
  },

  applied(cluster, args) {
    const { id, machine, machineIndex } = cluster.node(positional(args, 0))
    cluster.say(`${id}: [${machine.join(' ')}] at ${machineIndex}`)
  },
}

/** Of a trace that nobody needs to see, what nobody should miss: that a node stopped. */
function stopsOnly(trace: readonly string[]): readonly string[] {
  return trace.filter((line) => line.includes(' STOPS: '))
}

/** Commands of these terms, the first one at index `from`; each says of which term it is. */
function commandsOf(terms: readonly number[], from: number): Entry[] {
  return terms.map((term, i) => {
    const index = from + i
    return { index, term, kind: 'command', data: text(`${index}of${term}`), config: undefined }
  })
}

/** Ticks a node until it asks around for votes. */
function timeOut(cluster: Cluster, id: NodeId): void {
  const node = cluster.node(id)
  const { term, role } = node.status()
  if (role === 'leader') throw new Error('a leader does not campaign')
  const sent = node.preVotesSent
  for (let i = 0; i < 2 * ELECTION_TICKS; i++) {
    node.input((core) => core.tick())
    if (node.preVotesSent > sent || node.status().term > term) return
  }
  cluster.say(`  ${id} does not campaign`)
}

function showStatus(cluster: Cluster, id: NodeId | undefined): void {
  for (const node of id === undefined ? cluster.nodes.values() : [cluster.node(id)]) {
    const lines = node.core === undefined ? [`${node.id}: down`] : formatStatus(node.status())
    for (const line of lines) cluster.say(line)
  }
}

function settingsOf(args: Arguments): Omit<CoreSettings, 'id' | 'peerId'> {
  const limit = (key: string, otherwise: number): number => Number(args.named(key) ?? otherwise)
  return {
    electionTicks: ELECTION_TICKS,
    heartbeatTicks: limit('heartbeat', 1),
    crashHintTicks: 2,
    appendBytesMax: limit('append-bytes', 1_000_000),
    inflightMessagesMax: limit('inflight', 256),
    inflightBytesMax: limit('inflight-bytes', 1_000_000),
    commitNoticeTicks: limit('commit-notice', 0),
    uncommittedBytesMax: limit('uncommitted-bytes', 1_000_000),
  }
}

function selection(args: Arguments): Selection {
  const words = args.positional.slice(1)
  const place = words.find((word) => /^(first|last|\d+)$/.test(word))
  const type = words.find((word) => word !== place)
  return {
    ...link(positional(args, 0)),
    type,
    place: place === undefined ? undefined : place === 'first' ? 1 : place === 'last' ? -1 : Number(place),
  }
}

function link(word: string): { from: NodeId; to: NodeId } {
  const [, from, to] = /^(\d|\*)->(\d|\*)$/.exec(word) ?? []
  if (from === undefined || to === undefined) throw new Error(`${word} is not a link`)
  return { from, to }
}

/** `5/2`: the entry at index 5 with term 2. */
function place(word: string): [index: number, term: number] {
  const [index = 0, term = 0] = word.split('/').map(Number)
  return [index, term]
}

function positional(args: Arguments, at: number): string {
  const word = args.positional[at]
  if (word === undefined) throw new Error('an argument is missing')
  return word
}

function required(args: Arguments, key: string): string {
  const value = args.named(key)
  if (value === undefined) throw new Error(`${key}= is missing`)
  return value
}

function list(words: string | undefined): string[] {
  return words === undefined ? [] : words.split(',')
}

function oneOf(word: string, yes: string, no: string): boolean {
  if (word !== yes && word !== no) throw new Error(`say ${yes} or ${no}`)
  return word === yes
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}
