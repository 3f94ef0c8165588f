/** The SQL workers, but statements of a certain text end the one that they come to. */
import { parentPort, workerData } from 'node:worker_threads'
import { unpackItems } from '../../../src/sql/apply-batch.ts'
import { SqlEngine } from '../../../src/sql/engine.ts'
import { SqlEntryDecoder } from '../../../src/sql/entry-codec.ts'
import type { RequestEnvelope, WorkerInit } from '../../../src/sql/protocol.ts'
import { ReadEngine } from '../../../src/sql/read-engine.ts'
import { ReaderHost } from '../../../src/sql/reader-host.ts'
import type { ReadBatch } from '../../../src/sql/reader-protocol.ts'
import { loadSqliteBinary } from '../../../src/sql/sqlite-binary.ts'
import type { SqlStatement } from '../../../src/sql/types.ts'
import { WorkerHost } from '../../../src/sql/worker-host.ts'

const init = workerData as WorkerInit
const post = (message: unknown, transfer: ArrayBuffer[]) => parentPort?.postMessage(message, transfer)

function obey(statements: readonly SqlStatement[]): void {
  const [statement] = statements
  if (statement?.sql === 'exit') process.exit(3)
  if (statement?.sql === 'throw') throw new Error('the worker threw')
  if (statement?.sql === 'hang') for (;;);
}

if (init.role === 'engine') {
  const engine = new SqlEngine({ binary: loadSqliteBinary(), isShared: true }, init)
  const host = new WorkerHost(engine, post)
  parentPort?.on('message', (envelopes: readonly RequestEnvelope[]) => {
    for (const { request } of envelopes) {
      if (request.kind !== 'apply') continue
      for (const { command } of unpackItems(request.items, new SqlEntryDecoder())) {
        if (command.mode !== 'load') obey(command.statements)
      }
    }
    host.handle(envelopes)
  })
} else if (init.role === 'reader') {
  const engine = new ReadEngine(loadSqliteBinary(), init)
  const query = engine.query.bind(engine)
  engine.query = (namespace, statements, options) => {
    obey(statements)
    return query(namespace, statements, options)
  }
  const host = new ReaderHost(engine, post, init)
  parentPort?.on('message', (batch: ReadBatch) => host.handle(batch))
}
