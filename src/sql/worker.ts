/** The worker thread's entry. If the engine cannot start, so that nothing is answered, the thread ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/index.ts'
import { SqlEngine } from './engine.ts'
import type { RequestEnvelope, WorkerInit } from './protocol.ts'
import { loadSqliteBinary } from './sqlite-binary.ts'
import { WorkerHost } from './worker-host.ts'

const port = parentPort
assert(port !== null, 'this file is a worker')
const { foreignKeys, outcomeLimits, files } = workerData as WorkerInit // given by the machine that starts us
const engine = new SqlEngine({ binary: loadSqliteBinary(files) }, { foreignKeys, outcomeLimits })
const host = new WorkerHost(engine, (responses, transfer) => port.postMessage(responses, transfer))
port.on('message', (envelopes: readonly RequestEnvelope[]) => host.handle(envelopes))
