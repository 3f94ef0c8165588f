/** Digests that are being computed: one at a time, in steps between which other requests are answered. */
import type { EngineDigest } from './engine.ts'
import { tooManyDigests } from './errors.ts'
import { SQL_DIGESTS_MAX } from './limits.ts'
import { failureOf, type ResponseEnvelope } from './protocol.ts'

/** Runs something once the requests that have arrived meanwhile are dealt with. */
export type Later = (run: () => void) => void

export interface DigestQueueComponents {
  readonly later: Later
  readonly post: (responses: readonly ResponseEnvelope[]) => void
}

interface Task {
  readonly digest: EngineDigest
  /** Requests that it is the answer to. */
  readonly ids: number[]
}

export class DigestQueue {
  readonly #components: DigestQueueComponents
  /** Oldest first. */
  readonly #tasks: Task[] = []
  /** The one about the state as it still is, which everybody who asks now can share. */
  #current: Task | undefined

  constructor(components: DigestQueueComponents) {
    this.#components = components
  }

  /** Answers the request later. Throws `SQL_BUSY` if too many are under way. */
  ask(id: number, begin: () => EngineDigest): void {
    if (this.#current === undefined) {
      if (this.#tasks.length >= SQL_DIGESTS_MAX) throw tooManyDigests()
      this.#current = { digest: begin(), ids: [] }
      this.#tasks.push(this.#current)
      if (this.#tasks.length === 1) this.#components.later(() => this.#run())
    }
    this.#current.ids.push(id)
  }

  /** To be called whenever the state may become another. */
  stateChanges(): void {
    this.#current = undefined
  }

  #run(): void {
    const task = this.#tasks[0] as Task // taken away below only, and then nothing is scheduled without another
    const result = stepped(task.digest)
    if (result !== undefined) {
      task.digest.release()
      this.#tasks.shift()
      if (this.#current === task) this.#current = undefined
      this.#components.post(task.ids.map((id) => ({ id, ...result })))
    }
    if (this.#tasks.length > 0) this.#components.later(() => this.#run())
  }
}

function stepped(
  digest: EngineDigest,
): { answer: string } | { failure: ReturnType<typeof failureOf> } | undefined {
  try {
    const answer = digest.step()
    return answer === undefined ? undefined : { answer }
  } catch (error) {
    return { failure: failureOf(error) }
  }
}
