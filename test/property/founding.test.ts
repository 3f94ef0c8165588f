/**
 * Nodes that found a cluster together, in virtual time: they start whenever they like, crash between any
 * two steps, on disk or not, and lose what they say to each other, in one direction or both; or it arrives
 * when they have long stopped waiting for it. All are given the same addresses, but some of them may be in
 * the list under another name, or leave themselves out, or not be in it at all; and they need not expect the
 * same number. There must never be two clusters; and once all run and hear each other, all must be in the one.
 */
import { expect, test } from 'vitest'
import { createPrng, type Prng, silentLogger } from '../../src/base/index.ts'
import { ALLOW_ALL } from '../../src/node/authorization.ts'
import { Founding, type FoundingQuestion, type Heard } from '../../src/node/founding.ts'
import type { WaitingNode } from '../../src/p2p/index.ts'
import type { FoundingRecord } from '../../src/raft/index.ts'

const SEEDS = 600
const ROUND_MS = 1_000
const STEP_MS_MAX = 400
/** How long an answer is waited for. */
const ASK_MS = 2_000
/** How late a question may still arrive. */
const LATE_MS_MAX = 8_000
const FAULTS_UNTIL_MS = 20_000
/** Enough for a claim that fails, its release, and another one. */
const HEALED_BY_MS = 120_000

class World {
  readonly prng: Prng
  readonly nodes: SimNode[]
  /** Ids of clusters that somebody has founded. */
  readonly founded = new Set<string>()
  readonly cut = new Set<string>()
  lossy = true
  nowMs = 0
  #events: { readonly atMs: number; readonly run: () => void }[] = []
  #ids = 0

  constructor(seed: number) {
    this.prng = createPrng(seed)
    const count = 2 + this.draw(5)
    const ids = Array.from({ length: count }, (_, i) => `n${i + 1}`)
    // Ids in any order, so that the lowest may be one that is not listed.
    for (let i = count - 1; i > 0; i--) {
      const j = this.draw(i + 1)
      ;[ids[i], ids[j]] = [ids[j] as string, ids[i] as string]
    }
    const listed = this.draw(2) === 0 ? ids : ids.slice(0, 1 + this.draw(count))
    // Names and addresses lead to the same nodes.
    const list = this.draw(4) === 0 ? listed.map((id) => `${id}.example`) : listed
    const leaveOut = this.draw(4) === 0
    const expected = 1 + this.draw(count)
    const differ = this.draw(4) === 0
    this.nodes = ids.map((id) => {
      const given = leaveOut && this.draw(2) === 0 ? list.filter((one) => !leadsTo(one, id)) : list
      return new SimNode(this, id, given.length > 0 ? given : list, differ ? 1 + this.draw(count) : expected)
    })
  }

  draw(below: number): number {
    return this.prng.nextUint32() % below
  }

  newId(): string {
    return `c${++this.#ids}`
  }

  at(atMs: number, run: () => void): void {
    this.#events.push({ atMs, run })
  }

  async pass(mostMs = STEP_MS_MAX): Promise<void> {
    await new Promise<void>((resolve) => this.at(this.nowMs + this.draw(mostMs), resolve))
  }

  /** Runs what is due until `untilMs`, or until there is nothing more to wait for. */
  async run(untilMs: number, over: () => boolean = () => false): Promise<void> {
    while (!over()) {
      // Everything that has been waited for goes on first.
      await new Promise((resolve) => setImmediate(resolve))
      this.#events.sort((a, b) => a.atMs - b.atMs)
      const next = this.#events[0]
      if (next === undefined || next.atMs > untilMs) return
      this.#events.shift()
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.run()
    }
  }

  passes(from: string, to: string): boolean {
    return !this.cut.has(`${from}>${to}`) && !(this.lossy && this.draw(20) === 0)
  }
}

function leadsTo(address: string, id: string): boolean {
  return address === id || address === `${id}.example`
}

class SimNode {
  readonly id: string
  readonly #world: World
  readonly #given: readonly string[]
  readonly #expected: number
  /** On disk. */
  #record: FoundingRecord | undefined
  clusterId: string | undefined
  /** Of this process; undefined while it is down. */
  #founding: Founding | undefined
  #process: AbortController | undefined

  constructor(world: World, id: string, given: readonly string[], expected: number) {
    this.#world = world
    this.id = id
    this.#given = given
    this.#expected = expected
  }

  get up(): boolean {
    return this.#process !== undefined
  }

  crash(): void {
    this.#process?.abort()
    this.#process = undefined
    this.#founding = undefined
  }

  start(): void {
    if (this.up) return
    const process = new AbortController()
    this.#process = process
    if (this.clusterId !== undefined) return
    if (this.#record?.founder === this.id) {
      void this.#found(this.#record.clusterId, process.signal)
      return
    }
    const founding = this.#create(process.signal)
    void (async () => {
      await founding.open()
      if (process.signal.aborted) return
      this.#founding = founding
      const outcome = await founding.run()
      if (process.signal.aborted) return
      if (outcome.type === 'founds') await this.#found(outcome.clusterId, process.signal)
      else this.clusterId = outcome.accepted.clusterId
    })().catch((error: unknown) => {
      if (!process.signal.aborted) throw error
    })
  }

