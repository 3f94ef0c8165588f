import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { DebrosError, errorMessage, type Logger, silentLogger } from '../base/index.ts'
import type { DataDirReport, PlanReport } from '../node/index.ts'
import type { Io } from './io.ts'
import { formatTable } from './table.ts'

const HELP = `
For a cluster that lost the majority of its voters for good, and only then. docs/operating/recovery.md has
the whole procedure; read it first. In short, with every node stopped:

  See what each survivor has. The one with the highest last term, and among these with the highest last
  index, has the most:
    $ debros recover --data-dir ./data/node1
  Write down who is to be a member, with addresses (peers.json):
    [{"id": "node1", "address": "10.0.0.1:7001", "non_voter": false}]
  See what that would do, then do it:
    $ debros recover --data-dir ./data/node1 --peers peers.json
    $ debros recover --data-dir ./data/node1 --peers peers.json --confirm <id of the cluster>
  Start the node. Let all others join it with empty data directories.

Without --confirm nothing is changed. A file raft/peers.json in the data directory does the same at the
node's next start.
`

interface RecoverOptions {
  readonly dataDir: string
  readonly peers?: string
  readonly confirm?: string
  readonly json?: boolean
}

export function addRecoverCommand(program: Command, io: Io): void {
  const command = program
    .command('recover')
    .summary('inspect a stopped node, or recover a cluster from it')
    .description(
      'Shows what the data directory of a stopped node holds, or gives its cluster a new membership when the ' +
        'majority of the old one is lost for good.',
    )
    .requiredOption('-d, --data-dir <dir>', "the node's data directory")
    .option('--peers <file>', 'the members there are to be, as JSON')
    .option('--confirm <cluster>', 'do it; the id of the cluster as it is now')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
  command.action(async ({ dataDir, peers, confirm, json }: RecoverOptions) => {
    if (confirm !== undefined && peers === undefined) {
      command.error('error: --confirm needs --peers: nothing says who the members are to be')
    }
    const logger = complaintsTo(io)
    // Loaded here, so that other commands do not wait for libp2p and the engine.
    const { inspectDataDir, previewRecovery, recoverDataDir } = await import('../node/index.ts')
    const text = peers === undefined ? undefined : { text: await readPeers(peers), where: peers }
    if (text === undefined) {
      const report = await inspectDataDir(dataDir, logger)
      io.out(json ? JSON.stringify(report, undefined, 2) : formatReport(report))
      return
    }
    const plan =
      confirm === undefined
        ? await previewRecovery(dataDir, text, logger)
        : await recoverDataDir(dataDir, { ...text, confirm }, logger)
    if (json) io.out(JSON.stringify({ ...plan, done: confirm !== undefined }, undefined, 2))
    else io.out(formatPlan(plan, { dataDir, peers: text.where, done: confirm !== undefined }))
  })
}

async function readPeers(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new DebrosError('PEERS_FILE_INVALID', `cannot read ${path}: ${errorMessage(cause)}`, { cause })
  }
}

/** What matters to whoever sits in front of it; the command itself tells the rest. */
function complaintsTo(io: Io): Logger {
  const logger: Logger = { ...silentLogger, error: (_, message) => io.error(message), child: () => logger }
  return logger
}

function formatReport(report: DataDirReport): string {
  const { clusterId, ancestors, snapshot, members, pending } = report
  const recovered = ancestors.length === 0 ? '' : ` (recovered; before: ${ancestors.join(', ')})`
  const facts: readonly (readonly [string, string])[] = [
    ['Data directory', report.dataDir],
    ['Node', `${report.nodeId || 'none'}${report.peerId === undefined ? '' : `, key ${report.peerId}`}`],
    ['Cluster', `${clusterId ?? 'none'}${recovered}`],
    ['Last entry', `term ${report.lastTerm}, index ${report.lastIndex}`],
    ['Snapshot', snapshot === undefined ? 'none' : `term ${snapshot.term}, index ${snapshot.index}`],
    ['Current term', String(report.term)],
  ]
  const lines = facts.map(([name, value]) => `${`${name}:`.padEnd(17)}${value}`)
  if (pending) lines.push('', 'raft/peers.json is there: the next start replaces the membership as it says.')
  if (members.length > 0) {
    const rows = members.map(({ id, votes, address, peerId }) => [id, votes ? 'yes' : 'no', address, peerId])
    lines.push('', formatTable(['MEMBER', 'VOTES', 'NODE TO NODE', 'KEY'], rows))
  }
  return lines.join('\n')
}

function formatPlan(
  { from, clusterId, before, after }: PlanReport,
  { dataDir, peers, done }: { readonly dataDir: string; readonly peers: string; readonly done: boolean },
): string {
  const names = (members: PlanReport['after']): string =>
    members.map(({ id, address, voter }) => `${id} (${address}${voter ? '' : ', no vote'})`).join(', ')
  const lines = [
    `${'Members:'.padEnd(16)}${names(before)}`,
    `${(done ? 'now:' : 'would be:').padEnd(16)}${names(after)}`,
    `${'Cluster:'.padEnd(16)}${from}`,
    `${(done ? 'now:' : 'would be:').padEnd(16)}${clusterId}`,
    '',
  ]
  if (done) {
    lines.push(
      'Start the node. Survivors with the very same file come to the same cluster; every other node of the old',
      'one must join again with an empty data directory.',
    )
  } else {
    lines.push(
      'Nothing was changed. What only the nodes left out have will be lost. To do it:',
      `  debros recover --data-dir ${dataDir} --peers ${peers} --confirm ${from}`,
    )
  }
  return lines.join('\n')
}
