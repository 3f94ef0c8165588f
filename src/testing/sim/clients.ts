/**
 * Clients: each does one operation at a time, through nodes drawn at random, which pass writes on to
 * the leader they know. What fails is tried again elsewhere, a write under the same id, whatever may have
 * become of it. In the end they give up.
 */
import { createPrng, DebrosError, type Prng } from '../../base/index.ts'
import type { Applied } from '../../raft/index.ts'
import type { EventQueue } from './event-queue.ts'
import type { Network } from './network.ts'
import type { SimNode } from './node.ts'
import type { SimProcess } from './process.ts'
import { drawRequest, encodeRequest, type Request, readResult, type WriteResult } from './requests.ts'
import { Violation } from './violation.ts'
import type { ClientOperation, ReadOperation, Workload, WriteOperation } from './workload.ts'

export interface ClientsComponents {
  readonly events: EventQueue
  readonly network: Network
  readonly nodes: readonly SimNode[]
  readonly leader: () => SimNode | undefined
  /** Judges an acknowledged write against the logs. */
  readonly acknowledged: (applied: Applied, process: SimProcess) => void
  /** Highest index acknowledged so far: what is read from now on must include it. */
  readonly mustSee: () => number
  readonly happened: (what: string) => void
  readonly note: (line: () => string, ...numbers: number[]) => void
}

export interface ClientsInit {
  readonly seed: number
  readonly workloads: readonly Workload[]
  /** How many operations are begun at most, by all clients together. */
  readonly operations: number
}

/** An attempt that was not answered by then never will be, for all the client knows. */
const ATTEMPT_US = 2_000_000
/** A client gives up on an operation after this. */
const PATIENCE_US = 6_000_000

type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'not-applied' }
  | { readonly kind: 'unknown' }

type Answer<T> = (outcome: Outcome<T>) => void

export class Clients {
  readonly #components: ClientsComponents
  readonly #init: ClientsInit
  #active = true
  #begun = 0

  constructor(components: ClientsComponents, init: ClientsInit) {
    this.#components = components
    this.#init = init
  }

