/**
 * Whether the operations of one part of an object can be put in an order that its model allows and
 * that respects real time: the search of Wing & Gong (1993) over a linked list of calls and returns,
 * with the configurations already seen remembered and operations taken no earlier than need be (Lowe,
 * "Testing for linearizability", 2017).
 *
 * A configuration is what has been placed so far plus the model's state. An operation may come next if
 * its call stands before the first return in the list, for that return's operation is the next that has
 * to be placed. The list only holds what is not placed, so that its calls up to the first return are the
 * candidates.
 *
 * Operations whose outcome is unknown have no return: they stay candidates for ever and need never be
 * placed. Without care each doubles the work. Four rules keep it down; each only drops orders for which
 * another one, no longer and with no more unknown operations, is still tried:
 *  - an answered operation that only reads and fits goes first, and nothing else is tried there;
 *  - of unknown operations with equal inputs, the earliest goes first;
 *  - a configuration is dropped if one was seen with the same answered operations and state, and with
 *    a subset of its unknown ones;
 *  - an unknown operation must matter: when the operations since would have led to the same state
 *    without it, this branch is dropped.
 */
import { effectEndsAt, type Operation } from './history.ts'
import type { Model, Value } from './models.ts'

export type SearchResult<Input, Output> =
  | { readonly found: true }
  | {
      readonly found: false
      /** Whether every order has been tried; if not, the budget ended first. */
      readonly exhausted: boolean
      /** How many operations, by time of return, could be placed at the same time. */
      readonly placeable: number
    }
  | {
      readonly found: 'placed'
      readonly prefix: readonly Operation<Input, Output>[]
      readonly pending: readonly Operation<Input, Output>[]
      readonly state: string
    }

interface Item<Input, Output> {
  readonly operation: Operation<Input, Output>
  readonly output: Output | undefined
  /** Place among the answered operations by time of return; -1 if unknown. */
  readonly rank: number
  /** The unknown operation's bit in a set of them. */
  readonly bit: bigint
  /** Equal for unknown operations that are interchangeable. */
  readonly alike: string
}

/** What stands before the first entry, and every entry. */
interface Link<Input, Output> {
  next: Entry<Input, Output> | undefined
}

interface Entry<Input, Output> extends Link<Input, Output> {
  readonly item: Item<Input, Output>
  readonly isCall: boolean
  previous: Link<Input, Output>
}

/** A state of the model. There is one such object for each key, so that equal states are the same object. */
interface Known<State, Input, Output> {
  readonly state: State
  readonly key: string
  readonly number: number
  /** The state after each operation tried here; undefined where it is impossible. */
  readonly after: Map<Item<Input, Output>, Known<State, Input, Output> | undefined>
}

interface Move<State, Input, Output> {
  readonly call: Entry<Input, Output>
  readonly state: Known<State, Input, Output>
  /** The state had the last unknown operation not been placed; undefined once it has mattered. */
  readonly without: Known<State, Input, Output> | undefined
  /** Whether nothing else need be tried. */
  readonly isForced: boolean
}

interface Configuration<State, Input, Output> {
  readonly state: Known<State, Input, Output>
  readonly without: Known<State, Input, Output> | undefined
  /** All answered operations of a lower rank are placed. */
  readonly target: number
  /** Ranks above the target that are placed too, ascending. */
  readonly ahead: readonly number[]
  readonly unknownPlaced: bigint
  /** The call whose placing led here; undefined for the first. */
  readonly placed: Entry<Input, Output> | undefined
  /** What to try next, and how much of it has been tried. */
  moves: readonly Move<State, Input, Output>[]
  movesTried: number
  /** Whether the moves of unknown operations, tried last, are still to be found. */
  unknownsLeft: boolean
}

/** A configuration before anything was tried from it. */
type Untried<State, Input, Output> = Omit<
  Configuration<State, Input, Output>,
  'moves' | 'movesTried' | 'unknownsLeft'
>

export interface SearchOptions {
  /** Steps of the model before giving up. */
  readonly stepsMax: number
  /** Bytes that may be spent on remembering, roughly, before giving up. */
  readonly bytesMax: number
  /** Stop as soon as all operations below this rank are placed, and say how. */
  readonly stopAt?: number
}

/** What an entry of a map costs beside its text. */
const BYTES_PER_MEMORY = 60

export class LinearizationSearch<State extends object | Value, Input, Output> {
  readonly #model: Model<State, Input, Output>
  readonly #head: Link<Input, Output> = { next: undefined }
  readonly #returns = new Map<Item<Input, Output>, Entry<Input, Output>>()
  readonly #answered: number
  readonly #stepsMax: number
  readonly #bytesMax: number
  readonly #stopAt: number
  readonly #states = new Map<string, Known<State, Input, Output>>()
  /** By answered operations and state: the sets of unknown operations seen with them. */
  readonly #seen = new Map<string, bigint[]>()
  #steps = 0
  #bytes = 0

