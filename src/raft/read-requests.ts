/**
 * Reads on their way: gathered until the next pass, asked of the core as one, and served once the
 * state machine has reached the index that a quorum confirmed.
 */
import type { RaftCore } from './core/core.ts'
import type { Callback } from './types.ts'

export class ReadRequests {
  #gathered: Callback<number>[] = []
  /** Asked of the core, by the id used there. */
  readonly #asked = new Map<number, Callback<number>[]>()
  /** Confirmed, and waiting for the state machine. */
  #confirmed: { readonly index: number; readonly done: Callback<number> }[] = []
  #id: number

  /** `firstId` begins anywhere: an answer meant for this node's last life must not be taken for one of ours. */
  constructor(firstId: number) {
    this.#id = firstId
  }

  add(done: Callback<number>): void {
    this.#gathered.push(done)
  }

  /** Asks the core for all that gathered, under one id. */
  ask(core: RaftCore): void {
    if (this.#gathered.length === 0) return
    this.#asked.set(++this.#id, this.#gathered)
    this.#gathered = []
    core.readIndex(this.#id)
  }

  /** The core confirmed `index`; the state machine stands at `machineIndex`. */
  confirmed(id: number, index: number, machineIndex: number): void {
    for (const done of this.#take(id)) {
      if (index <= machineIndex) done(undefined, index)
      else this.#confirmed.push({ index, done })
    }
  }

  aborted(id: number, error: Error): void {
    for (const done of this.#take(id)) done(error, 0)
  }

  applied(machineIndex: number): void {
    if (!this.#confirmed.some((read) => read.index <= machineIndex)) return
    const served = this.#confirmed.filter((read) => read.index <= machineIndex)
    this.#confirmed = this.#confirmed.filter((read) => read.index > machineIndex)
    for (const read of served) read.done(undefined, read.index)
  }

  fail(error: Error): void {
    const all = [this.#gathered, ...this.#asked.values(), this.#confirmed.map((read) => read.done)].flat()
    this.#gathered = []
    this.#asked.clear()
    this.#confirmed = []
    for (const done of all) done(error, 0)
  }

  #take(id: number): Callback<number>[] {
    const waiting = this.#asked.get(id) ?? []
    this.#asked.delete(id)
    return waiting
  }
}
