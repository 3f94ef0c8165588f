/** The side of a thread that reads: carries out a batch of reads at the version it comes with. */
import { DebrosError } from '../base/index.ts'
import { readFailed } from './errors.ts'
import { failureOf } from './protocol.ts'
import type { ReadEngine } from './read-engine.ts'
import { flagReader } from './read-flags.ts'
import {
  CONTROL,
  isThrough,
  PIECES_MAX,
  type ReadBatch,
  type ReaderMessage,
  type ReadRequest,
  type ReadResponse,
} from './reader-protocol.ts'
import { transferable } from './transferable.ts'
import type { SqlValue } from './types.ts'

/** Answers are sent together, unless the first of them has waited for so long. */
const ANSWER_DELAY_MS = 2
/** How often is looked whether somebody still waits for a result that nobody takes. */
const WAIT_MS = 50

export interface ReaderHostInit {
  readonly readFlags: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

export class ReaderHost {
  readonly #engine: ReadEngine
  readonly #post: (message: ReaderMessage, transfer: ArrayBuffer[]) => void
  readonly #control: Int32Array
  readonly #isRaised: (flag: number) => boolean
  /** Pieces of results that were posted, in 32 bits. */
  #pieces = 0

  constructor(
    engine: ReadEngine,
    post: (message: ReaderMessage, transfer: ArrayBuffer[]) => void,
    { readFlags, control }: ReaderHostInit,
  ) {
    this.#engine = engine
    this.#post = post
    this.#control = new Int32Array(control)
    this.#isRaised = flagReader(readFlags)
    post({ responses: [], through: 0 }, [])
  }

  handle({ first, publications, reads }: ReadBatch): void {
    this.#engine.follow(publications)
    let responses: ReadResponse[] = []
    let since = performance.now()
    for (const [at, { id, request }] of reads.entries()) {
      const place = (first + at) | 0
      Atomics.store(this.#control, CONTROL.position, place)
      // Looked at after the position was told: whoever asks to skip takes over what is behind it.
      if (isThrough(place, Atomics.load(this.#control, CONTROL.skipThrough))) continue
      responses.push(this.#respond(id, request))
      const isLast = at === reads.length - 1
      if (isLast || performance.now() - since < ANSWER_DELAY_MS) continue
      this.#post({ responses, through: place }, transferable(responses))
      responses = []
      since = performance.now()
    }
    this.#post({ responses, through: (first + reads.length - 1) | 0 }, transferable(responses))
  }

  #respond(id: number, request: ReadRequest): ReadResponse {
    try {
      return { id, answer: this.#answer(id, request) }
    } catch (error) {
      return { id, failure: failureOf(error instanceof DebrosError ? error : readFailed(error)) }
    }
  }

  #answer(id: number, request: ReadRequest): ReturnType<ReadEngine['query' | 'classify' | 'parse']> {
    const { kind, namespace, statements } = request
    switch (kind) {
      case 'query': {
        const { flag, options } = request
        const isAbandoned = flag === undefined ? undefined : () => this.#isRaised(flag)
        const handOver = (result: number, values: SqlValue[][]) => {
          this.#waitForRoom(isAbandoned)
          this.#pieces = (this.#pieces + 1) | 0
          this.#post(
            { piece: { id, result, values } },
            transferable([{ answer: [{ kind: 'rows', values }] }]),
          )
        }
        return this.#engine.query(namespace, statements, { ...options, isAbandoned, handOver })
      }
      case 'classify':
        return this.#engine.classify(namespace, statements)
      case 'parse':
        return this.#engine.parse(namespace, statements)
    }
  }

  /** Until some of the pieces that are on their way were taken, or nobody waits for them any more. */
  #waitForRoom(isAbandoned: (() => boolean) | undefined): void {
    for (;;) {
      const taken = Atomics.load(this.#control, CONTROL.taken)
      if (((this.#pieces - taken) | 0) < PIECES_MAX || isAbandoned?.() === true) return
      Atomics.wait(this.#control, CONTROL.taken, taken, WAIT_MS)
    }
  }
}
