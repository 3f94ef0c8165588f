import type { RequestContext } from './context.ts'
import { failureReply } from './failures.ts'
import { emptyReply, errorReply, type HttpReply } from './reply.ts'
import type { HttpNode } from './types.ts'

/**
 * With `redirect`: 301 to the leader, for what this node would otherwise forward to it. Undefined
 * where this node answers itself. A request at level none is answered here or, should it write,
 * forwarded: only the engine can tell.
 */
export async function redirectToLeader(
  context: RequestContext,
  node: HttpNode,
  mode: 'execute' | 'query' | 'request',
): Promise<HttpReply | undefined> {
  if (!context.parameters.has('redirect')) return undefined
  try {
    if (mode !== 'execute' && (await answersLocally(context, node))) return undefined
  } catch (error) {
    return failureReply(error, false)
  }
  return await redirectRequest(context, node)
}

/** The same for what only a leader does. */
export async function redirectRequest(
  context: RequestContext,
  node: HttpNode,
): Promise<HttpReply | undefined> {
  const { parameters, path, query, signal } = context
  if (!parameters.has('redirect')) return undefined
  try {
    const leader = node.cluster.leader()
    if (leader?.id === node.id) return undefined
    const base = leader && (await node.cluster.leaderApiAddress({ signal, ...parameters.givenTimeout }))
    if (base === undefined) return errorReply(503, 'leader not found', { 'retry-after': '1' })
    return emptyReply(301, { location: `${base.replace(/\/$/, '')}${encodeURI(path)}?${query}` })
  } catch (error) {
    return failureReply(error, false)
  }
}

/** Level none, and auto on a node that does not vote. */
async function answersLocally({ parameters }: RequestContext, { cluster }: HttpNode): Promise<boolean> {
  if (parameters.level === 'none') return true
  return parameters.level === 'auto' && !(await cluster.status()).raft.voter
}
