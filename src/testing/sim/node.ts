/** One simulated node: what survives its processes, and the one that runs now. */
import type { Prng } from '../../base/index.ts'
import type { Member, NodeId, StoredLog } from '../../raft/index.ts'
import { SimDisk } from './disk.ts'
import type { EventQueue } from './event-queue.ts'
import { SimFiles } from './files.ts'
import { SimKvFiles } from './kv-database.ts'
import { DurableMirror } from './mirror.ts'
import { type ProcessComponents, type ProcessInit, SimProcess } from './process.ts'

export interface SimNodeComponents extends ProcessComponents {
  readonly events: EventQueue
  readonly prng: Prng
}

export interface SimNodeInit extends Omit<ProcessInit, 'bootstrap'> {
  /** Its peer id changes when its disk, and with it its key, is lost. */
  readonly member: Member
  /** Position among all nodes. */
  readonly number: number
  /** For tests of the checks: false loses with the power what was said to be synced. */
  readonly syncs: boolean
}

/** The simulated clocks begin here: 2030-01-01. */
const EPOCH_MS = 1_893_456_000_000

export class SimNode {
  member: Member
  readonly number: number
  readonly mirror = new DurableMirror()
  readonly disk: SimDisk
  readonly files: SimFiles
  readonly kvFiles = new SimKvFiles()
  readonly #components: SimNodeComponents
  readonly #init: SimNodeInit
  #boots = 0
  #process: SimProcess | undefined
  /** Disk operations take up to this long, microseconds. */
  diskLatencyMaxUs = DISK_LATENCY_MAX_US
  /** Until then no disk operation ends. */
  diskStalledUntil = 0
  /** Every write fails until there is room again. */
  diskFull = false
  /** The next write fails. */
  writeFailsOnce = false
  /** A write of the process that runs now, or ran last, has failed. */
  writeFailed = false
  /** How far its wall clock is off. */
  wallOffsetMs = 0
  /** It did not found the cluster, and was told whom to ask to be taken in. */
  joined = false
  /** It cannot be started: its disk is damaged, or the operator has taken it away. */
  outOfService = false

  constructor(components: SimNodeComponents, init: SimNodeInit) {
    this.member = init.member
    this.number = init.number
    this.#components = components
    this.#init = init
    this.disk = new SimDisk(
      {
        prng: components.prng.fork(),
        latencyUs: () => this.diskLatencyUs(),
        schedule: (delayUs, run) => {
          this.#process?.schedule(delayUs, run)
        },
        writeError: () => this.writeError(),
      },
      { syncs: init.syncs },
    )
    this.files = new SimFiles(components.prng.fork())
  }

  get id(): NodeId {
    return this.member.id
  }

  get process(): SimProcess | undefined {
    return this.#process
  }

  /** The process, once it takes part. */
  get running(): SimProcess | undefined {
    return this.#process?.driver.started === true ? this.#process : undefined
  }

  /** Names this run of its operating system. */
  get bootId(): string {
    return `boot ${this.#boots} of ${this.member.peerId}`
  }

  wallClockMs(): number {
    return EPOCH_MS + Math.floor(this.#components.events.now / 1000) + this.wallOffsetMs
  }

  diskLatencyUs(): number {
    const { events, prng } = this.#components
    const stall = Math.max(0, this.diskStalledUntil - events.now)
    return stall + prng.between(50, this.diskLatencyMaxUs)
  }

  /** Why a write that ends now fails; undefined if it does not. */
  writeError(): string | undefined {
    if (!this.diskFull && !this.writeFailsOnce) return undefined
    this.writeFailsOnce = false
    this.writeFailed = true
    return this.diskFull ? 'no space left on device' : 'input/output error'
  }

  start(bootstrap?: readonly Member[]): void {
    if (this.#process !== undefined || this.outOfService) return
    this.writeFailed = false
    this.#process = new SimProcess(this, this.#components, { ...this.#init, bootstrap })
    this.#process.start()
  }

  /** The process dies. The system, and what it was handed, live on. */
  kill(): void {
    if (this.#process === undefined) return
    this.#process.kill()
    this.#process = undefined
    this.disk.killed()
  }

  /** The whole machine stops at once. */
  losePower(): void {
    this.kill()
    this.disk.powerLost()
    this.files.powerLost()
    this.kvFiles.powerLost(this.#components.prng)
    this.#boots++
  }

  /** Its disk is lost, and with it all it promised. */
  wipe(): void {
    this.disk.wipe()
    this.files.wipe()
    this.kvFiles.wipe()
    this.mirror.wipe()
    this.#components.checks.wiped(this.id)
    this.member = { ...this.member, peerId: `${this.member.peerId}'` }
    this.outOfService = false
    this.joined = true
  }

  /** Its log was read at a start. */
  loaded(stored: StoredLog | undefined): void {
    if (this.#init.syncs) this.mirror.check(this.id, stored)
    else this.mirror.adopt(stored)
  }

  /** Is something on its disk not what was written? */
  get damaged(): boolean {
    return this.disk.damaged.length > 0 || this.files.damaged
  }
}

export const DISK_LATENCY_MAX_US = 3_000
