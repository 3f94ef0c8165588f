/** POST /db/execute, GET and POST /db/query, POST /db/request. */
import type { DatabaseResponse } from '../node/index.ts'
import type { SqlStatement } from '../sql/index.ts'
import { readOptions, writeOptions } from './call-options.ts'
import type { RequestContext } from './context.ts'
import { type DocumentOptions, encodeDocument } from './encode-document.ts'
import { documentFailure, failureReply } from './failures.ts'
import { handleQueuedWrite } from './handle-queue.ts'
import { indentJson } from './json-text.ts'
import { parseBody } from './parse-body.ts'
import { redirectToLeader } from './redirect.ts'
import { badRequest, type HttpReply } from './reply.ts'
import { resultBytes } from './result-size.ts'
import { plainStatement } from './statements.ts'
import type { HttpNode } from './types.ts'

type Mode = DocumentOptions['mode']
type Call = (node: HttpNode, statements: readonly SqlStatement[]) => Promise<DatabaseResponse>

export function handleExecute(context: RequestContext): Promise<HttpReply> {
  if (context.parameters.has('queue')) return handleQueuedWrite(context)
  return run(context, 'execute', (node, statements) =>
    node.database.execute(statements, writeOptions(context)),
  )
}

export function handleQuery(context: RequestContext): Promise<HttpReply> {
  return run(context, 'query', (node, statements) => node.database.query(statements, readOptions(context)))
}

export function handleRequest(context: RequestContext): Promise<HttpReply> {
  return run(context, 'request', (node, statements) =>
    node.database.request(statements, readOptions(context)),
  )
}

async function run(context: RequestContext, mode: Mode, call: Call): Promise<HttpReply> {
  const node = context.server.node()
  try {
    node?.database.admit(mode === 'query' ? 'read' : 'write')
  } catch (error) {
    await context.server.refusals.turn()
    return failureReply(error, false)
  }
  const given = await readStatements(context, mode)
  if (node === undefined) return documentFailure('store not open')
  if (context.parameters.has('redirect')) {
    const redirect = await redirectToLeader(context, node, mode)
    if (redirect !== undefined) return redirect
  }
  const statements = given.every(isMeant) ? given : given.filter(isMeant)
  if (statements.length === 0) return documentReply(context, mode, nothingDone(context))
  try {
    return documentReply(context, mode, await call(node, statements))
  } catch (error) {
    return failureReply(error, mode !== 'query')
  }
}

/** An empty statement stands for nothing, and has no result. */
function isMeant({ sql }: SqlStatement): boolean {
  return sql !== ''
}

/** Of the body, or of `q`; a query by GET without `q` asks for nothing, which is no error. */
async function readStatements(context: RequestContext, mode: Mode): Promise<readonly SqlStatement[]> {
  const { body, contentType, method, parameters } = context
  if (method === 'GET') {
    const sql = parameters.get('q')
    return sql === undefined ? [] : [plainStatement(sql)]
  }
  const text = (await body.read()).toString('utf8')
  if (mode === 'request' || !contentType.startsWith('text/plain')) return parseBody(body, text)
  if (text === '') throw badRequest('no statements')
  return [plainStatement(text)]
}

function nothingDone({ server }: RequestContext): DatabaseResponse {
  return { results: [], raftIndex: undefined, servedBy: server.advertise() }
}

export function documentReply(
  { parameters, receivedAt }: RequestContext,
  mode: Mode,
  response: DatabaseResponse,
): HttpReply {
  const document = encodeDocument(response.results, {
    mode,
    associative: parameters.has('associative'),
    timings: parameters.has('timings'),
    blobArray: parameters.has('blob_array'),
    raftIndex: parameters.has('raft_index') ? response.raftIndex : undefined,
    time: (performance.now() - receivedAt) / 1_000,
  })
  return {
    status: 200,
    type: 'json',
    body: parameters.has('pretty') ? indentJson(document) : document,
    headers: { 'x-rqlite-served-by': response.servedBy },
    heldBytes: resultBytes(response.results),
    mustBeSent: mode !== 'query' && response.raftIndex !== undefined,
  }
}
