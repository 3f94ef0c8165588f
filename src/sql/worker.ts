/** The worker threads' entry. If the engine cannot start, so that nothing is answered, the thread ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/index.ts'
import { SqlEngine } from './engine.ts'
import type { RequestEnvelope, WorkerInit } from './protocol.ts'
import { ReadEngine } from './read-engine.ts'
import { ReaderHost } from './reader-host.ts'
import type { ReadBatch } from './reader-protocol.ts'
import { Scratch } from './scratch.ts'
import { ScratchHost } from './scratch-host.ts'
import type { ScratchRequest } from './scratch-protocol.ts'
import { loadSqliteBinary } from './sqlite-binary.ts'
import { type Post, WorkerHost } from './worker-host.ts'

const port = parentPort
assert(port !== null, 'this file is a worker')
const init = workerData as WorkerInit // given by whoever starts us
const binary = loadSqliteBinary(init.files)
if (init.role === 'engine') {
  const { foreignKeys, outcomeLimits } = init
  const engine = new SqlEngine({ binary, isShared: true }, { foreignKeys, outcomeLimits })
  const post: Post = (responses, transfer) => port.postMessage(responses, transfer)
  const host = new WorkerHost(engine, post)
  port.on('message', (envelopes: readonly RequestEnvelope[]) => host.handle(envelopes))
} else if (init.role === 'reader') {
  const host = new ReaderHost(
    new ReadEngine(binary, init),
    (message, transfer) => port.postMessage(message, transfer),
    init,
  )
  port.on('message', (batch: ReadBatch) => host.handle(batch))
} else {
  const host = new ScratchHost(new Scratch(binary))
  port.on('message', (request: ScratchRequest) => {
    const response = host.handle(request)
    const chunks = 'answer' in response ? (response.answer ?? []) : []
    port.postMessage(
      response,
      chunks.map(({ buffer }) => buffer),
    )
  })
}