  constructor(
    model: Model<State, Input, Output>,
    operations: readonly Operation<Input, Output>[],
    options: SearchOptions,
  ) {
    this.#model = model
    this.#stepsMax = options.stepsMax
    this.#bytesMax = options.bytesMax
    const items = itemsOf(model, operations)
    this.#answered = items.filter(({ rank }) => rank !== -1).length
    this.#stopAt = options.stopAt ?? this.#answered
    this.#link(items)
  }

  run(): SearchResult<Input, Output> {
    const path: Configuration<State, Input, Output>[] = []
    const enter = (made: Untried<State, Input, Output>): void => {
      const moves = this.#answeredMoves(made)
      path.push({ ...made, moves, movesTried: 0, unknownsLeft: !moves.some(({ isForced }) => isForced) })
    }
    let placeable = 0
    const start = { target: 0, ahead: [], unknownPlaced: 0n, placed: undefined, without: undefined }
    enter({ ...start, state: this.#known(this.#model.init) })
    for (let current = path.at(-1); current !== undefined; current = path.at(-1)) {
      placeable = Math.max(placeable, current.target)
      if (current.target >= this.#stopAt) {
        return this.#stopAt === this.#answered ? { found: true } : this.#describe(path, current)
      }
      if (this.#steps > this.#stepsMax || this.#bytes > this.#bytesMax)
        return { found: false, exhausted: false, placeable }
      const move = current.moves[current.movesTried++]
      if (move === undefined && current.unknownsLeft) {
        current.moves = this.#unknownMoves(current)
        current.movesTried = 0
        current.unknownsLeft = false
        continue
      }
      if (move === undefined) {
        path.pop()
        if (current.placed !== undefined) this.#putBack(current.placed)
        continue
      }
      const { call, state, without } = move
      const { target, ahead } = advance(current.target, current.ahead, call.item.rank)
      const unknownPlaced = current.unknownPlaced | call.item.bit
      if (this.#seenBefore(`${target}:${ahead.join()}:${state.number}`, unknownPlaced)) continue
      this.#takeOut(call)
      if (!this.#hasHope(state.state)) {
        this.#putBack(call)
        continue
      }
      enter({ target, ahead, unknownPlaced, state, without, placed: call })
    }
    return { found: false, exhausted: true, placeable }
  }

  #answeredMoves(from: Untried<State, Input, Output>): Move<State, Input, Output>[] {
    const moves: Move<State, Input, Output>[] = []
    for (let entry = this.#head.next; entry?.isCall; entry = entry.next) {
      if (entry.item.rank === -1) continue
      const move = this.#moveBy(entry, from)
      if (move?.isForced) return [move]
      if (move !== undefined) moves.push(move)
    }
    // The one that must be placed soonest goes first.
    return moves.sort((a, b) => a.call.item.rank - b.call.item.rank)
  }

  #unknownMoves(from: Untried<State, Input, Output>): Move<State, Input, Output>[] {
    const moves: Move<State, Input, Output>[] = []
    const alikeSeen = new Set<string>()
    for (let entry = this.#head.next; entry?.isCall; entry = entry.next) {
      const { rank, alike } = entry.item
      if (rank !== -1 || alikeSeen.has(alike)) continue
      alikeSeen.add(alike)
      const move = this.#moveBy(entry, from)
      if (move !== undefined && move.state !== from.state) moves.push({ ...move, without: from.state })
    }
    return moves
  }

  #moveBy(
    call: Entry<Input, Output>,
    { state, without }: Untried<State, Input, Output>,
  ): Move<State, Input, Output> | undefined {
    const { item } = call
    const next = this.#step(state, item)
    if (next === undefined) return undefined
    const nextWithout = without === undefined ? undefined : this.#step(without, item)
    if (nextWithout === next) return undefined
    const { output } = item
    const isForced = output !== undefined && this.#model.onlyReads?.(item.operation.input, output) === true
    return { call, state: next, without: nextWithout, isForced }
  }

  /** Whether nothing that is under way and was answered has become impossible for good. */
  #hasHope(state: State): boolean {
    if (this.#model.mayFollow === undefined) return true
    for (let entry = this.#head.next; entry?.isCall; entry = entry.next) {
      const { operation, output } = entry.item
      if (output !== undefined && !this.#model.mayFollow(state, operation.input, output)) return false
    }
    return true
  }

  #step(
    from: Known<State, Input, Output>,
    item: Item<Input, Output>,
  ): Known<State, Input, Output> | undefined {
    this.#steps++
    if (from.after.has(item)) return from.after.get(item)
    const next = this.#model.step(from.state, item.operation.input, item.output)
    const known = next === undefined ? undefined : this.#known(next)
    from.after.set(item, known)
    this.#bytes += BYTES_PER_MEMORY
    return known
  }

  #known(state: State): Known<State, Input, Output> {
    const key = this.#model.key(state)
    const old = this.#states.get(key)
    if (old !== undefined) return old
    const known = { state, key, number: this.#states.size, after: new Map() }
    this.#states.set(key, known)
    this.#bytes += key.length + BYTES_PER_MEMORY
    return known
  }

  #seenBefore(key: string, unknownPlaced: bigint): boolean {
    this.#bytes += key.length + BYTES_PER_MEMORY
    const sets = this.#seen.get(key)
    if (sets === undefined) {
      this.#seen.set(key, [unknownPlaced])
      return false
    }
    if (sets.some((set) => (set & ~unknownPlaced) === 0n)) return true
    sets.push(unknownPlaced)
    return false
  }

