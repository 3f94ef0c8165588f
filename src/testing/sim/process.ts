/** One run of a node's program, from its start to its death: the real driver over simulated ports. */
import { createPrng, type Logger, type Prng, silentLogger, toError } from '../../base/index.ts'
import { createKvMachine } from '../../kv/index.ts'
import {
  type Clock,
  createLogStore,
  type LogStore,
  type Member,
  type Message,
  type NodeId,
  RaftDriver,
  type RaftSettings,
  type SnapshotMeta,
  type SnapshotStore,
  type Transport,
} from '../../raft/index.ts'
import type { Checks } from './checks.ts'
import type { EventQueue } from './event-queue.ts'
import { createSimKvDatabase } from './kv-database.ts'
import { type RealMachines, SimMachine } from './machine.ts'
import type { SimNode } from './node.ts'
import { SimSnapshots } from './snapshot-store.ts'
import { createNoSqlMachine, createSimSqlMachine, type SimSqlMachine } from './sql-machine.ts'

/** What stands behind the fingerprint: nothing, the key-value machine, or it and SQL. */
export type MachineKind = 'fingerprint' | 'kv' | 'sql'

export interface ProcessInit {
  readonly settings: RaftSettings
  readonly machines: MachineKind
  /** Largest piece of a snapshot that is written or sent at once. */
  readonly snapshotChunkBytes: number
  /** For tests of the checks: see `broken` in world.ts. */
  readonly forgets: boolean
  /** Founds a cluster of these members if nothing is stored. */
  readonly bootstrap: readonly Member[] | undefined
}

export interface ProcessComponents {
  readonly events: EventQueue
  readonly checks: Checks
  readonly prng: Prng
  readonly send: (message: Message, from: SimProcess) => void
  readonly sendSnapshot: (
    message: Extract<Message, { type: 'snapshot' }>,
    from: SimProcess,
    done: (error: Error | undefined) => void,
  ) => void
  readonly onLeader: (process: SimProcess, term: number) => void
  /** It ended itself, or could not start. */
  readonly onFailed: (process: SimProcess, error: Error) => void
  /** It comes past a place where faults may be waiting for it. */
  readonly onPoint: (process: SimProcess, point: CrashPoint) => void
  readonly happened: (what: string) => void
}

/** Where in its work a process may be struck down. */
export type CrashPoint = 'write' | 'compact' | 'snapshot-save' | 'restore' | 'start' | 'elected'

export class SimProcess {
  readonly node: SimNode
  readonly driver: RaftDriver
  readonly machine: SimMachine
  readonly real: RealMachines | undefined
  readonly snapshots: SimSnapshots
  readonly #components: ProcessComponents
  readonly #init: ProcessInit
  #dead = false
  #sql: SimSqlMachine | undefined
  /** Peer ids by node id; undefined while it knows no members yet and believes whom it hears. */
  #members: ReadonlyMap<NodeId, string> | undefined
  pausedUntil = 0
  /** The last term it led. */
  ledTerm = 0
  /** When the system of its leader closed the connection, if it was the last thing it heard of it. */
  hintedAt: number | undefined

  constructor(node: SimNode, components: ProcessComponents, init: ProcessInit) {
    this.node = node
    this.#components = components
    this.#init = init
    const { checks, prng, happened, events } = components
    const diskTime = (): Promise<void> => this.sleep(node.diskLatencyUs())
    const writeError = (): string | undefined => node.writeError()
    this.snapshots = new SimSnapshots(
      { files: node.files, diskTime, writeError, happened },
      { chunkBytes: init.snapshotChunkBytes },
    )
    this.real = init.machines === 'fingerprint' ? undefined : this.#realMachines(diskTime, writeError)
    this.machine = new SimMachine(node.id, {
      checks,
      later: (run) => {
        this.schedule(prng.between(10, 1_000), run)
      },
      stir: () => events.stir(),
      snapshots: this.snapshots,
      awaited: (entry) => this.driver.awaits(entry),
      real: this.real,
      forgets: init.forgets,
    })
    this.driver = new RaftDriver(
      {
        clock: this.#clock(),
        logStore: this.#observed(createLogStore({ store: node.disk }, { groupId: 0 })),
        snapshots: this.#snapshotStore(),
        transport: this.#transport(),
        stateMachine: {
          apply: (entries, done) => this.machine.apply(entries, done),
          capture: (done) => this.machine.capture(done),
          restore: (snapshot, done) => {
            this.#components.onPoint(this, 'restore')
            happened(this.driver.started ? 'snapshot installed' : 'restart from a snapshot')
            this.machine.restore(snapshot, done)
          },
        },
        prng: createPrng(prng.nextUint32()),
        logger: silentLogger,
      },
      {
        id: node.id,
        peerId: node.member.peerId,
        settings: init.settings,
        ...(init.bootstrap === undefined ? {} : { bootstrap: init.bootstrap }),
        onRoleChange: ({ role, term }) => {
          if (role !== 'leader') return
          components.onLeader(this, term)
          components.onPoint(this, 'elected')
        },
        onFatal: (error) => components.onFailed(this, error),
      },
    )
  }

  get id(): NodeId {
    return this.node.id
  }

  get dead(): boolean {
    return this.#dead
  }

  start(): void {
    this.#components.events.watch(this.#start())
  }