  start(count: number): void {
    const prng = createPrng(this.#init.seed)
    // Drawn for all, so that the others stay what they are when some are left out.
    for (let number = 1; number <= count; number++) this.#run(`c${number}`, prng.fork())
  }

  /** No client begins anything from now on. */
  stop(): void {
    this.#active = false
  }

  #run(name: string, prng: Prng): void {
    const { workloads } = this.#init
    const next = (): void => {
      this.#components.events.schedule(prng.between(1_000, 60_000), () => {
        if (!this.#active || this.#begun >= this.#init.operations) return
        this.#begun++
        this.#perform(prng.pick(workloads).draw(name, prng), prng, next)
      })
    }
    this.#setUp(prng, next)
  }

  /** Every client sees to it itself that what it works on is there. */
  #setUp(prng: Prng, then: () => void): void {
    const bodies = this.#init.workloads.flatMap(({ setup }) => setup ?? [])
    const [body] = bodies
    if (body === undefined) {
      then()
      return
    }
    let done = false
    const again = (): void => this.#setUp(prng, then)
    const operation: WriteOperation = {
      type: 'write',
      body,
      ok: () => {
        done = true
      },
      fail: () => {},
      unknown: () => {},
    }
    this.#perform(operation, prng, () => (done || !this.#active ? then() : again()))
  }

  /** Reads everything there is, again and again until all was answered. */
  readAll(prng: Prng, done: () => void): void {
    const reads = this.#init.workloads.flatMap((workload) => workload.drawLast('last'))
    const next = (): void => {
      const operation = reads.shift()
      if (operation === undefined) done()
      else this.#perform({ ...operation, fail: () => reads.unshift(operation) }, prng, next)
    }
    next()
  }

  #perform(operation: ClientOperation, prng: Prng, done: () => void): void {
    if (operation.type === 'write') this.#write(operation, prng, done)
    else this.#read(operation, prng, done)
  }

  #write(operation: WriteOperation, prng: Prng, done: () => void): void {
    const { events, happened } = this.#components
    const deadline = events.now + PATIENCE_US
    let request: Request | undefined
    let doubtful = false
    const attempt = (): void => {
      const node = this.#pickNode(prng)
      request ??= drawRequest(prng, node.running?.driver.status().commit ?? 0)
      const { id, since } = request
      this.#attempt<Applied>(
        (answer) => this.#askToWrite(node, operation, { id, since }, prng, answer),
        (outcome) => {
          if (outcome.kind === 'ok') {
            if (doubtful) happened('write answered after a retry')
            operation.ok(this.#resultOf(outcome.value))
            done()
            return
          }
          doubtful ||= outcome.kind === 'unknown'
          if (events.now < deadline) {
            events.schedule(prng.between(5_000, 100_000), attempt)
            return
          }
          if (doubtful) operation.unknown()
          else operation.fail()
          happened(doubtful ? 'write given up: unknown' : `write given up: not applied`)
          done()
        },
      )
    }
    attempt()
  }

  #read(operation: ReadOperation, prng: Prng, done: () => void): void {
    const { events } = this.#components
    const deadline = events.now + PATIENCE_US
    const attempt = (): void => {
      const node = this.#pickNode(prng)
      this.#attempt<unknown>(
        (answer) => this.#askToRead(node, operation, answer),
        (outcome) => {
          if (outcome.kind === 'ok') operation.ok(outcome.value)
          else if (events.now < deadline) {
            events.schedule(prng.between(5_000, 100_000), attempt)
            return
          } else operation.fail()
          done()
        },
      )
    }
    attempt()
  }

  /** Clients often know who leads. */
  #pickNode(prng: Prng): SimNode {
    const leader = this.#components.leader()
    return leader !== undefined && prng.chance(0.5) ? leader : prng.pick(this.#components.nodes)
  }

  /** Answers once: as `ask` does, or after some time. */
  #attempt<T>(ask: (answer: Answer<T>) => void, done: Answer<T>): void {
    let settled = false
    const settle: Answer<T> = (outcome) => {
      if (settled) return
      settled = true
      timer.run = undefined
      done(outcome)
    }
    const timer = this.#components.events.schedule(ATTEMPT_US, () => settle({ kind: 'unknown' }))
    ask(settle)
  }

  /** A client and its node: nobody listens at a dead one, and answers may be lost with the network's. */
  #call<T>(node: SimNode, serve: (process: SimProcess, reply: Answer<T>) => void, answer: Answer<T>): void {
    const { events, network } = this.#components
    events.schedule(network.delayUs(), () => {
      const process = node.running
      if (process === undefined) {
        events.schedule(network.delayUs(), () => answer({ kind: 'not-applied' }))
        return
      }
      process.schedule(0, () =>
        serve(process, (outcome) => {
          events.schedule(network.delayUs(), () => {
            // What the system has taken over is sent even if the process dies.
            if (!network.drawLoss()) answer(outcome)
          })
        }),
      )
    })
  }

  #askToWrite(
    node: SimNode,
    operation: WriteOperation,
    request: Request,
    prng: Prng,
    answer: Answer<Applied>,
  ): void {
    const { network, happened } = this.#components
    const seed = prng.nextUint32()
    const propose = (process: SimProcess, reply: Answer<Applied>): void => {
      const timeMs = process.node.wallClockMs()
      const data = encodeRequest(request, operation.body, { timeMs, seed })
      process.driver.propose(data, (error, applied) => {
        if (error === undefined) {
          this.#components.acknowledged(applied, process)
          reply({ kind: 'ok', value: applied })
        } else {
          const { code, outcome } = error as DebrosError // drivers reject with nothing else
          happened(`write failed: ${code}`)
          reply({ kind: outcome === 'not-applied' ? outcome : 'unknown' })
        }
      })
    }
    this.#call<Applied>(
      node,
      (process, reply) => {
        const leader = network.node(process.driver.leader ?? '')
        if (process.driver.role === 'leader' || leader === node) propose(process, reply)
        else if (leader === undefined) reply({ kind: 'not-applied' })
        else {
          happened('write forwarded')
          network.carry(node, leader, (there) =>
            propose(there, (outcome) => network.carry(leader, node, () => reply(outcome))),
          )
        }
      },
      answer,
    )
  }

  /** A linearizable read: whatever was acknowledged before it began must be in the state it sees. */
  #askToRead(node: SimNode, operation: ReadOperation, answer: Answer<unknown>): void {
    const { events, happened, note, leader } = this.#components
    const mustSee = this.#components.mustSee()
    this.#call<unknown>(
      node,
      (process, reply) =>
        process.driver.readIndex((error) => {
          if (error !== undefined) {
            reply({ kind: 'not-applied' })
            return
          }
          const seen = process.machine.state.index
          note(() => `read at ${process.id} sees ${seen}`, 8, seen)
          happened(node === leader() ? 'read at the leader' : 'read at a follower')
          if (seen < mustSee) {
            throw new Violation(
              'linearizable read',
              `${process.id} reads at ${seen}; ${mustSee} was acknowledged before`,
            )
          }
          if (process.real === undefined) {
            reply({ kind: 'ok', value: undefined })
            return
          }
          const answered = operation.read(process.real).then(
            (value): Outcome<unknown> => ({ kind: 'ok', value }),
            (error: unknown): Outcome<unknown> => {
              // Its machine has failed, and it is about to stop.
              if (!(error instanceof DebrosError)) throw error
              happened(`read failed: ${error.code}`)
              return { kind: 'not-applied' }
            },
          )
          events.watch(answered.then((outcome) => process.schedule(0, () => reply(outcome))))
        }),
      answer,
    )
  }

  #resultOf({ index, result }: Applied): WriteResult {
    const answer = readResult(result)
    if (answer === undefined)
      throw new Violation('answers make sense', `entry ${index} was applied without an answer`)
    if (answer.kind === 'forgotten') this.#components.happened('write refused: forgotten')
    else if (answer.index < index) this.#components.happened('write answered with its first outcome')
    return answer
  }
}
