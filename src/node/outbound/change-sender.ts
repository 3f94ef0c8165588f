/**
 * Sends captured changes to an endpoint while this node leads, in order, a batch at a time, and puts into the
 * log how far it came. A batch counts as delivered when the endpoint says so; whoever leads next begins
 * behind the last one that the log tells of. So nothing is left out, and what was sent shortly before a
 * leader died may be sent once more, under the same index.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Counters, errorMessage, type Logger } from '../../base/index.ts'
import type { ChangeMessage, ChangePage, ChangeSettings, SqlMachine } from '../../sql/index.ts'
import type { Command } from '../codec/command-codec.ts'
import type { ChangeCaptureConfig } from './change-capture-config.ts'
import type { ChangeEndpoint } from './change-endpoint.ts'
import { encodeEnvelope } from './change-envelope.ts'
import { DeliveryCursor } from './delivery-cursor.ts'
import { Waker } from './waker.ts'

export const CHANGE_COUNTERS = 'cdc.service'
const NAMES = [
  'num_batches_sent',
  'num_messages_sent',
  'num_events_sent',
  'num_send_failures',
  'num_batches_dropped',
  'num_messages_lost',
  'num_cursor_commits',
] as const
type Name = (typeof NAMES)[number]

/** A batch takes no more of this node's memory, but for a single message that is larger. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024
/** Something went wrong that is not the endpoint's fault; the next attempt begins anew. */
const RESTART_DELAY_MS = 1_000
/** What is on its way when the lead is handed over has so long to arrive. */
const HANDOVER_GRACE_MS = 2_000

export interface ChangeSenderComponents {
  readonly isLeader: () => boolean
  /** Resolves once everything is applied here that was committed before the call. */
  readonly caughtUp: (signal: AbortSignal) => Promise<unknown>
  /** Resolves once the command is applied here. */
  readonly propose: (command: Command, signal: AbortSignal) => Promise<unknown>
  readonly sql: Pick<SqlMachine, 'changes'>
  readonly endpoint: ChangeEndpoint
  readonly counters: Counters
  readonly logger: Logger
}

export interface ChangeSenderInit {
  readonly nodeId: string
  readonly config: ChangeCaptureConfig
}

export function declareChangeCounters(counters: Counters): void {
  counters.declare(CHANGE_COUNTERS, NAMES)
}

export function settingsOf(config: ChangeCaptureConfig): ChangeSettings {
  const { serviceId = '', rowIdsOnly, tableFilter = '' } = config
  return { serviceId, rowIdsOnly, tableFilter }
}

export class ChangeSender {
  readonly #components: ChangeSenderComponents
  readonly #init: ChangeSenderInit
  readonly #cursor: DeliveryCursor
  readonly #lifetime = new AbortController()
  readonly #waker = new Waker()
  #running: Promise<void> | undefined
  #leadership = new AbortController()
  /** Aborted while nothing is to be sent, because the lead is being handed over. */
  #pause = new AbortController()
  #pausing: Promise<void> | undefined
  #sending: Promise<unknown> | undefined
  #failure: string | undefined

