/** The SQL worker, but statements of a certain text end it, and capture reads are counted. */
import { parentPort, workerData } from 'node:worker_threads'
import { SqlEngine } from '../../../src/sql/engine.ts'
import type { EngineWorkerInit, RequestEnvelope } from '../../../src/sql/protocol.ts'
import { loadSqliteBinary } from '../../../src/sql/sqlite-binary.ts'
import { WorkerHost } from '../../../src/sql/worker-host.ts'

const { foreignKeys } = workerData as EngineWorkerInit
const engine = new SqlEngine({ binary: loadSqliteBinary() }, { foreignKeys })
const host = new WorkerHost(engine, (responses, transfer) => parentPort?.postMessage(responses, transfer))

parentPort?.on('message', (envelopes: readonly RequestEnvelope[]) => {
  for (const { request } of envelopes) {
    if (request.kind !== 'query') continue
    const [statement] = request.statements
    if (statement?.sql === 'exit') process.exit(3)
    if (statement?.sql === 'throw') throw new Error('the worker threw')
  }
  host.handle(envelopes)
})
