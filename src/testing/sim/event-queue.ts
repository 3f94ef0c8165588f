/** Virtual time: a queue of events in whole microseconds, ties broken by order of scheduling. */

export interface SimEvent {
  readonly time: number
  readonly order: number
  run: (() => void) | undefined
}

export class EventQueue {
  #heap: SimEvent[] = []
  #order = 0
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

  #push(event: SimEvent): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(event, heap[parent] as SimEvent)) break
      heap[at] = heap[parent] as SimEvent
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