  /** There is a cluster before its founder has written down that it is a member. */
  async #found(clusterId: string, signal: AbortSignal): Promise<void> {
    this.#founding = undefined
    this.#world.founded.add(clusterId)
    await this.#world.pass()
    if (!signal.aborted) this.clusterId = clusterId
  }

  #create(signal: AbortSignal): Founding {
    const world = this.#world
    const { id } = this
    return new Founding(
      {
        store: {
          readFounding: async () => this.#record,
          writeFounding: async (record) => {
            await world.pass()
            // A crash may come before or after it is on disk.
            if (!signal.aborted) this.#record = record
            await world.pass()
            if (signal.aborted) await new Promise(() => {})
          },
        },
        ask: (address, question) => this.#ask(address, question),
        join: async (addresses) => {
          await world.pass()
          const through = world.nodes.find(
            ({ id: other, up }) => up && addresses.some((one) => leadsTo(one, other)),
          )
          if (through?.clusterId === undefined || !world.passes(id, through.id)) throw new Error('no answer')
          return { type: 'accepted', clusterId: through.clusterId, members: [] }
        },
        authorizer: ALLOW_ALL,
        logger: silentLogger,
      },
      {
        self: { id, peerId: id, address: id, voter: true },
        addresses: async () => this.#given,
        expect: this.#expected,
        timeoutMs: Number.POSITIVE_INFINITY,
        roundMs: ROUND_MS,
        signal,
        newId: () => world.newId(),
        pause: () => world.pass(ROUND_MS),
      },
    )
  }

  #ask(address: string, question: FoundingQuestion): Promise<Heard> {
    return new Promise((resolve, reject) => {
      const world = this.#world
      world.at(world.nowMs + ASK_MS, () => reject(new Error('no answer in time')))
      this.#exchange(address, question).then(resolve, reject)
    })
  }

  /** Nobody may be waiting any more when it is over. */
  async #exchange(address: string, question: FoundingQuestion): Promise<Heard> {
    const world = this.#world
    const target = world.nodes.find(({ id }) => leadsTo(address, id)) as SimNode
    if (target === this) {
      return {
        peerId: this.id,
        waiting: { type: 'waiting', nodeId: this.id, foundingId: undefined, member: false },
      }
    }
    await world.pass(world.lossy && world.draw(10) === 0 ? LATE_MS_MAX : STEP_MS_MAX)
    const process = target.#process
    if (!world.passes(this.id, target.id) || process === undefined) throw new Error('no answer')
    const died = new Promise<never>((_, reject) => {
      process.signal.addEventListener('abort', () => reject(new Error('it died before it answered')))
    })
    const waiting = await Promise.race([target.#answer(this.id, question), died])
    died.catch(() => {})
    await world.pass()
    if (process.signal.aborted || !world.passes(target.id, this.id)) throw new Error('no answer')
    return { peerId: target.id, waiting }
  }

  async #answer(from: string, question: FoundingQuestion): Promise<WaitingNode> {
    const { clusterId } = this
    if (clusterId !== undefined) {
      return { type: 'waiting', nodeId: this.id, foundingId: clusterId, member: true }
    }
    if (this.#founding === undefined) throw new Error('not there yet')
    const said = { nodeId: from, peerId: from, address: from, voter: true, clusterId: undefined }
    return await this.#founding.answer({ ...said, ...question })
  }
}

/** Starts, crashes and cuts at random times, more of them the more nodes there are. */
function plan(world: World): void {
  for (const node of world.nodes) {
    world.at(world.draw(FAULTS_UNTIL_MS / 4), () => node.start())
    for (let faults = world.draw(5); faults > 0; faults--) {
      const atMs = world.draw(FAULTS_UNTIL_MS)
      world.at(atMs, () => node.crash())
      world.at(atMs + world.draw(3_000), () => node.start())
    }
    for (let cuts = world.draw(4); cuts > 0; cuts--) {
      const other = world.nodes[world.draw(world.nodes.length)] as SimNode
      const link = `${node.id}>${other.id}`
      const atMs = world.draw(FAULTS_UNTIL_MS)
      world.at(atMs, () => world.cut.add(link))
      world.at(atMs + world.draw(10_000), () => world.cut.delete(link))
    }
  }
}

test(`founding - ${SEEDS} starts with faults never found two clusters, and end in one`, {
  timeout: 60_000,
}, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World(seed)
    plan(world)
    await world.run(FAULTS_UNTIL_MS)
    world.cut.clear()
    world.lossy = false
    for (const node of world.nodes) node.start()
    await world.run(HEALED_BY_MS, () => world.nodes.every(({ clusterId }) => clusterId !== undefined))
    const clusters = world.nodes.map(({ clusterId }) => clusterId)
    expect([...world.founded], `clusters founded with seed ${seed}`).toHaveLength(1)
    expect(clusters, `with seed ${seed}`).toEqual(clusters.map(() => [...world.founded][0]))
    for (const node of world.nodes) node.crash()
  }
})
