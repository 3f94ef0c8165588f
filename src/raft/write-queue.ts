/**
 * Group commit: whatever the core hands out while the disk is busy becomes the next single write.
 * Messages that vouch for a write leave when it and all before it are done.
 */
import type { HardState, Message, Ready, SnapshotMeta } from './core/types.ts'
import type { LogWrite } from './types.ts'

export interface PendingWrite extends LogWrite {
  /** Highest write number of the core that it covers. */
  readonly seq: number
  /** To be sent once it is done. More may be added while it is under way. */
  readonly messages: Message[]
}

interface Draft {
  seq: number
  hardState: HardState | undefined
  snapshot: SnapshotMeta | undefined
  entries: Ready['entries'][number][]
  messages: Message[]
}

export class WriteQueue {
  #draft: Draft | undefined
  #current: PendingWrite | undefined

  /** The write under way. */
  get current(): PendingWrite | undefined {
    return this.#current
  }

  get idle(): boolean {
    return this.#current === undefined && this.#draft === undefined
  }

  /** Takes over what is to be written. Returns the messages that need not wait for any write. */
  add(ready: Ready): readonly Message[] {
    if (ready.seq === 0) {
      const waiting = this.#draft ?? this.#current
      if (waiting === undefined) return ready.messagesAfterPersist
      waiting.messages.push(...ready.messagesAfterPersist)
      return []
    }
    this.#draft ??= { seq: 0, hardState: undefined, snapshot: undefined, entries: [], messages: [] }
    const draft = this.#draft
    draft.seq = ready.seq
    draft.hardState = ready.hardState ?? draft.hardState
    if (ready.snapshot !== undefined) {
      draft.snapshot = ready.snapshot
      draft.entries = []
    }
    const first = ready.entries[0]
    if (first !== undefined) {
      const replacedFrom = draft.entries.findIndex((entry) => entry.index >= first.index)
      if (replacedFrom !== -1) draft.entries.length = replacedFrom
      for (const entry of ready.entries) draft.entries.push(entry)
    }
    draft.messages.push(...ready.messagesAfterPersist)
    return []
  }

  /** Makes what has gathered the current write, if the disk is free and there is something. */
  begin(): PendingWrite | undefined {
    if (this.#current !== undefined || this.#draft === undefined) return undefined
    this.#current = this.#draft
    this.#draft = undefined
    return this.#current
  }

  finish(): void {
    this.#current = undefined
  }
}
