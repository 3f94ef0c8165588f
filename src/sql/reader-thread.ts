/** A thread that reads, as whoever gives it work sees it. It carries out its reads in the order it gets them. */
import type { Worker } from 'node:worker_threads'
import { toError } from '../base/index.ts'
import type { Publication } from './publication.ts'
import {
  CONTROL,
  isThrough,
  type ReaderMessage,
  type ReaderProgress,
  type ReadRequest,
  type ReadResponse,
  type ResultPiece,
} from './reader-protocol.ts'
import type { SqlResult, SqlValue } from './types.ts'

/** Somebody waits for it. */
export interface Read {
  readonly id: number
  request: ReadRequest
  readonly askedMs: number
  readonly signal: AbortSignal | undefined
  readonly settle: (response: ReadResponse | Error) => void
  isSettled: boolean
}

/** A read that was given to the thread. */
interface Given {
  readonly read: Read
  readonly place: number
  readonly version: number
  /** Taken back: it is somebody else's. */
  isWithdrawn: boolean
  /** The first rows of large results, by their places. */
  readonly rows: Map<number, (readonly SqlValue[])[]>
}

export interface ReaderThreadEvents {
  /** It can take more; `left`: reads that it did not carry out. */
  readonly onReady: (left: readonly Read[]) => void
  /** The thread is gone. */
  readonly onEnd: (error: Error) => void
}

/** Reads that it is given ahead of time. */
const READS_MAX = 256
/** A reader that has not been told of so many versions is told all of the last one instead. */
const BACKLOG_MAX = 256

export class ReaderThread {
  readonly #worker: Worker
  readonly #control: Int32Array
  readonly #events: ReaderThreadEvents
  /** Versions that the thread has not been told of; undefined: it knows none, or too many are missing. */
  #backlog: Publication[] | undefined
  /** In their order; the thread is at the first, or done with some and has not said so yet. */
  #given: Given[] = []
  #lastPlace = 0
  #isStarted = false
  #isEnded = false
  /** Where the thread was when it was last looked after, and since when. */
  #position = 0
  #positionSinceMs = 0
  #restsSinceMs = 0

