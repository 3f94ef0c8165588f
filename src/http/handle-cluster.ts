/** GET /nodes, GET /leader, GET /readyz. */
import { errorMessage, formatDuration } from '../base/index.ts'
import type { CallOptions, NodeDescription } from '../node/index.ts'
import type { RequestContext } from './context.ts'
import { failureReply } from './failures.ts'
import { errorReply, type HttpReply, jsonReply } from './reply.ts'
import type { HttpNode } from './types.ts'

export async function handleNodes(context: RequestContext): Promise<HttpReply> {
  const { parameters, server, signal } = context
  const node = server.node()
  if (node === undefined) return errorReply(503, 'store not open')
  try {
    const members = await node.cluster.nodes({ signal, ...parameters.givenTimeout })
    const listed = members.filter((member) => member.voter || parameters.has('nonvoters')).map(describe)
    const document =
      parameters.get('ver') === '2'
        ? { nodes: listed }
        : Object.fromEntries(listed.map((member) => [member.id, member]))
    return jsonReply(document, parameters.has('pretty'))
  } catch (error) {
    return failureReply(error, false)
  }
}

export async function handleLeader(context: RequestContext): Promise<HttpReply> {
  const { parameters, server, signal } = context
  const node = server.node()
  const leader = node?.cluster.leader()
  if (node === undefined || leader === undefined) return errorReply(503, 'leader not found')
  try {
    const members = await node.cluster.nodes({ signal, ...parameters.givenTimeout })
    const member = members.find(({ id }) => id === leader.id)
    if (member === undefined) return errorReply(503, 'leader not found')
    return jsonReply(describe(member), parameters.has('pretty'))
  } catch (error) {
    return failureReply(error, false)
  }
}

/** Member order as rqlite's; empty members are left out, the four in the middle never are. */
function describe(member: NodeDescription): Record<string, unknown> & { id: string } {
  return {
    id: member.id,
    ...(member.apiAddress && { api_addr: member.apiAddress }),
    ...(member.address && { addr: member.address }),
    version: member.version,
    voter: member.voter,
    reachable: member.reachable,
    leader: member.leader,
    ...(member.time > 0 && { time: member.time, time_s: formatDuration(member.time * 1_000) }),
    ...(member.error && { error: member.error }),
  }
}

/** One line per check, ending at the first that fails. */
export async function handleReadyz(context: RequestContext): Promise<HttpReply> {
  const { parameters, server } = context
  const lines: string[] = ['[+]node ok']
  const node = server.node()
  if (!parameters.has('noleader')) {
    const failure = node === undefined ? 'leader does not exist' : await check(context, node, lines)
    if (failure !== undefined)
      return { status: 503, type: 'text', body: [...lines, `[+]${failure}`].join('\n') }
  }
  return { status: 200, type: 'text', body: lines.join('\n') }
}

/** Adds a line for each check passed; returns what the first failed one has to say. */
async function check(context: RequestContext, node: HttpNode, lines: string[]): Promise<string | undefined> {
  const { parameters, signal } = context
  const { cluster, database } = node
  const options = { signal, ...parameters.givenTimeout }
  // Whoever waits for it to become ready would wait for ever.
  if (cluster.detached !== undefined) return `not a member: ${cluster.detached.message}`
  const leader = cluster.leader()
  if (leader === undefined) return 'leader does not exist'
  if (leader.id !== node.id) {
    const failure = await failureOf(contactLeader(cluster, options))
    if (failure !== undefined) return `leader not contactable: ${failure}`
  }
  lines.push('[+]leader ok')
  if (!cluster.ready) return 'store not ready'
  lines.push('[+]store ok')
  if (parameters.has('sync')) {
    const failure = await failureOf(cluster.sync(options))
    if (failure !== undefined) return `sync ${failure}`
    lines.push('[+]sync ok')
  }
  // Whether a node is ready is asked all the time, also where nobody reads: nothing is started for it. A node whose
  // SQL has failed is not there to be asked.
  if (database.hasReaders) {
    const failure = await failureOf(selectOne(database, options))
    if (failure !== undefined) return `db not ok: ${failure}`
  }
  lines.push('[+]db ok')
  return undefined
}

/** Its address is asked from the leader itself, so an answer shows that it is there. */
async function contactLeader(cluster: HttpNode['cluster'], options: CallOptions): Promise<void> {
  if ((await cluster.leaderApiAddress(options)) === undefined) throw new Error('it does not answer')
}

async function selectOne(database: HttpNode['database'], options: CallOptions): Promise<void> {
  const statement = { sql: 'SELECT 1', positional: [], named: {} }
  const { results } = await database.query([statement], { ...options, level: 'none' })
  const [result] = results
  if (result?.kind === 'error') throw new Error(result.message)
}

/** On one line, since a line is a check. */
async function failureOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    return errorMessage(error).replace(/\s*\n\s*/g, ' ')
  }
}
