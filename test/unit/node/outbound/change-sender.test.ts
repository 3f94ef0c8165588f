import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Counters, silentLogger } from '../../../../src/base/index.ts'
import type { Command } from '../../../../src/node/index.ts'
import {
  type ChangeCaptureConfig,
  createChangeCaptureConfig,
} from '../../../../src/node/outbound/change-capture-config.ts'
import {
  CHANGE_COUNTERS,
  ChangeSender,
  declareChangeCounters,
} from '../../../../src/node/outbound/change-sender.ts'
import { ChangeSwitch } from '../../../../src/node/outbound/change-switch.ts'
import { ChangeLog } from '../../../../src/sql/change-log.ts'

const senders: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.stop()
})

/** What all nodes share: a log of changes, and an endpoint. */
class World {
  readonly log = new ChangeLog()
  readonly received: { nodeId: string; indexes: number[] }[] = []
  readonly commands: Command[] = []
  index = 0
  leader: string | undefined
  readonly nodes = new Map<string, ChangeSender>()
  /** What the endpoint does with a batch before it has taken it. */
  endpoint: (signal: AbortSignal) => Promise<void> = async () => {}

  caughtUp: () => Promise<void> = async () => {}

  readonly counters = new Map<string, Counters>()

  components(id: string) {
    const counters = new Counters()
    declareChangeCounters(counters)
    this.counters.set(id, counters)
    return {
      isLeader: () => this.leader === id,
      caughtUp: () => this.caughtUp(),
      propose: async (command: Command) => {
        if (this.leader !== id) throw new Error('not the leader')
        this.commands.push(command)
        this.index++
        if (command.kind === 'changes-configure') this.log.configure(command.settings, this.index)
        if (command.kind === 'changes-delivered') this.log.trim(command.through)
        this.#applied()
      },
      sql: {
        changes: async (after: number, limits: { bytesMax: number; messagesMax: number }) =>
          this.log.read(after, limits),
      },
      endpoint: {
        name: 'a test',
        send: async (body: Uint8Array, signal: AbortSignal) => {
          await this.endpoint(signal)
          const { node_id: nodeId, payload } = JSON.parse(Buffer.from(body).toString()) as {
            node_id: string
            payload: { index: number }[]
          }
          this.received.push({ nodeId, indexes: payload.map(({ index }) => index) })
        },
        close: () => {},
      },
      counters,
      logger: silentLogger,
    }
  }

  sender(id: string, config: Partial<ChangeCaptureConfig> = {}): ChangeSender {
    const fast = { batchDelayMs: 1, backoffMinMs: 1, backoffMaxMs: 2 }
    const sender = new ChangeSender(this.components(id), {
      nodeId: id,
      config: { ...createChangeCaptureConfig('stdout'), ...fast, ...config },
    })
    sender.start()
    senders.push(sender)
    this.nodes.set(id, sender)
    return sender
  }

  leads(id: string | undefined): void {
    this.leader = id
    for (const sender of this.nodes.values()) sender.roleChanged()
  }

  /** An entry that changed something. */
  write(): number {
    this.log.append(++this.index, 1_000, 'default', { count: 2, events: new TextEncoder().encode('[{},{}]') })
    this.#applied()
    return this.index
  }

  #applied(): void {
    for (const sender of this.nodes.values()) sender.applied()
  }

  get indexes(): number[] {
    return this.received.flatMap(({ indexes }) => indexes)
  }

  get delivered(): number {
    return this.log.read(0, { bytesMax: 0, messagesMax: 0 }).deliveredThrough
  }

  async capturing(): Promise<void> {
    await vi.waitFor(() => expect(this.log.watch).toBeDefined())
  }
}

