/** A worker that has started and found that writes cannot share transactions. */
import { parentPort } from 'node:worker_threads'
import type { RequestEnvelope } from '../../../src/sql/protocol.ts'

parentPort?.on('message', (envelopes: readonly RequestEnvelope[]) => {
  parentPort?.postMessage(envelopes.map(({ id }) => ({ id, answer: { sharesTransactions: false } })))
})
