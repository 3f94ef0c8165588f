/** Checkers too slow for anything but tiny histories, and too simple to be wrong. */
import {
  type History,
  type ListAppendHistory,
  type ListAppendInput,
  type ListAppendOutput,
  type Model,
  type Operation,
  precedes,
  type Value,
} from '../../../src/testing/checkers/index.ts'

/**
 * Tries every order: each answered operation once, each unknown one at most once, failed ones never.
 * Answered ones that are not `required` may be left out as well.
 */
export function isLinearizable<State extends object | Value, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  required: (operation: Operation<Input, Output>) => boolean = () => true,
): boolean {
  const place = (state: State, left: History<Input, Output>): boolean => {
    if (!left.some((operation) => operation.kind === 'ok' && required(operation))) return true
    return left.some((operation) => {
      if (left.some((other) => precedes(other, operation))) return false
      const output = operation.kind === 'ok' ? operation.output : undefined
      const next = model.step(state, operation.input, output)
      return (
        next !== undefined &&
        place(
          next,
          left.filter((other) => other !== operation),
        )
      )
    })
  }
  return place(
    model.init,
    history.filter(({ kind }) => kind !== 'fail'),
  )
}

/** List-append transactions as operations on one object that holds every list. */
export const lists: Model<Readonly<Record<string, readonly number[]>>, ListAppendInput, ListAppendOutput> = {
  name: 'lists',
  init: {},
  step: (before, input, output) => {
    const state = { ...before }
    for (const [i, step] of input.entries()) {
      const list = state[step.key] ?? []
      if (step.type === 'append') state[step.key] = [...list, step.value]
      else if (output !== undefined && String(output[i]) !== String(list)) return undefined
    }
    return state
  },
  key: (state) => JSON.stringify(state),
}

/** The same history without its real-time order. */
export function untimed(history: ListAppendHistory): ListAppendHistory {
  return history.map((operation, i): Operation<ListAppendInput, ListAppendOutput> => {
    const asked = { client: `c${i}`, invokedAt: 0, completedAt: 1, input: operation.input }
    return operation.kind === 'ok'
      ? { ...asked, kind: 'ok', output: operation.output }
      : { ...asked, kind: operation.kind }
  })
}
