/**
 * The state machine as the driver sees it: a fingerprint of all that was applied, checked at every
 * step, and in most worlds the node's real one behind it. What the real one does with promises takes
 * place at one moment of virtual time; how long it seems to take is drawn.
 */
import { toError } from '../../base/index.ts'
import type { KvMachine } from '../../kv/index.ts'
import { type CommandResult, NodeStateMachine } from '../../node/index.ts'
import type {
  Callback,
  Entry,
  SnapshotCapture,
  SnapshotMeta,
  Snapshots,
  StateMachine,
} from '../../raft/index.ts'
import type { SqlMachine } from '../../sql/index.ts'
import { type Checks, EMPTY_CHAIN } from './checks.ts'
import { Hasher } from './hash.ts'

export interface MachineState {
  readonly index: number
  readonly chain: number
}

/** The node's machines, as clients read them. */
export interface RealMachines {
  readonly kv: KvMachine
  readonly sql: SqlMachine
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface SimMachineComponents {
  readonly checks: Checks
  /** Runs after a drawn time, unless the process is dead by then. */
  readonly later: (run: () => void) => void
  /** Promises were begun. */
  readonly stir: () => void
  readonly snapshots: Pick<Snapshots, 'openForRestore'>
  readonly awaited: (entry: Entry) => boolean
  /** Undefined in worlds where the fingerprint is all there is. */
  readonly real: RealMachines | undefined
  /** For tests of the checks: some writes are acknowledged and never made. */
  readonly forgets: boolean
}

/** Index and fingerprint, in front of what the real machine says. */
const HEADER_BYTES = 16
/** Without a real machine, some of this is said, too, so that transfers take several steps. */
const FILLER = new Uint8Array(2_000)

export class SimMachine implements StateMachine {
  readonly #id: string
  readonly #components: SimMachineComponents
  readonly #inner: NodeStateMachine | undefined
  state: MachineState = { index: 0, chain: EMPTY_CHAIN }
  /** The real machine is changing, or being captured. */
  busy = false

  constructor(id: string, components: SimMachineComponents) {
    this.#id = id
    this.#components = components
    const { real, snapshots, awaited } = components
    this.#inner =
      real &&
      new NodeStateMachine(
        {
          ...real,
          openSnapshot: async (snapshot) => withoutHeader(await snapshots.openForRestore(snapshot)),
        },
        { awaited },
      )
  }

  apply(entries: readonly Entry[], done: Callback<readonly unknown[]>): void {
    const { later, stir, forgets } = this.#components
    const inner = this.#inner
    later(() => {
      if (inner === undefined) {
        this.#applied(entries)
        done(undefined, entries.map(plainResult))
        return
      }
      stir()
      this.busy = true
      inner.apply(forgets ? entries.map(forget) : entries, (error, results) =>
        later(() => {
          this.busy = false
          if (error === undefined) this.#applied(entries)
          done(error, forgets && error === undefined ? entries.map(plainResult) : results)
        }),
      )
    })
  }

  #applied(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { index, chain } = this.state
      if (entry.index !== index + 1) throw new Error(`applied index jumps from ${index} to ${entry.index}`)
      this.state = { index: entry.index, chain: this.#components.checks.applied(this.#id, entry, chain) }
    }
  }

  capture(done: Callback<SnapshotCapture>): void {
    const { later, stir, real } = this.#components
    const inner = this.#inner
    later(() => {
      const { state } = this
      if (inner === undefined) {
        done(undefined, { chunks: () => fingerprintChunks(state), release: () => {} })
        return
      }
      stir()
      this.busy = true
      inner.capture((error, capture) => {
        const at = `${state.index}/${real?.kv.appliedIndex}`
        later(() => {
          this.busy = false
          if (error !== undefined) done(error, capture)
          else {
            done(undefined, {
              chunks: () => this.#checked(at, state, capture),
              release: () => capture.release(),
            })
          }
        })
      })
    })
  }

  async *#checked(at: string, state: MachineState, capture: SnapshotCapture): AsyncGenerator<Uint8Array> {
    const hasher = new Hasher()
    yield header(state)
    for await (const chunk of capture.chunks()) {
      hasher.bytes(chunk)
      yield chunk
    }
    this.#components.checks.captured(this.#id, at, hasher.value)
  }

  restore(snapshot: SnapshotMeta, done: Callback): void {
    const { later, stir } = this.#components
    later(() => {
      stir()
      this.#restore(snapshot).then(
        (state) =>
          later(() => {
            this.state = state
            done(undefined)
          }),
        (error: unknown) => later(() => done(toError(error))),
      )
    })
  }

  async #restore(snapshot: SnapshotMeta): Promise<MachineState> {
    const state = await readHeader(await this.#components.snapshots.openForRestore(snapshot))
    const inner = this.#inner
    if (inner === undefined) return state
    await new Promise<void>((resolve, reject) => {
      inner.restore(snapshot, (error) => (error === undefined ? resolve() : reject(error)))
    })
    return state
  }

  /** Fingerprints of all the real machines hold; equal for equal contents. */
  async digest(): Promise<string> {
    const { real } = this.#components
    if (real === undefined) return ''
    const hashes: number[] = []
    for (const machine of [real.kv, real.sql]) {
      const capture = await machine.capture()
      const hasher = new Hasher()
      for await (const chunk of capture.chunks()) hasher.bytes(chunk)
      capture.release()
      hashes.push(hasher.value)
    }
    return hashes.join()
  }
}

/** For tests of the checks: some writes come to nothing. */
function forget(entry: Entry): Entry {
  return entry.kind === 'command' && entry.index % 50 === 0 ? { ...entry, kind: 'noop' } : entry
}

/** As the real machine would answer the writes of a world that has none. */
function plainResult({ index }: Entry): CommandResult {
  const result = { kind: 'applied', revision: index, existed: [] } as const
  return { kind: 'kv', outcome: { kind: 'done', index, result } }
}

type Chunks = { chunks(): AsyncIterable<Uint8Array> }

function header({ index, chain }: MachineState): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setFloat64(0, index)
  view.setFloat64(8, chain)
  return bytes
}

async function* fingerprintChunks(state: MachineState): AsyncGenerator<Uint8Array> {
  yield header(state)
  yield FILLER.subarray(0, state.chain % FILLER.length)
}

async function readHeader(source: Chunks): Promise<MachineState> {
  const bytes = new Uint8Array(HEADER_BYTES)
  let filled = 0
  for await (const chunk of source.chunks()) {
    const part = chunk.subarray(0, HEADER_BYTES - filled)
    bytes.set(part, filled)
    filled += part.length
    if (filled === HEADER_BYTES) break
  }
  const view = new DataView(bytes.buffer)
  return { index: view.getFloat64(0), chain: view.getFloat64(8) }
}

function withoutHeader(source: Chunks): Chunks {
  return {
    async *chunks() {
      let missing = HEADER_BYTES
      for await (const chunk of source.chunks()) {
        const rest = chunk.subarray(missing)
        missing = Math.max(0, missing - chunk.length)
        if (rest.length > 0) yield rest
      }
    },
  }
}