  async #start(): Promise<void> {
    try {
      this.#components.onPoint(this, 'start')
      await this.snapshots.start()
      await this.real?.sql.start()
      await this.real?.kv.start()
    } catch (error) {
      this.schedule(0, () => this.#components.onFailed(this, toError(error)))
      return
    }
    this.schedule(0, () =>
      this.driver.start((error) => {
        if (error !== undefined) this.#components.onFailed(this, error)
      }),
    )
  }

  /** Nothing that it scheduled or waits for happens any more. */
  kill(): void {
    this.#dead = true
    this.#sql?.died()
  }

  /** Schedules for this process: void once it is dead, late while it is paused. */
  schedule(delayUs: number, run: () => void): { cancel(): void } {
    const { events } = this.#components
    const attempt = (): void => {
      if (this.#dead) return
      if (events.now < this.pausedUntil) {
        pending = events.schedule(this.pausedUntil - events.now, attempt)
        return
      }
      run()
    }
    let pending = events.schedule(delayUs, attempt)
    return {
      cancel: () => {
        pending.run = undefined
      },
    }
  }

  /** Never resolves if the process dies before. */
  sleep(delayUs: number): Promise<void> {
    return new Promise((resolve) => {
      this.schedule(delayUs, () => {
        this.#components.events.stir()
        resolve()
      })
    })
  }

  /** Does this node hold `peerId` to be the member `id`? Streams to and from others are refused. */
  knows(id: NodeId, peerId: string): boolean {
    return this.#members === undefined || this.#members.get(id) === peerId
  }

  deliver(message: Message): void {
    this.schedule(0, () => this.driver.receive(message))
  }

  /** The system of another node closed its connection to this one. */
  connectionLost(id: NodeId): void {
    this.schedule(0, () => {
      if (this.driver.leader === id) this.hintedAt = this.#components.events.now
      this.driver.connectionLost(id)
    })
  }

  #realMachines(diskTime: () => Promise<void>, writeError: () => string | undefined): RealMachines {
    const { node } = this
    const now = (): number => node.wallClockMs()
    const kv = createKvMachine(
      {
        database: () => createSimKvDatabase({ files: node.kvFiles, diskTime, writeError }),
        logger: this.#kvLogger(),
        bootId: async () => node.bootId,
      },
      { location: 'the simulated database' },
    )
    this.#sql = this.#init.machines === 'sql' ? createSimSqlMachine(now) : createNoSqlMachine()
    return { kv, sql: this.#sql, now }
  }

  /** It says why it begins empty. */
  #kvLogger(): Logger {
    return {
      ...silentLogger,
      info: (fields) => {
        if ('reason' in fields) this.#components.happened(`KV rebuilt: ${fields.reason}`)
      },
    }
  }

  #clock(): Clock {
    const { events, prng } = this.#components
    return {
      now: () => events.now / 1000,
      after: (delayMs, run) => this.schedule(delayMs * 1000, run),
      defer: (run) => {
        this.schedule(prng.between(0, 100), run)
      },
      every: (intervalMs, run) => {
        let timer = { cancel: () => {} }
        let cancelled = false
        const again = (): void => {
          timer = this.schedule(intervalMs * 1000, () => {
            run()
            if (!cancelled) again()
          })
        }
        again()
        return {
          cancel: () => {
            cancelled = true
            timer.cancel()
          },
        }
      },
    }
  }

  #transport(): Transport {
    const { checks, send, sendSnapshot } = this.#components
    return {
      send: (message) => {
        checks.sent(message, this.node.mirror)
        send(message, this)
      },
      sendSnapshot: (message, done) => sendSnapshot(message, this, (error) => done(error)),
      setMembers: (members) => {
        this.#members = new Map(members.map((member) => [member.id, member.peerId]))
      },
    }
  }

  #snapshotStore(): SnapshotStore {
    return {
      save: (snapshot, capture, done) => {
        this.#components.onPoint(this, 'snapshot-save')
        this.#components.events.stir()
        // The capture and the store may call back from a promise; the driver is called by events alone.
        this.snapshots.save(snapshot, capture, (error, bytes) => this.schedule(0, () => done(error, bytes)))
      },
      retain: (snapshot, inUse) => this.snapshots.retain(snapshot, inUse),
    }
  }

  /** The real log store, watched: what it says is done is what the checks believe to be on disk. */
  #observed(store: LogStore): LogStore {
    const { checks, happened, onPoint } = this.#components
    const { mirror } = this.node
    return {
      load: (done) =>
        store.load((error, stored) => {
          if (error === undefined) {
            this.node.loaded(stored)
            checks.sawTerm(this.id, mirror.term)
          }
          done(error, stored)
        }),
      write: (write, done) => {
        onPoint(this, 'write')
        mirror.begin({ type: 'write', write })
        store.write(write, (error) => {
          if (error === undefined) {
            const first = write.entries[0]
            const before = first === undefined ? undefined : this.#termBefore(first.index, write.snapshot)
            if (mirror.finish()) happened('log truncated by a conflict')
            checks.sawTerm(this.id, mirror.term)
            checks.wrote(write.entries, before)
          }
          done(error)
        })
      },
      compact: (snapshot, through, done) => {
        onPoint(this, 'compact')
        mirror.begin({ type: 'compact', snapshot, through })
        store.compact(snapshot, through, (error) => {
          if (error === undefined) {
            mirror.finish()
            happened('log compacted')
          }
          done(error)
        })
      },
    }
  }

  #termBefore(index: number, snapshot: SnapshotMeta | undefined): number | undefined {
    if (index === 1) return 0
    if (snapshot !== undefined) return snapshot.index === index - 1 ? snapshot.term : undefined
    return this.node.mirror.termOf(index - 1)
  }
}
