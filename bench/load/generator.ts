/**
 * The load: a process of its own, that sends the requests of a plan (JSON on its standard input) over raw
 * keep-alive sockets and prints a LoadResult. It is the same for every system, and made to use little
 * CPU, as it shares the machine with what it measures: requests are bytes from the beginning, and answers
 * are looked at for their end, status and errors alone.
 */
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { AnswerReader } from './answer-reader.ts'
import { Latencies } from './latencies.ts'
import { NumberedRequest } from './numbered-request.ts'
import type { LoadPlan, LoadResult } from './types.ts'

const READ_BUFFER_BYTES = 64 * 1024
/** Shares of requests of several kinds are kept exactly in every so many. */
const DRAWS = 1_000

class Connection {
  readonly #load: Load
  readonly #requests: readonly NumberedRequest[]
  readonly #reader = new AnswerReader()
  readonly #socket: Socket
  #sentAt = 0

  constructor(load: Load, address: string) {
    this.#load = load
    this.#requests = load.plan.requests.map(({ template }) => new NumberedRequest(template))
    const [host, port] = address.split(':') as [string, string]
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES)
    const callback = (bytes: number): boolean => {
      this.#arrived(buffer.subarray(0, bytes))
      return true
    }
    this.#socket = connect({ host, port: Number(port), noDelay: true, onread: { buffer, callback } })
    this.#socket.on('connect', () => load.free(this))
    this.#socket.on('error', (error: NodeJS.ErrnoException) => load.lost(error.code ?? error.message))
    this.#socket.on('end', () => load.lost('connection closed'))
  }

  /** Latency counts from `since`. */
  send(since: number): void {
    this.#sentAt = since
    const number = this.#load.nextNumber()
    this.#socket.write((this.#requests[this.#load.draw(number)] as NumberedRequest).with(number))
  }

  close(): void {
    this.#socket.destroy()
  }

  #arrived(bytes: Buffer): void {
    const verdict = this.#reader.take(bytes)
    if (verdict === undefined) return
    this.#load.answered(performance.now() - this.#sentAt, verdict, bytes)
    this.#load.free(this)
  }
}

class Load {
  readonly plan: LoadPlan
  readonly #connections: Connection[]
  readonly #latencies = new Latencies()
  readonly #kinds: Uint8Array
  readonly #done = Promise.withResolvers<void>()
  readonly #errors = new Map<string, number>()
  readonly #idle: Connection[] = []
  #firstError: string | undefined
  #number: number
  #startedAt = 0
  #warmUpDone = 0
  #startedCpu = process.cpuUsage()
  #stopped = false
  #nextDue = 0

  constructor(plan: LoadPlan) {
    this.plan = plan
    this.#number = plan.firstNumber ?? 0
    this.#kinds = shuffledKinds(plan.requests.map(({ weight }) => weight))
    this.#connections = Array.from(
      { length: plan.clients },
      (_, i) => new Connection(this, plan.addresses[i % plan.addresses.length] as string),
    )
  }

  async run(): Promise<LoadResult> {
    const { seconds, warmUpSeconds, perSecond } = this.plan
    this.#nextDue = performance.now()
    const ticks = perSecond === undefined ? undefined : setInterval(() => this.#dispatch(), 1)
    setTimeout(() => this.#startToCount(), warmUpSeconds * 1000)
    const end = setTimeout(() => this.#done.resolve(), (warmUpSeconds + seconds) * 1000)
    // Told that it is enough, it tells what it has.
    process.once('SIGTERM', () => this.#done.resolve())
    await this.#done.promise
    clearInterval(ticks)
    clearTimeout(end)
    const result = this.#result()
    for (const connection of this.#connections) connection.close()
    return result
  }

  nextNumber(): number {
    return this.#number++
  }

  /** Which of the plan's requests is the one with this number. */
  draw(number: number): number {
    return this.#kinds[number % DRAWS] as number
  }

  /** A connection has nothing to wait for. */
  free(connection: Connection): void {
    if (this.#stopped) return
    if (this.plan.perSecond === undefined) connection.send(performance.now())
    else {
      this.#idle.push(connection)
      this.#dispatch()
    }
  }

  /** Open loop: sends what is due. What finds no free connection waits for one, and its latency with it. */
  #dispatch(): void {
    const now = performance.now()
    const every = 1000 / (this.plan.perSecond as number)
    while (this.#nextDue <= now) {
      // In turn, so that none is idle for so long that it is closed.
      const connection = this.#idle.shift()
      if (connection === undefined) return
      connection.send(this.#nextDue)
      this.#nextDue += every
    }
  }

  answered(ms: number, verdict: string, answer: Buffer): void {
    if (verdict === '') this.#latencies.add(ms)
    else this.#failed(verdict, answer.toString('utf8', 0, 300))
  }

  /** Connections are not opened again: a system that drops them shows less, and why. */
  lost(why: string): void {
    if (!this.#stopped) this.#failed(why, why)
  }

  #failed(why: string, text: string): void {
    this.#errors.set(why, (this.#errors.get(why) ?? 0) + 1)
    this.#firstError ??= text
  }

  #startToCount(): void {
    this.#warmUpDone = this.#latencies.count
    this.#latencies.clear()
    this.#startedAt = performance.now()
    this.#startedCpu = process.cpuUsage()
  }

  #result(): LoadResult {
    this.#stopped = true
    const seconds = (performance.now() - this.#startedAt) / 1000
    const { user, system } = process.cpuUsage(this.#startedCpu)
    return {
      seconds,
      done: this.#latencies.count,
      perSecond: this.#latencies.count / seconds,
      doneInAll: this.#warmUpDone + this.#latencies.count,
      latency: this.#latencies.summary(),
      errors: Object.fromEntries(this.#errors),
      ...(this.#firstError !== undefined && { firstError: this.#firstError }),
      generatorCpuSeconds: (user + system) / 1e6,
    }
  }
}

/** The kinds of requests by their shares, well mixed, and always the same. */
function shuffledKinds(weights: readonly number[]): Uint8Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const kinds = new Uint8Array(DRAWS)
  const credit = weights.map(() => 0)
  for (let i = 0; i < DRAWS; i++) {
    for (const [kind, weight] of weights.entries()) credit[kind] = (credit[kind] as number) + weight / total
    const largest = credit.indexOf(Math.max(...credit))
    kinds[i] = largest
    credit[largest] = (credit[largest] as number) - 1
  }
  return kinds
}

const result = await new Load(JSON.parse(await text(process.stdin)) as LoadPlan).run()
process.stdout.write(JSON.stringify(result))
