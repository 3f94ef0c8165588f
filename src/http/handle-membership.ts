/** POST /leader, DELETE /remove: what an operator asks of the leader, through any node. */
import { DebrosError, errorMessage } from '../base/index.ts'
import type { RequestContext } from './context.ts'
import { redirectRequest } from './redirect.ts'
import { badRequest, emptyReply, errorReply, type HttpReply } from './reply.ts'
import type { HttpNode } from './types.ts'

/** Of a body that names a node. A large one would hold the thread while it is parsed. */
const MEMBER_BODY_BYTES_MAX = 64 * 1024

/** Failures of a request that nobody could take on. */
const NO_LEADER: ReadonlySet<string> = new Set(['RAFT_NO_LEADER', 'RAFT_NOT_LEADER'])

/**
 * Hands the lead over, to the `id` in the body if there is one. With `wait` it answers when that is
 * done, else at once: then only what cannot even be begun is told. A node that does not lead passes it
 * on either way; rqlite's does nothing without `wait`, and says nothing of it.
 */
export async function handleStepdown(context: RequestContext): Promise<HttpReply> {
  const { credentials, parameters, server, signal } = context
  const to = await readTarget(context)
  const node = server.node()
  if (node === undefined) return errorReply(503, 'store not open')
  const redirect = await redirectRequest(context, node)
  if (redirect !== undefined) return redirect
  try {
    const options = { credentials, timeoutMs: parameters.timeoutMs, ...(to === undefined ? {} : { to }) }
    if (parameters.has('wait')) {
      const { servedBy } = await node.cluster.transferLeadership({ ...options, signal })
      return emptyReply(200, { 'x-rqlite-served-by': servedBy })
    }
    await checkTarget(node, to)
    node.cluster.transferLeadership(options).catch((error: unknown) => {
      server.logger.warn({ to, error: errorMessage(error) }, 'the lead was not handed over as asked')
    })
    return emptyReply(200, { 'x-rqlite-served-by': server.advertise() })
  } catch (error) {
    return failure(error, 'stepdown: ')
  }
}

/** As rqlite, the body counts only if it is declared as JSON; `""` and `null` mean any node. */
async function readTarget({ body, contentType }: RequestContext): Promise<string | undefined> {
  const text = (await body.read(MEMBER_BODY_BYTES_MAX)).toString('utf8')
  if (contentType !== 'application/json' || text === '') return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw badRequest(`invalid JSON: ${errorMessage(error)}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw badRequest('invalid JSON: not an object')
  }
  const { id } = parsed as { id?: unknown }
  if (id === undefined || id === null || id === '') return undefined
  if (typeof id !== 'string') throw badRequest('invalid JSON: id is not a string')
  return id
}

/** What can be told before anything is begun. */
async function checkTarget(node: HttpNode, to: string | undefined): Promise<void> {
  const leader = node.cluster.leader()
  if (leader === undefined) {
    throw new DebrosError('RAFT_NO_LEADER', 'leader not found', { retryable: true })
  }
  if (to === undefined) return
  if (leader.id === to) {
    throw new DebrosError('TRANSFER_TARGET_INVALID', `node ${to} is the leader already`)
  }
  const { members } = await node.cluster.status()
  if (!members.some(({ id }) => id === to)) throw new DebrosError('NODE_UNKNOWN', 'node not found in cluster')
}

/** Unknown ids are no failure: the node is none of the cluster's, as was asked for. */
export async function handleRemove(context: RequestContext): Promise<HttpReply> {
  const { credentials, parameters, server, signal } = context
  const id = await readNodeId(context)
  const node = server.node()
  if (node === undefined) return errorReply(503, 'store not open')
  const redirect = await redirectRequest(context, node)
  if (redirect !== undefined) return redirect
  try {
    const options = { credentials, signal, timeoutMs: parameters.timeoutMs }
    const { servedBy } = await node.cluster.removeNode(id, options)
    return emptyReply(200, { 'x-rqlite-served-by': servedBy })
  } catch (error) {
    return failure(error, '')
  }
}

async function readNodeId({ body }: RequestContext): Promise<string> {
  const text = (await body.read(MEMBER_BODY_BYTES_MAX)).toString('utf8')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw badRequest('')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw badRequest('')
  const { id, ...others } = parsed as { id?: unknown }
  if (typeof id !== 'string' || Object.keys(others).length > 0) throw badRequest('')
  return id
}

function failure(error: unknown, prefix: string): HttpReply {
  if (!(error instanceof DebrosError)) throw error
  if (error.code === 'NOT_AUTHORIZED') return errorReply(401, error.message)
  if (NO_LEADER.has(error.code)) return errorReply(503, 'leader not found', { 'retry-after': '1' })
  return errorReply(500, `${prefix}${error.message}`)
}
