/** GET and POST /db/sql: what would become of statements, which are not run. */
import type { SqlStatement } from '../sql/index.ts'
import type { RequestContext } from './context.ts'
import { documentFailure, failureReply } from './failures.ts'
import { parseBody } from './parse-body.ts'
import { badRequest, type HttpReply, jsonReply } from './reply.ts'
import { plainStatement } from './statements.ts'

export async function handleParse(context: RequestContext): Promise<HttpReply> {
  const { parameters, receivedAt, server } = context
  const statements = await readStatements(context)
  const node = server.node()
  if (node === undefined) return documentFailure('store not open')
  try {
    const results = await node.database.parse(statements)
    const time = parameters.has('timings') ? { time: (performance.now() - receivedAt) / 1_000 } : {}
    return jsonReply({ results, ...time }, parameters.has('pretty'))
  } catch (error) {
    return failureReply(error, false)
  }
}

async function readStatements({
  body,
  method,
  parameters,
}: RequestContext): Promise<readonly SqlStatement[]> {
  if (method === 'POST') return await parseBody(body, (await body.read()).toString('utf8'))
  const sql = parameters.get('q')
  if (sql === undefined) throw badRequest('query not specified')
  return [plainStatement(sql)]
}
