/** One simulated node: what survives a crash, and the process that does not. */
import { createPrng, type Prng, silentLogger } from '../../base/index.ts'
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
import { type Checks, DurableMirror, Violation } from './checks.ts'
import { SimDisk } from './disk.ts'
import type { EventQueue } from './event-queue.ts'
import { type MachineState, type SimCapture, SimMachine } from './machine.ts'

export interface SimNodeComponents {
  readonly events: EventQueue
  readonly checks: Checks
  readonly prng: Prng
  readonly send: (message: Message, from: SimNode) => void
  readonly sendSnapshot: (
    message: Message & { type: 'snapshot' },
    state: MachineState,
    done: (ok: boolean) => void,
  ) => void
  readonly onLeader: (node: SimNode, term: number) => void
}

export class SimNode {
  /** Its peer id changes when its disk, and with it its key, is lost. */
  member: Member
  readonly mirror = new DurableMirror()
  readonly disk: SimDisk
  readonly #components: SimNodeComponents
  readonly #settings: RaftSettings
  readonly #snapshots = new Map<string, MachineState>()
  /** Counts processes; callbacks of an earlier one come to nothing. */
  #incarnation = 0
  /** Peer ids by node id; undefined while it knows no members yet and believes whom it hears. */
  #members: ReadonlyMap<NodeId, string> | undefined
  driver: RaftDriver | undefined
  machine: SimMachine | undefined
  pausedUntil = 0
  slowDisk = false
  crashes = 0

  constructor(member: Member, settings: RaftSettings, components: SimNodeComponents) {
    this.member = member
    this.#settings = settings
    this.#components = components
    this.disk = new SimDisk({
      prng: components.prng.fork(),
      schedule: (delayUs, run) => this.schedule(delayUs, run),
      latencyUs: () => components.prng.between(50, this.slowDisk ? 300_000 : 3_000),
    })
  }

  get id(): NodeId {
    return this.member.id
  }

  get alive(): boolean {
    return this.driver !== undefined
  }

  /** Schedules for this process: void once it crashed, late while it is paused. */
  schedule(delayUs: number, run: () => void): { cancel(): void } {
    const { events } = this.#components
    const incarnation = this.#incarnation
    const attempt = (): void => {
      if (incarnation !== this.#incarnation) return
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

  start(bootstrap: readonly Member[] | undefined): void {
    const { prng, checks } = this.#components
    this.machine = new SimMachine(this.id, {
      checks,
      schedule: (run) => this.schedule(prng.between(10, 1_000), run),
      stored: (snapshot) => this.#snapshots.get(snapshotKey(snapshot)),
    })
    this.driver = new RaftDriver(
      {
        clock: this.#clock(),
        logStore: this.#observed(createLogStore({ store: this.disk }, { groupId: 0 })),
        snapshots: this.#snapshotStore(),
        transport: this.#transport(),
        stateMachine: this.machine,
        prng: createPrng(prng.nextUint32()),
        logger: silentLogger,
      },
      {
        id: this.id,
        settings: this.#settings,
        ...(bootstrap === undefined ? {} : { bootstrap }),
        onRoleChange: ({ role, term }) => {
          if (role === 'leader') this.#components.onLeader(this, term)
        },
        onFatal: (error) => {
          throw error instanceof Violation
            ? error
            : new Violation('no fatal error', `${this.id}: ${error.stack}`)
        },
      },
    )
    this.driver.start((error) => {
      if (error !== undefined) throw new Violation('starts again', `${this.id}: ${error.message}`)
    })
  }

  crash(): void {
    if (!this.alive) return
    this.crashes++
    this.#incarnation++
    this.driver = undefined
    this.machine = undefined
    this.#members = undefined
    this.pausedUntil = 0
    this.disk.crash()
  }

  /** Its disk is lost, and with it all it promised. */
  wipe(): void {
    this.disk.wipe()
    this.#snapshots.clear()
    this.mirror.load(undefined)
    this.#components.checks.wiped(this.id)
    this.member = { ...this.member, peerId: `${this.member.peerId}'` }
  }

  /** Asks `other` who the members are, as a node does that hears of no leader. */
  lookUp(other: SimNode): void {
    const members = other.driver?.config.members ?? []
    if (members.length > 0) this.driver?.learnMembers(members)
  }

  /** Does this node hold `peerId` to be the member `id`? Streams to and from others are refused. */
  knows(id: NodeId, peerId: string): boolean {
    return this.#members === undefined || this.#members.get(id) === peerId
  }

  deliver(message: Message, state?: MachineState): void {
    this.schedule(0, () => {
      if (message.type === 'snapshot' && state !== undefined) {
        this.#snapshots.set(snapshotKey(message.snapshot), state)
      }
      this.driver?.receive(message)
    })
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
    return {
      send: (message) => {
        this.#components.checks.sent(message, this.mirror)
        this.#components.send(message, this)
      },
      sendSnapshot: (message, done) => {
        const state = this.#snapshots.get(snapshotKey(message.snapshot))
        if (state === undefined) {
          this.schedule(0, () => done(new Error('that snapshot is gone'), undefined))
          return
        }
        const incarnation = this.#incarnation
        this.#components.sendSnapshot(message, state, (ok) => {
          if (incarnation !== this.#incarnation) return
          this.schedule(0, () => done(ok ? undefined : new Error('transfer broken'), undefined))
        })
      },
      setMembers: (members) => {
        this.#members = new Map(members.map((member) => [member.id, member.peerId]))
      },
    }
  }

  #snapshotStore(): SnapshotStore {
    return {
      save: (snapshot, capture, done) => {
        this.schedule(this.#components.prng.between(1_000, 50_000), () => {
          // Only ever handed the captures of SimMachine.
          this.#snapshots.set(snapshotKey(snapshot), (capture as SimCapture).state)
          done(undefined)
        })
      },
      retain: (snapshot) => {
        for (const [key, state] of this.#snapshots)
          if (state.index < snapshot.index) this.#snapshots.delete(key)
      },
    }
  }

  /** The real log store, watched: what it says is done is what the checks believe to be on disk. */
  #observed(store: LogStore): LogStore {
    const { checks } = this.#components
    return {
      load: (done) =>
        store.load((error, stored) => {
          if (error === undefined) {
            this.mirror.load(stored)
            checks.sawTerm(this.id, this.mirror.term)
          }
          done(error, stored)
        }),
      write: (write, done) =>
        store.write(write, (error) => {
          if (error === undefined) {
            const first = write.entries[0]
            const before = first === undefined ? undefined : this.#termBefore(first.index, write.snapshot)
            this.mirror.wrote(write)
            checks.sawTerm(this.id, this.mirror.term)
            checks.wrote(write.entries, before)
          }
          done(error)
        }),
      compact: (snapshot, through, done) =>
        store.compact(snapshot, through, (error) => {
          if (error === undefined) this.mirror.compacted(snapshot, through)
          done(error)
        }),
    }
  }

  #termBefore(index: number, snapshot: SnapshotMeta | undefined): number | undefined {
    if (index === 1) return 0
    if (snapshot !== undefined) return snapshot.index === index - 1 ? snapshot.term : undefined
    return this.mirror.entries.get(index - 1)
  }
}

function snapshotKey(snapshot: SnapshotMeta): string {
  return `${snapshot.index}-${snapshot.term}`
}
