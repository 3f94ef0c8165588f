/** A state machine that is nothing but the fingerprint of all it applied, checked at every step. */
import type { Callback, Entry, SnapshotCapture, SnapshotMeta, StateMachine } from '../../raft/index.ts'
import type { Checks } from './checks.ts'

export interface MachineState {
  readonly index: number
  readonly chain: string
}

export interface SimCapture extends SnapshotCapture {
  readonly state: MachineState
}

export interface SimMachineComponents {
  readonly checks: Checks
  readonly schedule: (run: () => void) => void
  readonly stored: (snapshot: SnapshotMeta) => MachineState | undefined
}

export class SimMachine implements StateMachine {
  readonly #id: string
  readonly #components: SimMachineComponents
  state: MachineState = { index: 0, chain: '' }

  constructor(id: string, components: SimMachineComponents) {
    this.#id = id
    this.#components = components
  }

  apply(entries: readonly Entry[], done: Callback<readonly unknown[]>): void {
    this.#components.schedule(() => {
      for (const entry of entries) {
        const { index, chain } = this.state
        if (entry.index !== index + 1) throw new Error(`applied index jumps from ${index} to ${entry.index}`)
        this.state = { index: entry.index, chain: this.#components.checks.applied(this.#id, entry, chain) }
      }
      done(
        undefined,
        entries.map((entry) => entry.index),
      )
    })
  }

  capture(done: Callback<SnapshotCapture>): void {
    this.#components.schedule(() => {
      const capture: SimCapture = {
        state: this.state,
        release: () => {},
        chunks: () => {
          throw new Error('simulated captures are not streamed')
        },
      }
      done(undefined, capture)
    })
  }

  restore(snapshot: SnapshotMeta, done: Callback): void {
    this.#components.schedule(() => {
      const state = this.#components.stored(snapshot)
      if (state === undefined) {
        done(new Error(`snapshot ${snapshot.index} is not stored here`))
        return
      }
      this.state = state
      done(undefined)
    })
  }
}
