/**
 * What a single copy of each object would answer. Models are pure: a state is never changed, and the
 * same state, input and output always lead to the same state.
 */

/** A value held by an object; `null` stands for none. */
export type Value = string | number | boolean | null

export interface Model<State extends object | Value, Input, Output> {
  readonly name: string
  readonly init: State
  /**
   * The state after the operation, or undefined if the object could not have answered `output` here.
   * An `output` of undefined is an answer nobody saw: any will do.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined
  /**
   * Whether the operation, so answered, leaves every state in which it is possible as it is. Saying no
   * is always right; saying yes spares much of the search.
   */
  onlyReads?(input: Input, output: Output | undefined): boolean
  /**
   * Whether the answered operation may become possible in this state or in any that can follow it.
   * Saying yes is always right; saying no ends a hopeless search at once.
   */
  mayFollow?(state: State, input: Input, output: Output): boolean
  /** Equal texts for equal states, different texts for different ones. */
  key(state: State): string
  /**
   * The part of the object that the operation touches, undefined for all of it. Parts must not
   * influence each other: then a history is linearizable exactly if each part's is (Herlihy & Wing 1990).
   */
  partition?(input: Input): string | undefined
}

export type RegisterInput =
  | { readonly type: 'read' }
  | { readonly type: 'write'; readonly value: Value }
  | { readonly type: 'cas'; readonly expected: Value; readonly value: Value }

/** A read's value, whether a compare-and-set took place, `null` for a write. */
export type RegisterOutput = Value

/** One cell that can be read, written, and written on condition of its value. */
export const casRegister: Model<Value, RegisterInput, RegisterOutput> = {
  name: 'cas-register',
  init: null,
  step: stepCell,
  onlyReads: onlyReadsCell,
  key: (value) => JSON.stringify(value),
}

/** The same without conditional writes. */
export const register: Model<Value, Exclude<RegisterInput, { type: 'cas' }>, RegisterOutput> = {
  ...casRegister,
  name: 'register',
}

export type KvInput =
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'put'; readonly key: string; readonly value: Value }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'cas'; readonly key: string; readonly expected: Value; readonly value: Value }

/** As for the register; `null` also for a deletion. */
export type KvOutput = Value

/** A map of such cells; a missing key reads as `null`. */
export const kvMap: Model<ReadonlyMap<string, Value>, KvInput, KvOutput> = {
  name: 'kv-map',
  init: new Map(),
  step: (state, input, output) => {
    const old = state.get(input.key) ?? null
    const next = stepCell(old, cellInput(input), output)
    if (next === undefined || next === old) return next === undefined ? undefined : state
    const copy = new Map(state)
    if (next === null) copy.delete(input.key)
    else copy.set(input.key, next)
    return copy
  },
  onlyReads: (input, output) => onlyReadsCell(cellInput(input), output),
  key: (state) => JSON.stringify([...state].sort(([a], [b]) => (a < b ? -1 : 1))),
  partition: (input) => input.key,
}

export type SetInput =
  | { readonly type: 'add'; readonly element: string }
  | { readonly type: 'contains'; readonly element: string }
  | { readonly type: 'read' }

/** All elements for `read`, a yes or no for `contains`, `null` for `add`. */
export type SetOutput = boolean | null | readonly string[]

/** A set that only grows. Reading all of it ties the elements together, so that it cannot be split then. */
export const growOnlySet: Model<ReadonlySet<string>, SetInput, SetOutput> = {
  name: 'set',
  init: new Set(),
  step: (state, input, output) => {
    switch (input.type) {
      case 'add':
        return state.has(input.element) ? state : new Set(state).add(input.element)
      case 'contains':
        return output === undefined || output === state.has(input.element) ? state : undefined
      case 'read':
        return output === undefined || holdsExactly(state, output) ? state : undefined
    }
  },
  onlyReads: ({ type }) => type !== 'add',
  mayFollow: (state, input, output) => {
    if (input.type === 'contains') return output === true || !state.has(input.element)
    return !Array.isArray(output) || isSubset(state, output)
  },
  key: (state) => JSON.stringify([...state].sort()),
  partition: (input) => (input.type === 'read' ? undefined : input.element),
}

function stepCell(old: Value, input: RegisterInput, output: Value | undefined): Value | undefined {
  switch (input.type) {
    case 'read':
      return output === undefined || output === old ? old : undefined
    case 'write':
      return input.value
    case 'cas': {
      const matches = old === input.expected
      if (output !== undefined && output !== matches) return undefined
      return matches ? input.value : old
    }
  }
}

function onlyReadsCell({ type }: RegisterInput, output: Value | undefined): boolean {
  return type === 'read' || (type === 'cas' && output === false)
}

function cellInput(input: KvInput): RegisterInput {
  switch (input.type) {
    case 'get':
      return { type: 'read' }
    case 'put':
      return { type: 'write', value: input.value }
    case 'delete':
      return { type: 'write', value: null }
    case 'cas':
      return input
  }
}

/** A read that returns an element twice fits no state. */
function holdsExactly(state: ReadonlySet<string>, output: SetOutput): boolean {
  if (!Array.isArray(output) || output.length !== state.size) return false
  return isSubset(state, output)
}

/** With as many elements in the output as in the state, this also makes them equal. */
function isSubset(state: ReadonlySet<string>, output: readonly string[]): boolean {
  const elements = new Set(output)
  return [...state].every((element) => elements.has(element))
}