  constructor(components: ChangeSenderComponents, init: ChangeSenderInit) {
    this.#components = components
    this.#init = init
    this.#cursor = new DeliveryCursor({
      propose: async (through, signal) => {
        await components.propose({ kind: 'changes-delivered', through }, signal)
        this.#count('num_cursor_commits')
      },
      logger: components.logger,
    })
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#lifetime.abort(new Error('the node is stopping'))
    await this.#running
    this.#components.endpoint.close()
  }

  /** Why nothing is delivered; undefined while it is, or nobody tried. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** To be called whenever this node begins or ends to lead. */
  roleChanged(): void {
    if (!this.#components.isLeader()) {
      this.#leadership.abort(new Error('this node does not lead any more'))
      this.resume()
    }
    this.#waker.wake()
  }

  /** To be called whenever something may have changed. */
  applied(): void {
    this.#waker.wake()
  }

  /** Sends nothing more, and lets the next leader know how far this one came. Takes a few seconds at most. */
  pause(): Promise<void> {
    this.#pausing ??= this.#finish()
    return this.#pausing
  }

  async #finish(): Promise<void> {
    this.#pause.abort(new Error('the lead is being handed over'))
    this.#waker.wake()
    const grace = new AbortController()
    await Promise.race([
      this.#sending?.catch(() => {}), // it is told elsewhere
      sleep(HANDOVER_GRACE_MS, undefined, { signal: grace.signal }).catch(() => {}),
    ])
    grace.abort()
    await this.#cursor.flush(HANDOVER_GRACE_MS)
  }

  /** This node leads on, after all. */
  resume(): void {
    if (!this.#pause.signal.aborted) return
    this.#pause = new AbortController()
    this.#pausing = undefined
    this.#waker.wake()
  }

  async #run(): Promise<void> {
    const { signal } = this.#lifetime
    while (!signal.aborted) {
      const seen = this.#waker.count
      this.#leadership = new AbortController()
      if (!this.#components.isLeader()) {
        await this.#waker.woken(seen, signal)
        continue
      }
      const leading = AbortSignal.any([signal, this.#leadership.signal])
      try {
        await this.#lead(leading)
      } catch (error) {
        if (leading.aborted) continue
        this.#components.logger.warn({ error: errorMessage(error) }, 'sending changes begins anew')
        await sleep(RESTART_DELAY_MS, undefined, { signal: leading }).catch(() => {}) // it was cut short
      }
    }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { caughtUp, endpoint, logger } = this.#components
    await caughtUp(signal)
    const { deliveredThrough } = await this.#configure(signal)
    logger.info({ endpoint: endpoint.name, behind: deliveredThrough }, 'sending changes')
    this.#cursor.begin(deliveredThrough, signal)
    let after = deliveredThrough
    while (!signal.aborted) {
      const seen = this.#waker.count
      const messages = this.#isPaused ? [] : await this.#nextBatch(after, signal)
      if (messages.length === 0 || this.#isPaused) {
        await this.#waker.woken(seen, signal)
        continue
      }
      const last = (messages.at(-1) as ChangeMessage).index // there is one
      const sending = this.#deliver(messages, signal)
      this.#sending = sending
      if (!(await sending)) continue
      after = last
      this.#cursor.advance(last)
    }
  }

  get #isPaused(): boolean {
    return this.#pause.signal.aborted
  }

  /** Lets all replicas capture what this node is told to send. */
  async #configure(signal: AbortSignal): Promise<ChangePage> {
    const { sql, propose, logger } = this.#components
    const settings = settingsOf(this.#init.config)
    const page = await sql.changes(0, { bytesMax: 0, messagesMax: 0 })
    if (isSame(page.settings, settings)) return page
    logger.info({ ...settings }, 'capturing changes')
    await propose({ kind: 'changes-configure', settings }, signal)
    return await sql.changes(0, { bytesMax: 0, messagesMax: 0 })
  }

  /** As many messages as there are when one has waited for long enough; none if there are none. */
  async #nextBatch(after: number, signal: AbortSignal): Promise<readonly ChangeMessage[]> {
    const { batchSizeMax, batchDelayMs } = this.#init.config
    const limits = { messagesMax: batchSizeMax, bytesMax: BATCH_BYTES_MAX }
    let dueMs: number | undefined
    for (;;) {
      const seen = this.#waker.count
      const { settings, messages, waitingBytes } = await this.#components.sql.changes(after, limits)
      if (settings === undefined) throw new Error('changes are not captured any more')
      const now = performance.now()
      dueMs ??= now + batchDelayMs
      const isFull = messages.length >= batchSizeMax || waitingBytes > BATCH_BYTES_MAX
      if (messages.length === 0 || isFull || now >= dueMs || this.#isPaused || signal.aborted) return messages
      await this.#waker.woken(seen, AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(dueMs - now))]))
    }
  }

  /** True once the batch is delivered, or given up; false if it is for somebody else to deliver. */
  async #deliver(messages: readonly ChangeMessage[], signal: AbortSignal): Promise<boolean> {
    const { config, nodeId } = this.#init
    const { endpoint, logger } = this.#components
    const body = encodeEnvelope({ serviceId: config.serviceId ?? '', nodeId }, messages)
    let delayMs = config.backoffMinMs
    for (let attempt = 0; ; attempt++) {
      try {
        await endpoint.send(body, AbortSignal.any([signal, AbortSignal.timeout(config.transmitTimeoutMs)]))
        this.#noteSent(messages)
        return true
      } catch (error) {
        if (signal.aborted) return false
        this.#noteFailure(errorMessage(error))
      }
      if (attempt >= config.retriesMax) {
        this.#count('num_batches_dropped')
        const { length } = messages
        logger.error({ from: messages[0]?.index, messages: length }, 'a batch of changes was given up')
        return true
      }
      if (this.#isPaused) return false
      const until = AbortSignal.any([signal, this.#pause.signal])
      await sleep(delayMs, undefined, { signal: until }).catch(() => {}) // it was cut short
      if (until.aborted) return false
      delayMs = Math.min(delayMs * 2, config.backoffMaxMs)
    }
  }

  #noteSent(messages: readonly ChangeMessage[]): void {
    const { logger, endpoint } = this.#components
    if (this.#failure !== undefined) logger.info({ endpoint: endpoint.name }, 'changes are delivered again')
    this.#failure = undefined
    this.#count('num_batches_sent')
    this.#count('num_messages_sent', messages.length)
    this.#count(
      'num_events_sent',
      messages.reduce((sum, { count }) => sum + count, 0),
    )
    const losses = messages.filter(({ isLoss }) => isLoss)
    for (const { index, count } of losses) {
      this.#count('num_messages_lost', count)
      logger.warn({ through: index, messages: count }, 'changes were lost: too many waited to be delivered')
    }
  }

  #noteFailure(failure: string): void {
    const { logger, endpoint } = this.#components
    this.#count('num_send_failures')
    const level = this.#failure === failure ? 'debug' : 'warn'
    logger[level]({ endpoint: endpoint.name, error: failure }, 'changes were not delivered')
    this.#failure = failure
  }

  #count(name: Name, count = 1): void {
    this.#components.counters.add(CHANGE_COUNTERS, name, count)
  }
}

function isSame(a: ChangeSettings | undefined, b: ChangeSettings): boolean {
  return (
    a !== undefined &&
    a.serviceId === b.serviceId &&
    a.rowIdsOnly === b.rowIdsOnly &&
    a.tableFilter === b.tableFilter
  )
}