  #describe(
    path: readonly Configuration<State, Input, Output>[],
    { state }: Configuration<State, Input, Output>,
  ): SearchResult<Input, Output> {
    const prefix = path.flatMap(({ placed }) => (placed === undefined ? [] : [placed.item.operation]))
    const pending: Operation<Input, Output>[] = []
    for (let entry = this.#head.next; entry?.isCall; entry = entry.next) pending.push(entry.item.operation)
    return { found: 'placed', prefix, pending, state: state.key }
  }

  #link(items: readonly Item<Input, Output>[]): void {
    const entry = (item: Item<Input, Output>, isCall: boolean): Entry<Input, Output> => {
      return { item, isCall, previous: this.#head, next: undefined }
    }
    const timed = items.flatMap((item) => {
      const call = { at: item.operation.invokedAt, entry: entry(item, true) }
      if (item.rank === -1) return [call]
      const back = entry(item, false)
      this.#returns.set(item, back)
      return [call, { at: effectEndsAt(item.operation), entry: back }]
    })
    // At equal times calls go first, which makes the operations overlap; returns keep to their ranks.
    timed.sort(
      (a, b) =>
        a.at - b.at ||
        Number(b.entry.isCall) - Number(a.entry.isCall) ||
        a.entry.item.rank - b.entry.item.rank,
    )
    let last = this.#head
    for (const { entry: each } of timed) {
      each.previous = last
      last.next = each
      last = each
    }
  }

  #takeOut(call: Entry<Input, Output>): void {
    unlink(call)
    const back = this.#returns.get(call.item)
    if (back !== undefined) unlink(back)
  }

  /** Undoes the latest `#takeOut`, in the opposite order. */
  #putBack(call: Entry<Input, Output>): void {
    const back = this.#returns.get(call.item)
    if (back !== undefined) relink(back)
    relink(call)
  }
}

function itemsOf<State extends object | Value, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): Item<Input, Output>[] {
  const sorted = [...operations].sort(
    (a, b) => compare(effectEndsAt(a), effectEndsAt(b)) || a.invokedAt - b.invokedAt,
  )
  const items: Item<Input, Output>[] = []
  let rank = 0
  let bit = 1n
  for (const operation of sorted) {
    if (operation.kind === 'ok') {
      items.push({ operation, output: operation.output, rank: rank++, bit: 0n, alike: '' })
    } else if (operation.kind === 'unknown' && !model.onlyReads?.(operation.input, undefined)) {
      const alike = JSON.stringify(operation.input)
      items.push({ operation, output: undefined, rank: -1, bit, alike })
      bit <<= 1n
    }
  }
  return items
}

/** Unlike subtraction, good for two infinities as well. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Counts the operation of this rank as placed; -1 stands for none. */
function advance(
  target: number,
  ahead: readonly number[],
  rank: number,
): { readonly target: number; readonly ahead: readonly number[] } {
  if (rank === -1) return { target, ahead }
  if (rank !== target) return { target, ahead: [...ahead, rank].sort((a, b) => a - b) }
  let passed = 0
  while (ahead[passed] === target + 1 + passed) passed++
  return { target: target + 1 + passed, ahead: passed === 0 ? ahead : ahead.slice(passed) }
}

function unlink<Input, Output>(entry: Entry<Input, Output>): void {
  entry.previous.next = entry.next
  if (entry.next !== undefined) entry.next.previous = entry.previous
}

function relink<Input, Output>(entry: Entry<Input, Output>): void {
  entry.previous.next = entry
  if (entry.next !== undefined) entry.next.previous = entry
}
