/** Statements to the server, results to the user. */
import { answerInvalid, arrayOf, askJson, objectOf, readJson, requestFailed } from './answers.ts'
import { parseResult, type StatementResult } from './result.ts'
import type { Session } from './session.ts'

/** What most reads begin with; behind comments, one is taken for a write, and refused. */
const READ = /^(?:SELECT|VALUES|WITH|EXPLAIN|PRAGMA)\b/i

/** Whether it succeeded. A statement that SQL refuses is told with `Error:`; the rest is thrown. */
export async function runStatement(session: Session, sql: string): Promise<boolean> {
  return await show(session, onlyResult(await post(session, [sql])))
}

/** All of them or none, as one request. Whether they were done. */
export async function runTransaction(session: Session, statements: readonly string[]): Promise<boolean> {
  // The results end at the first failure.
  for (const result of resultsOf(await post(session, statements, { transaction: '' })))
    if (!(await show(session, parseResult(result)))) return false
  return true
}

async function post(
  session: Session,
  statements: readonly string[],
  query: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const { settings, endpoint, signal } = session
  const call = {
    method: 'POST',
    query: { ...query, ...parametersOf(session) },
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(statements),
    keyed: true,
    signal,
  } as const
  const answer = await endpoint.call({ ...call, path: settings.forcewrites ? 'db/execute' : 'db/request' })
  if (answer.status !== 401 || settings.forcewrites) return await readJson(answer)
  // Whoever may only read, or only write, is not let in there.
  answer.discard()
  const path = statements.every((sql) => READ.test(sql)) ? 'db/query' : 'db/execute'
  return await readJson(await endpoint.call({ ...call, path }))
}

/** A read of the shell's own, at the level that is set. */
export async function runQuery(session: Session, sql: string): Promise<void> {
  const { settings, endpoint, signal } = session
  const query = { level: settings.consistency, q: sql, ...parametersOf(session) }
  const result = onlyResult(await askJson(endpoint, { path: 'db/query', query, signal }))
  if (result.kind === 'error') throw requestFailed(result.message)
  await show(session, result)
}

function parametersOf({ settings }: Session): Record<string, string> {
  return { ...(settings.timer && { timings: '' }), ...(settings.blobarray && { blob_array: '' }) }
}

function onlyResult(document: unknown): StatementResult {
  const found = resultsOf(document)
  if (found.length !== 1) throw answerInvalid(`unexpected results length: ${found.length}`)
  return parseResult(found[0])
}

function resultsOf(document: unknown): readonly unknown[] {
  const { error, results } = objectOf(document)
  if (typeof error === 'string' && error !== '') throw requestFailed(error)
  return arrayOf(results)
}

/** Whether it is the result of a success. */
async function show(session: Session, result: StatementResult): Promise<boolean> {
  const { timer, changes } = session.settings
  if (result.kind === 'error') {
    await session.refuse(result.message)
    return false
  }
  const seconds = result.seconds.toFixed(6)
  if (result.kind === 'rows') {
    await session.printRows(result.rows)
    if (timer) await session.printLine(`Run Time: ${seconds} seconds`)
    return true
  }
  const rows = result.rowsAffected === '0' || result.rowsAffected === '1' ? 'row' : 'rows'
  await session.printLine(`${result.rowsAffected} ${rows} affected${timer ? ` (${seconds} sec)` : ''}`)
  if (changes) await session.printLine(`last insert ID: ${result.lastInsertId}`)
  return true
}
