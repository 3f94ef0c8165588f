/**
 * Virtual time: a queue of events in whole microseconds, ties broken by order of scheduling.
 *
 * Some of what runs inside the world is written with promises. They only ever wait for events or for
 * each other, so that letting them all come to rest after each event that touched them (`stirred`)
 * keeps a run a function of its seed.
 */

export interface SimEvent {
  readonly time: number
  readonly order: number
  /** Undefined once it ran or was cancelled. */
  run: (() => void) | undefined
}

export class EventQueue {
  #heap: SimEvent[] = []
  #order = 0
  #stirred = false
  #failure: { readonly error: unknown } | undefined
  /** Microseconds since the run began. */
  now = 0
  /** Events run so far. */
  count = 0

  schedule(delayUs: number, run: () => void): SimEvent {
    const event: SimEvent = { time: this.now + Math.max(0, Math.round(delayUs)), order: this.#order++, run }
    this.#push(event)
    return event
  }

  /** Runs the next event. Returns false when there is none. */
  step(): boolean {
    for (;;) {
      const event = this.#pop()
      if (event === undefined) return false
      const { run } = event
      if (run === undefined) continue
      event.run = undefined
      this.now = event.time
      this.count++
      run()
      return true
    }
  }

  /** Something with promises was begun or went on in this event. */
  stir(): void {
    this.#stirred = true
  }

  /** Whether promises must come to rest before the next event. */
  get stirred(): boolean {
    return this.#stirred
  }

  /** Lets all promises come to rest, and throws what went wrong in one of them. */
  async settle(): Promise<void> {
    this.#stirred = false
    // Runs when no promise has anything left to do.
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Watches a promise nobody waits for: its failure ends the run. */
  watch(promise: Promise<unknown>): void {
    this.#stirred = true
    promise.catch((error: unknown) => {
      this.#failure ??= { error }
    })
  }

  #push(event: SimEvent): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as SimEvent
      if (!before(event, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  #pop(): SimEvent | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as SimEvent, heap[child] as SimEvent)) child++
      if (!before(heap[child] as SimEvent, last)) break
      heap[at] = heap[child] as SimEvent
      at = child
    }
    heap[at] = last
    return top
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}
