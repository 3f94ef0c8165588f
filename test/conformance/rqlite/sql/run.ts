/** One seed: the same requests to the cluster, over HTTP and through any node, and to the oracle. */
import type { ApiCluster } from '../harness/cluster.ts'
import type { Answer } from '../harness/http.ts'
import { type GeneratedRequest, RequestGenerator } from './generator.ts'
import { Oracle } from './oracle.ts'
import { jsonOf, type Statement, sqlOf } from './values.ts'

const REQUESTS_PER_SEED = 100

/** Counted for the report of a run. */
export interface SqlRunCounts {
  statements: number
  errors: number
}

/** The two did not say the same. The message tells the statement, and the command that runs the seed again. */
export class Disagreement extends Error {}

export async function runSeed(cluster: ApiCluster, seed: number): Promise<SqlRunCounts> {
  const prefix = `s${seed}_`
  const generator = new RequestGenerator(seed, prefix)
  using oracle = await Oracle.open()
  // Overwrites what the last seed left behind in the connection; what is said to it still tells of that.
  const start = fixed('execute', [
    `CREATE TABLE ${prefix}start (v INTEGER PRIMARY KEY)`,
    `INSERT INTO ${prefix}start VALUES (${seed})`,
  ])
  oracle.answer(start)
  await ask(cluster, start)
  const counts = { statements: 0, errors: 0 }
  const past: string[] = []
  try {
    for (let i = 0; i < REQUESTS_PER_SEED; i++) {
      const request = generator.next()
      const expected = oracle.answer(request)
      if (oracle.isSaturated) break
      const answered = await ask(cluster, request)
      past.push(describe(request))
      if (answered !== expected) throw disagreement(seed, past, expected, answered)
      counts.statements += request.statements.length
      counts.errors += answered.split('{"error":').length - 1
    }
    await compareReplicas(cluster, prefix, oracle.isSaturated ? undefined : oracle)
  } finally {
    await dropAll(cluster, prefix)
  }
  return counts
}

function describe({ endpoint, transaction, statements }: GeneratedRequest): string {
  return `${endpoint}${transaction ? ' in a transaction' : ''}: ${statements.map(sqlOf).join(';; ')}`
}

function disagreement(
  seed: number,
  past: readonly string[],
  expected: string,
  answered: string,
): Disagreement {
  return new Disagreement(
    `seed ${seed}, request ${past.length}: SQLite and the cluster disagree\n  ${past.slice(-6).join('\n  ')}\n` +
      `SQLite:  ${expected}\ncluster: ${answered}\nAgain: npm run conformance -- --sql-seed ${seed}`,
  )
}

async function ask(
  cluster: ApiCluster,
  { endpoint, transaction, level, statements, node }: GeneratedRequest,
): Promise<string> {
  const api = cluster.nodes[node % cluster.nodes.length] as (typeof cluster.nodes)[number]
  const parameters = [
    ...(transaction ? ['transaction'] : []),
    ...(endpoint === 'execute' ? [] : [`level=${level}`]),
  ]
  return withoutTypes(await api[endpoint](`[${statements.map(jsonOf).join()}]`, parameters.join('&')))
}

/** Every table, as every replica has it by itself, row by row: as the oracle has it, or as the first if there is none. */
async function compareReplicas(
  cluster: ApiCluster,
  prefix: string,
  oracle: Oracle | undefined,
): Promise<void> {
  const schema = `SELECT type, name, tbl_name, sql FROM sqlite_master WHERE ${isOf(prefix)} ORDER BY 1, 2`
  const tables = await objectsOf(cluster, prefix, 'table')
  const statements = [schema, ...tables.map((name) => `SELECT * FROM "${name}"`)]
  await cluster.processes.converged()
  let expected = oracle?.answer(fixed('query', statements))
  for (const api of cluster.nodes) {
    const answered = withoutTypes(await api.query(statements, 'level=none'))
    expected ??= answered
    if (answered !== expected)
      throw new Disagreement(`${prefix}: ${api.url} holds\n${answered}\nand not\n${expected}`)
  }
  // Not only in what can be asked for: each replica's file, down to its free pages.
  const files = await Promise.all(cluster.nodes.map((api) => api.ask('/db/backup?noleader&fmt=delete')))
  if (files.some(({ bytes }) => !bytes.equals((files[0] as Answer).bytes)))
    throw new Disagreement(`${prefix}: the replicas' files are not the same`)
}

/** So that no seed meets the objects of another. Tables of a search index go with it. */
async function dropAll(cluster: ApiCluster, prefix: string): Promise<void> {
  const [node] = cluster.nodes
  for (const type of ['view', 'table'] as const) {
    const drops = (await objectsOf(cluster, prefix, type)).map((name) => `DROP ${type} IF EXISTS "${name}"`)
    if (drops.length > 0) await node?.execute(drops)
  }
}

async function objectsOf(cluster: ApiCluster, prefix: string, type: string): Promise<readonly string[]> {
  const sql = `SELECT name FROM sqlite_master WHERE type = '${type}' AND ${isOf(prefix)} ORDER BY length(name), name`
  const rows = await cluster.nodes[0]?.rows(sql, 'level=linearizable')
  return rows?.map(([name]) => name as string) ?? [] // names are texts
}

function isOf(prefix: string): string {
  return `substr(tbl_name, 1, ${prefix.length}) = '${prefix}'`
}

function fixed(endpoint: GeneratedRequest['endpoint'], texts: readonly string[]): GeneratedRequest {
  const statements = texts.map((sql): Statement => ({ pieces: [sql], reads: endpoint === 'query' }))
  return { endpoint, transaction: false, level: 'linearizable', statements, node: 0 }
}

/** Which are the contract's own, and not SQLite's. */
function withoutTypes(text: string): string {
  return text.replaceAll(/,"types":\[[^\]]*\]/g, '')
}
