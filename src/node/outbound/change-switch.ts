/** Ends change capture, for the whole cluster, once this node leads. */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '../../base/index.ts'
import type { ChangeSenderComponents } from './change-sender.ts'
import { Waker } from './waker.ts'

const RETRY_DELAY_MS = 1_000

export class ChangeSwitch {
  readonly #components: Omit<ChangeSenderComponents, 'endpoint' | 'counters'>
  readonly #lifetime = new AbortController()
  readonly #waker = new Waker()
  #running: Promise<void> | undefined
  readonly failure = undefined

  constructor(components: Omit<ChangeSenderComponents, 'endpoint' | 'counters'>) {
    this.#components = components
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#lifetime.abort(new Error('the node is stopping'))
    await this.#running
  }

  roleChanged(): void {
    this.#waker.wake()
  }

  applied(): void {}

  async pause(): Promise<void> {}

  resume(): void {}

  async #run(): Promise<void> {
    const { isLeader, logger } = this.#components
    const { signal } = this.#lifetime
    while (!signal.aborted) {
      const seen = this.#waker.count
      if (isLeader()) {
        try {
          await this.#switchOff(signal)
        } catch (error) {
          logger.debug({ error: errorMessage(error) }, 'change capture was not ended yet')
          await sleep(RETRY_DELAY_MS, undefined, { signal }).catch(() => {}) // it was cut short
          continue
        }
      }
      await this.#waker.woken(seen, signal)
    }
  }

  async #switchOff(signal: AbortSignal): Promise<void> {
    const { caughtUp, sql, propose, logger } = this.#components
    await caughtUp(signal)
    const { settings, waiting } = await sql.changes(Number.MAX_SAFE_INTEGER, { bytesMax: 0, messagesMax: 0 })
    if (settings === undefined) return
    await propose({ kind: 'changes-configure', settings: undefined }, signal)
    logger.info({ forgotten: waiting }, 'changes are not captured any more')
  }
}
