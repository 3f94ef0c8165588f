/** POST /snapshot, POST /reap: what an operator asks of the snapshots of this very node. */
import { DebrosError } from '../base/index.ts'
import type { RequestContext } from './context.ts'
import { emptyReply, errorReply, type HttpReply, jsonReply } from './reply.ts'

/** 204 if there is nothing that is not in a snapshot yet. */
export async function handleSnapshot({ parameters, server, signal }: RequestContext): Promise<HttpReply> {
  const node = server.node()
  if (node === undefined) return errorReply(503, 'store not open')
  const { trailingLogs } = parameters
  try {
    const { taken } = await node.cluster.snapshot({
      signal,
      ...parameters.givenTimeout,
      ...(trailingLogs > 0 && { trailingEntries: trailingLogs }),
    })
    server.counters.add('http', 'user_snapshots')
    return emptyReply(taken ? 200 : 204)
  } catch (error) {
    return failure(error)
  }
}

/** There are no WALs here that could be checkpointed: a snapshot is a file of its own. */
export async function handleReap({ parameters, server }: RequestContext): Promise<HttpReply> {
  const node = server.node()
  if (node === undefined) return errorReply(503, 'store not open')
  try {
    const { snapshots } = await node.cluster.reap()
    server.counters.add('http', 'user_reaps')
    return jsonReply({ snapshots_reaped: snapshots, wals_checkpointed: 0 }, parameters.has('pretty'))
  } catch (error) {
    return failure(error)
  }
}

function failure(error: unknown): HttpReply {
  if (!(error instanceof DebrosError)) throw error
  return errorReply(500, error.message)
}
