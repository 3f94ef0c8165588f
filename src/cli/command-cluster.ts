import type { Command } from 'commander'
import {
  type ClusterClient,
  type ClusterMember,
  type ConnectionInit,
  createClusterClient,
} from '../client/index.ts'
import {
  type ConnectionOptions,
  connectionInit,
  DEFAULT_API_URL,
  durationOption,
  httpUrl,
  withConnection,
} from './api-options.ts'
import { awaitView, describeQuorum, formatMembers, leaderOf, memberNamed } from './cluster-report.ts'
import type { Io } from './io.ts'

interface ClusterOptions extends ConnectionOptions {
  readonly api: string
  readonly timeout: number
  readonly json?: boolean
}

export function addClusterCommand(program: Command, io: Io): void {
  const command = program
    .command('cluster')
    .summary('see and change who leads and who is a member')
    .description(
      'Shows and changes the cluster: its members, its leader. Any node can be asked; what only the leader ' +
        'can do, it passes on.',
    )
  addNodes(command, io)
  addTransfer(command, io)
  addRemove(command, io)
}

function withApi(command: Command, defaultTimeoutMs: number): Command {
  return withConnection(command)
    .option('-a, --api <url>', 'HTTP API of any node', httpUrl, DEFAULT_API_URL)
    .addOption(durationOption('-t, --timeout <duration>', 'how long to wait', defaultTimeoutMs))
    .option('--json', 'as JSON, and nothing else')
}

function addNodes(parent: Command, io: Io): void {
  withApi(
    parent
      .command('nodes')
      .summary('list the members, and whether they answer')
      .description(
        'Lists the members: who leads, who votes, who answers, and how many more may fail before the cluster stops.',
      ),
    5_000,
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ debros cluster nodes\n  $ debros cluster nodes --api http://10.0.0.2:5001 --json\n',
    )
    .action(async ({ api, timeout, json, ...options }: ClusterOptions) => {
      const connection = connectionInit(options, io.env)
      const members = await createClusterClient({ url: api, timeoutMs: timeout, ...connection }).members()
      if (json) io.out(JSON.stringify(members, undefined, 2))
      else io.out(`${formatMembers(members, io)}\n\n${describeQuorum(members, io)}`)
    })
}

const TRANSFER_HELP = `
The leader brings the chosen node up to date and lets it take over at once; writes wait for some
milliseconds. Without --to it chooses the voter that is furthest. Do this before you stop the leader's
machine; a node that is stopped in order (SIGTERM) does it by itself.

Examples:
  $ debros cluster transfer-leader
  $ debros cluster transfer-leader --to node2 --api http://10.0.0.1:5001
`

function addTransfer(parent: Command, io: Io): void {
  withApi(
    parent
      .command('transfer-leader')
      .summary('hand the lead to another node')
      .description('Lets the leader hand over its lead, and waits until another node leads.')
      .option('--to <id>', 'node that is to lead (default: the most up-to-date voter)'),
    30_000,
  )
    .addHelpText('after', TRANSFER_HELP)
    .action(async ({ api, timeout, json, to, ...options }: ClusterOptions & { to?: string }) => {
      const connection = connectionInit(options, io.env)
      const client = createClusterClient({ url: api, timeoutMs: timeout, ...connection })
      const members = await client.members()
      if (to !== undefined) memberNamed(to, members)
      const previous = leaderOf(members, api)
      const say = (text: string): void => (json ? undefined : io.out(text))
      const leader =
        previous.id === to
          ? to
          : await transfer(client, {
              api,
              timeout,
              connection,
              previous,
              ...(to !== undefined && { to }),
              members,
              say,
            })
      if (json) io.out(JSON.stringify({ previous: previous.id, leader }, undefined, 2))
      else io.out(previous.id === leader ? `node ${leader} leads already` : `node ${leader} leads now`)
    })
}

interface Transfer {
  readonly api: string
  readonly timeout: number
  readonly connection: ConnectionInit
  readonly to?: string
  readonly previous: ClusterMember
  readonly members: readonly ClusterMember[]
  readonly say: (text: string) => void
}

/** Returns who leads afterwards. */
async function transfer(
  client: ClusterClient,
  { api, timeout, connection, to, previous, members, say }: Transfer,
) {
  say(`node ${previous.id} leads; handing over to ${to === undefined ? 'another voter' : `node ${to}`}`)
  await client.transferLeadership(to)
  const view = await awaitView({ api, connection }, members, timeout, (seen) => {
    const leader = seen.find((member) => member.leader)
    return leader !== undefined && (to === undefined ? leader.id !== previous.id : leader.id === to)
  })
  return leaderOf(view, api).id
}

const REMOVE_HELP = `
The node need not run. If it is the leader, it hands over first. The last voter cannot be removed, nor one
without which too few of the others would answer. A node that was removed keeps its data, says so in its log
and in /readyz, and takes no part any more: stop it. Started again with an address to join, it is a member again.

Examples:
  $ debros cluster remove node3
  $ debros cluster remove node3 --api http://10.0.0.1:5001 --json
`

function addRemove(parent: Command, io: Io): void {
  withApi(
    parent
      .command('remove')
      .summary('take a node out of the cluster')
      .description('Takes a node out of the membership, and waits until that is committed.')
      .argument('<id>', 'node to remove; "debros cluster nodes" lists them'),
    30_000,
  )
    .addHelpText('after', REMOVE_HELP)
    .action(async (id: string, { api, timeout, json, ...options }: ClusterOptions) => {
      const connection = connectionInit(options, io.env)
      const client = createClusterClient({ url: api, timeoutMs: timeout, ...connection })
      const members = await client.members()
      const { leader, reachable } = memberNamed(id, members)
      if (!json) io.out(`removing node ${id}${leader ? ', the leader: it hands over first' : ''}`)
      await client.removeNode(id)
      const view = await awaitView(
        { api, connection },
        members,
        timeout,
        (seen) => seen.every((member) => member.id !== id) && seen.some((member) => member.leader),
      )
      const now = leaderOf(view, api).id
      if (json) {
        io.out(JSON.stringify({ removed: id, leader: now, members: view }, undefined, 2))
        return
      }
      io.out(`node ${id} is no member any more; node ${now} leads\n${describeQuorum(view, io)}`)
      if (reachable)
        io.out(`node ${id} still runs: stop it; started again with an address to join, it is a member again`)
    })
}
