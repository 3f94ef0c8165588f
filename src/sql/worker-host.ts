/**
 * The worker's side: takes requests in the order they come and answers them from an engine; digests later,
 * but for the state at their place in the order.
 */
import { packOutcomes, unpackItems } from './apply-batch.ts'
import { DigestQueue, type Later } from './digest-queue.ts'
import type { EngineCapture, EngineRestore, SqlEngine } from './engine.ts'
import { SqlEntryDecoder } from './entry-codec.ts'
import { engineFailed, snapshotInvalid } from './errors.ts'
import {
  type Answer,
  type Answers,
  failureOf,
  type Request,
  type RequestEnvelope,
  type ResponseEnvelope,
} from './protocol.ts'
import { transferable } from './transferable.ts'

/** One reading step of a capture: 1 MiB, which takes about a millisecond; less of it if it takes longer. */
const CAPTURE_CHUNKS_PER_READ = 16
const CAPTURE_READ_MS = 2
/** Answers are sent together, unless the first of them has waited for so long. */
const ANSWER_DELAY_MS = 2
/** After these the state is, or may be, another one. */
const CHANGES_STATE: ReadonlySet<Request['kind']> = new Set([
  'apply',
  'changes-configure',
  'changes-trim',
  'restore-finish',
])

export type Post = (responses: readonly ResponseEnvelope[], transfer: ArrayBuffer[]) => void

export class WorkerHost {
  readonly #engine: SqlEngine
  readonly #post: Post
  readonly #digests: DigestQueue
  readonly #entries = new SqlEntryDecoder()
  readonly #captures = new Map<number, EngineCapture>()
  #lastCapture = 0
  #restore: EngineRestore | undefined

  constructor(engine: SqlEngine, post: Post, { later = setImmediate }: { readonly later?: Later } = {}) {
    this.#engine = engine
    this.#post = post
    this.#digests = new DigestQueue({ later, post: (responses) => post(responses, []) })
  }

  handle(envelopes: readonly RequestEnvelope[]): void {
    let responses: ResponseEnvelope[] = []
    let since = performance.now()
    for (const { id, request } of envelopes) {
      const response = this.#respond(id, request)
      if (response !== undefined) responses.push(response)
      if (performance.now() - since < ANSWER_DELAY_MS) continue
      this.#send(responses)
      responses = []
      since = performance.now()
    }
    this.#send(responses)
  }

  /** Whoever gets an answer must be able to read the state it is about. */
  #send(responses: ResponseEnvelope[]): void {
    const published = this.#engine.publish()
    if (published !== undefined) responses.unshift({ published })
    if (responses.length > 0) this.#post(responses, transferable(responses))
  }

  /** Nothing for what is answered later. */
  #respond(id: number, request: Request): ResponseEnvelope | undefined {
    try {
      if (CHANGES_STATE.has(request.kind)) this.#digests.stateChanges()
      if (request.kind !== 'digest') return { id, answer: this.#answer(request) }
      this.#digests.ask(id, () => this.#engine.digest())
      return undefined
    } catch (error) {
      return { id, failure: failureOf(error) }
    }
  }

  #answer(request: Exclude<Request, { kind: 'digest' }>): Answer {
    switch (request.kind) {
      case 'start':
        return { sharesTransactions: this.#engine.sharesTransactions }
      case 'apply':
        return packOutcomes(this.#engine.apply(unpackItems(request.items, this.#entries), request.readers))
      case 'stats':
        return this.#engine.stats()
      case 'capture':
        return this.#keepCapture(this.#engine.capture())
      case 'capture-database':
        return this.#keepCapture(this.#engine.captureDatabase(request.namespace))
      case 'capture-read':
        return this.#readCapture(request.capture)
      case 'capture-release':
        this.#captures.get(request.capture)?.release()
        this.#captures.delete(request.capture)
        return undefined
      case 'changes-configure':
        this.#engine.configureChanges(request.settings, request.index)
        return undefined
      case 'changes-trim':
        this.#engine.trimChanges(request.through)
        return undefined
      case 'changes':
        return this.#engine.changes(request.after, request.limits)
      case 'restore-begin':
        this.#restore = this.#engine.restore()
        return undefined
      case 'restore-push':
        this.#restoring().push(request.chunk)
        return undefined
      case 'restore-finish':
        this.#restoring().finish()
        this.#restore = undefined
        return undefined
      case 'restore-abort':
        this.#restore = undefined
        return undefined
    }
  }

  #keepCapture(capture: EngineCapture): number {
    this.#captures.set(++this.#lastCapture, capture)
    return this.#lastCapture
  }

  #readCapture(id: number): Answers['capture-read'] {
    const capture = this.#captures.get(id)
    if (capture === undefined) throw engineFailed('a capture was read after its release')
    const since = performance.now()
    const chunks: Uint8Array<ArrayBuffer>[] = []
    do {
      const chunk = capture.next()
      if (chunk === undefined) break
      chunks.push(chunk)
    } while (chunks.length < CAPTURE_CHUNKS_PER_READ && performance.now() - since < CAPTURE_READ_MS)
    return chunks
  }

  #restoring(): EngineRestore {
    if (this.#restore === undefined) throw snapshotInvalid('no restore is under way')
    return this.#restore
  }
}
