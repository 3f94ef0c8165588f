/** Runs many seeds on several threads. What comes of it does not depend on how many. */
import { Worker } from 'node:worker_threads'
import type { Outcome, WorldInit } from '../../src/testing/sim/index.ts'

export interface JobsInit {
  readonly first: number
  readonly count: number
  readonly jobs: number
  readonly worldOf: (seed: number) => WorldInit
  /** Of every seed, in no particular order. */
  readonly onOutcome: (world: WorldInit, outcome: Outcome) => void
}

/** Stops handing out seeds after a failure, but finishes all seeds below it. */
export async function runSeeds(init: JobsInit): Promise<void> {
  const seeds = new Seeds(init.first, init.count)
  const threads = Math.min(init.jobs, init.count)
  await Promise.all(Array.from({ length: threads }, () => runThread(init, seeds)))
}

class Seeds {
  readonly #end: number
  #next: number

  constructor(first: number, count: number) {
    this.#next = first
    this.#end = first + count
  }

  take(): number | undefined {
    return this.#next < this.#end ? this.#next++ : undefined
  }

  /** Seeds are handed out in order: all below one that failed are done or under way. */
  stop(): void {
    this.#next = this.#end
  }
}

async function runThread(init: JobsInit, seeds: Seeds): Promise<void> {
  const worker = new Worker(new URL('worker.ts', import.meta.url))
  try {
    await new Promise<void>((resolve, reject) => {
      let world: WorldInit
      const next = (): void => {
        const seed = seeds.take()
        if (seed === undefined) {
          resolve()
          return
        }
        world = init.worldOf(seed)
        worker.postMessage(world)
      }
      worker.on('error', reject)
      worker.on('message', (outcome: Outcome) => {
        if ('failure' in outcome) seeds.stop()
        init.onOutcome(world, outcome)
        next()
      })
      next()
    })
  } finally {
    await worker.terminate()
  }
}