/** Enough for everything to happen that waits for nothing but its turn. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await setImmediate()
}

describe('change sender', () => {
  test('change sender - a new leader begins when it has applied what those before it noted', async () => {
    const world = new World()
    const applied = Promise.withResolvers<void>()
    world.caughtUp = () => applied.promise
    world.sender('a')
    world.leads('a')
    await turns()
    expect(world.commands).toEqual([])
    applied.resolve()
    await world.capturing()
  })

  test('change sender - the leader has changes captured, sends them in order, and notes how far it came', async () => {
    const world = new World()
    world.sender('a', { serviceId: 's', tableFilter: '^t', batchSizeMax: 3 })
    world.leads('a')
    await world.capturing()
    expect(world.commands).toEqual([
      { kind: 'changes-configure', settings: { serviceId: 's', rowIdsOnly: false, tableFilter: '^t' } },
    ])
    const written = Array.from({ length: 50 }, () => world.write())
    await vi.waitFor(() => expect(world.delivered).toBe(written.at(-1)))
    expect(world.indexes).toEqual(written)
    expect(world.received.every(({ indexes }) => indexes.length <= 3)).toBe(true)
    expect(world.log.read(0, { bytesMax: 1, messagesMax: 1 }).waiting).toBe(0)
    const counters = world.counters.get('a')?.toJSON()[CHANGE_COUNTERS]
    expect(counters).toMatchObject({ num_messages_sent: 50, num_events_sent: 100, num_send_failures: 0 })
    // One entry stands for many deliveries.
    expect(counters?.num_cursor_commits).toBeLessThan(counters?.num_batches_sent as number)
  })

  test('change sender - nobody sends but the leader', async () => {
    const world = new World()
    world.sender('a')
    world.sender('b')
    world.leads('a')
    await world.capturing()
    const first = world.write()
    await vi.waitFor(() => expect(world.delivered).toBe(first))
    world.leads('b')
    const second = world.write()
    await vi.waitFor(() => expect(world.delivered).toBe(second))
    expect(world.received).toEqual([
      { nodeId: 'a', indexes: [first] },
      { nodeId: 'b', indexes: [second] },
    ])
    // The settings are the same, so nobody had to say so again.
    expect(world.commands.filter(({ kind }) => kind === 'changes-configure')).toHaveLength(1)
  })

  test('change sender - what was not noted when a leader was lost is sent again', async () => {
    const world = new World()
    world.sender('a')
    world.sender('b')
    world.leads('a')
    await world.capturing()
    const index = world.write()
    await vi.waitFor(() => expect(world.indexes).toEqual([index]))
    world.leads('b') // before the cursor
    await vi.waitFor(() => expect(world.delivered).toBe(index))
    expect(world.indexes).toEqual([index, index])
  })

  test('change sender - in a handover nothing is sent again', async () => {
    const world = new World()
    const a = world.sender('a')
    world.sender('b')
    world.leads('a')
    await world.capturing()
    const written = Array.from({ length: 20 }, () => world.write())
    await vi.waitFor(() => expect(world.indexes.length).toBeGreaterThan(0))
    await a.pause()
    expect(world.delivered).toBe(world.indexes.at(-1))
    world.leads('b')
    await vi.waitFor(() => expect(world.delivered).toBe(written.at(-1)))
    expect(world.indexes).toEqual(written)
    // Leading once more, the first one is not held back any longer.
    world.leads('a')
    const last = world.write()
    await vi.waitFor(() => expect(world.delivered).toBe(last))
    expect(world.received.at(-1)?.nodeId).toBe('a')
  })

  test('change sender - a handover that fails lets it go on', async () => {
    const world = new World()
    const a = world.sender('a', { batchSizeMax: 1 })
    world.leads('a')
    await world.capturing()
    await a.pause()
    const index = world.write()
    await turns()
    expect(world.indexes).toEqual([])
    a.resume()
    await vi.waitFor(() => expect(world.delivered).toBe(index))
  })

  test('change sender - what was on its way in a handover, and did not arrive, is not noted as delivered', async () => {
    const world = new World()
    const a = world.sender('a')
    world.leads('a')
    await world.capturing()
    const before = world.delivered
    const tried = Promise.withResolvers<void>()
    const broken = Promise.withResolvers<void>()
    world.endpoint = async () => {
      tried.resolve()
      await broken.promise
    }
    const index = world.write()
    await tried.promise
    const paused = a.pause()
    broken.reject(new Error('connection reset'))
    await paused
    expect(world.delivered).toBe(before)
    world.endpoint = async () => {}
    a.resume()
    await vi.waitFor(() => expect(world.delivered).toBe(index))
    expect(world.indexes).toEqual([index])
  })

  test('change sender - an endpoint that is down is tried until it is back', async () => {
    const world = new World()
    const a = world.sender('a')
    let isDown = true
    world.endpoint = async () => {
      if (isDown) throw new Error('connection refused')
    }
    world.leads('a')
    await world.capturing()
    const first = world.write()
    const failures = (): number => world.counters.get('a')?.get(CHANGE_COUNTERS, 'num_send_failures') ?? 0
    await vi.waitFor(() => expect(failures()).toBeGreaterThan(2))
    expect(a.failure).toBe('connection refused')
    const second = world.write()
    isDown = false
    await vi.waitFor(() => expect(world.delivered).toBe(second))
    expect(world.indexes).toEqual([first, second])
    expect(a.failure).toBeUndefined()
  })

  test('change sender - an endpoint that does not answer in time is tried again', async () => {
    const world = new World()
    world.sender('a', { transmitTimeoutMs: 5 })
    let attempts = 0
    world.endpoint = (signal) =>
      ++attempts > 1
        ? Promise.resolve()
        : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    world.leads('a')
    await world.capturing()
    const index = world.write()
    await vi.waitFor(() => expect(world.delivered).toBe(index))
    expect(attempts).toBe(2)
  })

  test('change sender - told to give up, it goes on with what comes next', async () => {
    const world = new World()
    world.sender('a', { retriesMax: 2, batchSizeMax: 1 })
    let attempts = 0
    world.endpoint = async () => {
      if (++attempts <= 3) throw new Error('bad request')
    }
    world.leads('a')
    await world.capturing()
    world.write()
    const second = world.write()
    await vi.waitFor(() => expect(world.delivered).toBe(second))
    expect(world.indexes).toEqual([second])
    expect(world.counters.get('a')?.get(CHANGE_COUNTERS, 'num_batches_dropped')).toBe(1)
  })

  test('change sender - is stopped while an endpoint hangs, and while it waits for one', async () => {
    for (const hangs of [true, false]) {
      const world = new World()
      const a = world.sender('a', { backoffMinMs: 1e6, backoffMaxMs: 1e6 })
      const tried = Promise.withResolvers<void>()
      world.endpoint = (signal) => {
        tried.resolve()
        if (!hangs) return Promise.reject(new Error('down'))
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        )
      }
      world.leads('a')
      await world.capturing()
      world.write()
      await tried.promise
      await a.stop()
      expect(world.indexes).toEqual([])
    }
  })
})

describe('change switch', () => {
  test('change switch - the leader ends it for all', async () => {
    const world = new World()
    world.log.configure({ serviceId: '', rowIdsOnly: false, tableFilter: '' }, 0)
    const off = new ChangeSwitch(world.components('a'))
    senders.push(off)
    off.start()
    world.write()
    world.leader = 'a'
    off.roleChanged()
    await vi.waitFor(() => expect(world.log.watch).toBeUndefined())
    expect(world.commands).toEqual([{ kind: 'changes-configure', settings: undefined }])
  })
})