  constructor(worker: Worker, control: SharedArrayBuffer, events: ReaderThreadEvents) {
    this.#worker = worker
    this.#control = new Int32Array(control)
    this.#events = events
    worker.on('message', (message: ReaderMessage) => this.#receive(message))
    worker.on('messageerror', (error) => this.#end(error))
    worker.on('error', (error) => this.#end(error))
    worker.on('exit', (code) => this.#end(new Error(`its thread ended with code ${code}`)))
  }

  get isStarted(): boolean {
    return this.#isStarted
  }

  get isBusy(): boolean {
    return this.#given.length > 0
  }

  /** How many more reads it can take. */
  get room(): number {
    return this.#isStarted ? READS_MAX - this.#given.length : 0
  }

  /** Since when it has nothing to do, if it has not. */
  get restsSinceMs(): number {
    return this.#restsSinceMs
  }

  /** At which it reads, or will. */
  addVersions(versions: Set<number>): void {
    for (const { version } of this.#given) versions.add(version)
  }

  /** The read that it is at, as far as is known. */
  get running(): Read | undefined {
    this.#look(performance.now())
    return this.#given.find(({ place }) => place === this.#position)?.read ?? this.#given[0]?.read
  }

  publish(publication: Publication): void {
    if (publication.isReset || this.#backlog?.length === BACKLOG_MAX) this.#backlog = undefined
    this.#backlog?.push(publication)
  }

  /** Gives it reads, at the newest version. `whole` makes all of that version known. */
  give(reads: readonly Read[], version: number, whole: () => Publication): void {
    if (!this.isBusy) this.#positionSinceMs = performance.now()
    const publications = this.#backlog ?? [whole()]
    this.#backlog = []
    const first = this.#lastPlace + 1
    for (const read of reads) {
      this.#lastPlace = (this.#lastPlace + 1) | 0
      this.#given.push({ read, place: this.#lastPlace, version, isWithdrawn: false, rows: new Map() })
    }
    const sent = reads.map(({ id, request }) => ({ id, request }))
    this.#worker.postMessage({ first, publications, reads: sent })
  }

  /** For how many milliseconds the read that it is at has been running, at least; 0 if there is none. */
  ranForMs(nowMs: number): number {
    if (!this.isBusy) return 0
    this.#look(nowMs)
    return nowMs - this.#positionSinceMs
  }

  /** Takes back the reads that it has not begun. */
  withdraw(): readonly Read[] {
    Atomics.store(this.#control, CONTROL.skipThrough, this.#lastPlace)
    this.#look(performance.now())
    const left = this.#given.filter(
      ({ place, isWithdrawn }) => !isWithdrawn && !isThrough(place, this.#position),
    )
    for (const given of left) given.isWithdrawn = true
    return left.map(({ read }) => read)
  }

  /** Ends the thread, whatever it does. Nothing is told of it any more. Returns the reads that are left to be done. */
  end(): { readonly left: readonly Read[]; readonly ended: Promise<unknown> } {
    this.#isEnded = true
    const left = this.#given.filter(({ isWithdrawn }) => !isWithdrawn).map(({ read }) => read)
    this.#given = []
    return { left: left.filter(({ isSettled }) => !isSettled), ended: this.#worker.terminate() }
  }

  #look(nowMs: number): void {
    const position = Atomics.load(this.#control, CONTROL.position)
    if (position === this.#position) return
    this.#position = position
    this.#positionSinceMs = nowMs
  }

  #receive(message: ReaderMessage): void {
    if (this.#isEnded) return
    if ('piece' in message) this.#takePiece(message.piece)
    else this.#progress(message)
  }

  /** The next one comes when others had their turn. */
  #takePiece(piece: ResultPiece): void {
    const given = this.#given.find(({ read }) => read.id === piece.id)
    if (given !== undefined) addRows(given.rows, piece)
    setImmediate(() => {
      Atomics.add(this.#control, CONTROL.taken, 1)
      Atomics.notify(this.#control, CONTROL.taken)
    })
  }

  #progress({ responses, through }: ReaderProgress): void {
    const left: Read[] = []
    let at = 0
    let done = 0
    for (const { read, place, isWithdrawn, rows } of this.#given) {
      if (!isThrough(place, through)) break
      done++
      const response = responses[at]
      if (response?.id === read.id) {
        at++
        read.settle(withRows(response, rows))
      } else if (!isWithdrawn) left.push(read)
    }
    this.#given.splice(0, done)
    this.#skipDone(through)
    this.#isStarted = true
    if (!this.isBusy) this.#restsSinceMs = performance.now()
    this.#events.onReady(left)
  }

  /** What is to be skipped follows what is done: half of all places further on it would be taken to be ahead. */
  #skipDone(through: number): void {
    const skipped = Atomics.load(this.#control, CONTROL.skipThrough) // nobody else stores it
    if (!isThrough(through, skipped)) Atomics.store(this.#control, CONTROL.skipThrough, through)
  }

  #end(error: unknown): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#events.onEnd(toError(error))
  }
}

function addRows(rows: Given['rows'], { result, values }: ResultPiece): void {
  const known = rows.get(result)
  if (known === undefined) rows.set(result, [...values])
  else for (const row of values) known.push(row)
}

/** Puts together what came in pieces. */
function withRows(response: ReadResponse, rows: Given['rows']): ReadResponse {
  if (rows.size === 0 || !('answer' in response)) return response
  const results = response.answer as readonly SqlResult[] // nothing else comes in pieces
  const answer = results.map((result, at) => {
    const first = rows.get(at)
    if (first === undefined || result.kind !== 'rows') return result
    for (const row of result.values) first.push(row)
    return { ...result, values: first }
  })
  return { ...response, answer }
}
