/** A thread of `npm run sim`: runs the worlds it is handed, one at a time. */
import { parentPort } from 'node:worker_threads'
import { runWorld, type WorldInit } from '../../src/testing/sim/index.ts'

parentPort?.on('message', async (world: WorldInit) => {
  parentPort?.postMessage(await runWorld(world))
})
