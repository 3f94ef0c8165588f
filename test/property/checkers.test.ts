/**
 * The checkers against executions that are right by construction, against the same with one answer
 * changed, and against naive twins that try every order.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPrng, type Prng } from '../../src/base/index.ts'
import {
  type BankInput,
  type BankOutput,
  type CounterInput,
  type CounterOutput,
  casRegister,
  checkBank,
  checkCounter,
  checkLinearizability,
  checkListAppend,
  checkSet,
  describeResult,
  growOnlySet,
  type History,
  type KvInput,
  kvMap,
  type ListAppendHistory,
  type ListAppendInput,
  type ListAppendOutput,
  type ListAppendStep,
  type Model,
  type Operation,
  type RegisterInput,
  type SetInput,
  type Value,
} from '../../src/testing/checkers/index.ts'
import { isLinearizable, lists, untimed } from '../unit/checkers/naive.ts'

interface Workload<State, Input, Output> {
  readonly operations: number
  readonly clients: number
  /** What an operation asks; `fresh` is never twice the same. */
  readonly ask: (prng: Prng, fresh: number) => Input
  /** The state after, and the answer. */
  readonly serve: (state: State, input: Input) => readonly [State, Output]
  readonly init: State
  /** Chances of losing an answer, and of being refused. */
  readonly unknown: number
  readonly fail: number
  /** Asked one after another when all clients are done, and always answered. */
  readonly finally?: readonly Input[]
}

/** A run of one real object whose operations overlap: each takes effect at a moment within its interval. */
function execute<State, Input, Output>(
  prng: Prng,
  workload: Workload<State, Input, Output>,
): Operation<Input, Output>[] {
  const { operations, clients, ask, serve, unknown, fail } = workload
  const freeAt = Array.from({ length: clients }, () => 0)
  const planned = Array.from({ length: operations }, (_, fresh) => {
    const client = prng.between(0, clients)
    const invokedAt = (freeAt[client] ?? 0) + prng.between(0, 4)
    const completedAt = invokedAt + prng.between(0, 12)
    freeAt[client] = completedAt
    const asked = { client: `c${client}`, invokedAt, completedAt, input: ask(prng, fresh) }
    const kind = prng.chance(unknown) ? 'unknown' : prng.chance(fail) ? 'fail' : 'ok'
    const late = prng.chance(0.5) ? prng.between(0, 100) : Number.POSITIVE_INFINITY
    const effectAt = kind === 'unknown' ? invokedAt + late : prng.between(invokedAt, completedAt + 1)
    return { asked, kind, effectAt, tie: prng.nextUint32() }
  })
  let state = workload.init
  const history: Operation<Input, Output>[] = []
  for (const { asked, kind, effectAt } of planned.sort((a, b) => a.effectAt - b.effectAt || a.tie - b.tie)) {
    if (kind === 'fail') {
      history.push({ ...asked, kind })
      continue
    }
    const isDone = effectAt !== Number.POSITIVE_INFINITY
    const [next, output] = serve(state, asked.input)
    if (isDone) state = next
    history.push(kind === 'ok' ? { ...asked, kind, output } : { ...asked, kind: 'unknown' })
  }
  let now = 1 + Math.max(0, ...freeAt, ...planned.flatMap(({ effectAt }) => (effectAt < 1e9 ? effectAt : [])))
  for (const input of workload.finally ?? []) {
    const [next, output] = serve(state, input)
    state = next
    history.push({ client: 'last', invokedAt: now, completedAt: now + 1, kind: 'ok', input, output })
    now += 2
  }
  return history.sort((a, b) => a.invokedAt - b.invokedAt)
}

/** Runs `check` on executions from many seeds. */
function forSeeds(numRuns: number, check: (prng: Prng) => void): void {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seed) => check(createPrng(seed))),
    { numRuns },
  )
}

/** The history with the answers of one or two answered operations replaced. */
function corrupt<Input, Output>(
  prng: Prng,
  history: History<Input, Output>,
  other: (output: Output, input: Input) => Output,
): Operation<Input, Output>[] {
  const copy = [...history]
  const answered = history.flatMap((operation, i) => (operation.kind === 'ok' ? [i] : []))
  for (let n = prng.between(1, 3); n > 0 && answered.length > 0; n--) {
    const i = prng.pick(answered)
    const operation = copy[i]
    if (operation?.kind === 'ok') copy[i] = { ...operation, output: other(operation.output, operation.input) }
  }
  return copy
}

/** Serves by a model, whose reads have no say in what they return. */
function serveBy<State extends object | Value, Input, Output>(
  model: Model<State, Input, Output>,
  answer: (state: State, input: Input) => Output,
): (state: State, input: Input) => readonly [State, Output] {
  return (state, input) => [model.step(state, input, undefined) ?? state, answer(state, input)]
}

const few = (prng: Prng): number => prng.between(0, 3)

const cell = {
  ask: (prng: Prng): RegisterInput => {
    const type = prng.pick(['read', 'read', 'write', 'cas'] as const)
    if (type === 'read') return { type }
    return type === 'write' ? { type, value: few(prng) } : { type, expected: few(prng), value: few(prng) }
  },
  answer: (value: Value, input: RegisterInput): Value =>
    input.type === 'read' ? value : input.type === 'cas' ? value === input.expected : null,
  other: (prng: Prng) => (output: Value, input: RegisterInput) =>
    input.type === 'read' ? few(prng) : input.type === 'cas' ? !output : output,
}

const registerRun = { init: casRegister.init, ask: cell.ask, serve: serveBy(casRegister, cell.answer) }

const kvRun = {
  init: kvMap.init,
  ask: (prng: Prng, fresh: number): KvInput => {
    const key = `k${prng.between(0, 2)}`
    const type = prng.pick(['get', 'get', 'put', 'delete', 'cas'] as const)
    if (type === 'put') return { type, key, value: prng.chance(0.5) ? fresh : few(prng) }
    return type === 'cas' ? { type, key, expected: few(prng), value: few(prng) } : { type, key }
  },
  serve: serveBy(kvMap, (state, input) => {
    const value = state.get(input.key) ?? null
    return input.type === 'get' ? value : input.type === 'cas' ? value === input.expected : null
  }),
}

const setRun = {
  init: growOnlySet.init,
  ask: (prng: Prng, fresh: number): SetInput => {
    const type = prng.pick(['add', 'contains', 'read'] as const)
    if (type === 'read') return { type }
    return { type, element: type === 'add' ? String(fresh) : String(prng.between(0, fresh + 1)) }
  },
  serve: serveBy(growOnlySet, (state, input) =>
    input.type === 'read' ? [...state] : input.type === 'contains' ? state.has(input.element) : null,
  ),
}

const appendRun = {
  init: lists.init,
  ask: (prng: Prng, fresh: number): ListAppendInput =>
    Array.from({ length: prng.between(1, 4) }, (_, i): ListAppendStep => {
      const key = prng.pick(['x', 'y'])
      return prng.chance(0.5) ? { type: 'append', key, value: 10 * fresh + i } : { type: 'read', key }
    }),
  serve: (before: typeof lists.init, input: ListAppendInput) => {
    const state: Record<string, readonly number[]> = { ...before }
    const output = input.map((step) => {
      if (step.type === 'read') return state[step.key] ?? []
      state[step.key] = [...(state[step.key] ?? []), step.value]
      return null
    })
    return [state, output] as const
  },
  finally: [
    [
      { type: 'read', key: 'x' },
      { type: 'read', key: 'y' },
    ],
  ] satisfies ListAppendInput[],
}

/** Verdicts met, so that a property whose cases are all alike is noticed. */
class Tally {
  readonly #counts = new Map<string, number>()
  add(verdict: string): void {
    this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1)
  }
  expectAtLeast(count: number, verdicts: readonly string[]): void {
    for (const verdict of verdicts) {
      expect(this.#counts.get(verdict) ?? 0, verdict).toBeGreaterThanOrEqual(count)
    }
  }
}

const tiny = { operations: 7, clients: 3, unknown: 0.2, fail: 0.1 }
const middling = { operations: 300, clients: 6, unknown: 0.05, fail: 0.05 }

describe('linearizability', () => {
  test('checkers - what one object answered is linearizable, however it overlapped', () => {
    const okay = <State extends object | Value, Input, Output>(
      model: Model<State, Input, Output>,
      history: History<Input, Output>,
    ): void => {
      const result = checkLinearizability(model, history)
      expect(result.verdict, describeResult(result)).toBe('ok')
    }
    forSeeds(40, (prng) => {
      okay(casRegister, execute(prng, { ...registerRun, ...middling }))
      okay(kvMap, execute(prng, { ...kvRun, ...middling }))
      okay(growOnlySet, execute(prng, { ...setRun, ...middling, operations: 100 }))
    })
  })

  test('checkers - ten thousand operations are within the budget, right or wrong', () => {
    const large = { operations: 10_000, clients: 10, unknown: 0.02, fail: 0.02 }
    const history = execute(createPrng(1), {
      ...kvRun,
      ...large,
      ask: (prng, fresh): KvInput => ({ ...kvRun.ask(prng, fresh), key: `k${prng.between(0, 5)}` }),
    })
    expect(checkLinearizability(kvMap, history).verdict).toBe('ok')
    // A value that nobody ever wrote, read late.
    const at = history.findLastIndex(({ kind, input }) => kind === 'ok' && input.type === 'get')
    const wrong = history.map((operation, i) =>
      i === at && operation.kind === 'ok' ? { ...operation, output: 'never' } : operation,
    )
    const result = checkLinearizability(kvMap, wrong)
    expect(result).toMatchObject({ verdict: 'violated', anomalies: [{ blocked: { output: 'never' } }] })
    const transactions = execute(createPrng(1), {
      ...appendRun,
      ...large,
      // A key is in use for a while, as in any such workload, lest its list grow too long to be read.
      ask: (prng, fresh) =>
        appendRun.ask(prng, fresh).map((step) => ({ ...step, key: `${step.key}${Math.floor(fresh / 100)}` })),
    })
    expect(checkListAppend(transactions).verdict).toBe('ok')
  })

  test('checkers - a register with answers changed is judged as by trying every order', () => {
    const tally = new Tally()
    forSeeds(1500, (prng) => {
      const history = corrupt(prng, execute(prng, { ...registerRun, ...tiny }), cell.other(prng))
      const { verdict } = checkLinearizability(casRegister, history)
      expect(verdict).toBe(isLinearizable(casRegister, history) ? 'ok' : 'violated')
      tally.add(verdict)
    })
    tally.expectAtLeast(200, ['ok', 'violated'])
  })

  test('checkers - the same with most outcomes unknown', () => {
    const tally = new Tally()
    forSeeds(1500, (prng) => {
      const run = execute(prng, { ...registerRun, ...tiny, operations: 8, unknown: 0.6 })
      const history = corrupt(prng, run, cell.other(prng))
      const { verdict } = checkLinearizability(casRegister, history)
      expect(verdict).toBe(isLinearizable(casRegister, history) ? 'ok' : 'violated')
      tally.add(verdict)
    })
    tally.expectAtLeast(200, ['ok', 'violated'])
  })

  test('checkers - a map judged key by key is judged as a whole', () => {
    const tally = new Tally()
    forSeeds(1000, (prng) => {
      const history = corrupt(prng, execute(prng, { ...kvRun, ...tiny }), (output, input) =>
        input.type === 'get' ? few(prng) : input.type === 'cas' ? !output : output,
      )
      const { verdict } = checkLinearizability(kvMap, history)
      const { partition: _, ...whole } = kvMap
      expect(checkLinearizability(whole, history).verdict).toBe(verdict)
      expect(verdict).toBe(isLinearizable(kvMap, history) ? 'ok' : 'violated')
      tally.add(verdict)
    })
    tally.expectAtLeast(100, ['ok', 'violated'])
  })

  test('checkers - a set with reads that lack or repeat elements', () => {
    const tally = new Tally()
    forSeeds(1000, (prng) => {
      const history = corrupt(prng, execute(prng, { ...setRun, ...tiny }), (output) => {
        if (typeof output === 'boolean') return !output
        return output === null
          ? null
          : prng.chance(0.5)
            ? output.slice(1)
            : [...output, prng.pick(['0', '1', '2'])]
      })
      const { verdict } = checkLinearizability(growOnlySet, history)
      expect(verdict).toBe(isLinearizable(growOnlySet, history) ? 'ok' : 'violated')
      tally.add(verdict)
    })
    tally.expectAtLeast(100, ['ok', 'violated'])
  })

  test('checkers - the explanation is a linearization that the blocked operation does not continue', () => {
    let explained = 0
    forSeeds(500, (prng) => {
      const history = corrupt(prng, execute(prng, { ...registerRun, ...tiny }), cell.other(prng))
      const result = checkLinearizability(casRegister, history)
      if (result.verdict !== 'violated') return
      for (const { prefix, blocked, pending, state } of result.anomalies) {
        explained++
        let value: Value | undefined = casRegister.init
        for (const operation of prefix as History<RegisterInput, Value>) {
          const output = operation.kind === 'ok' ? operation.output : undefined
          value = value === undefined ? undefined : casRegister.step(value, operation.input, output)
        }
        expect(value).not.toBeUndefined()
        expect(casRegister.key(value as Value)).toBe(state)
        expect(new Set([...prefix, blocked, ...pending]).size).toBe(prefix.length + 1 + pending.length)
        // Up to the answer that is blocked nothing fits; without it, and what was answered later, all does.
        const end = blocked.completedAt ?? 0
        const begun = history.filter(({ invokedAt }) => invokedAt <= end)
        const answeredBy = (operation: Operation<RegisterInput, Value>): boolean =>
          (operation.completedAt ?? 0) <= end
        expect(isLinearizable(casRegister, begun, answeredBy)).toBe(false)
        const before = (operation: Operation<RegisterInput, Value>): boolean =>
          (operation.completedAt ?? 0) < end
        expect(isLinearizable(casRegister, begun, before)).toBe(true)
      }
    })
    expect(explained).toBeGreaterThan(50)
  })
})

describe('list-append', () => {
  test('checkers - transactions of one object are strictly serializable', () => {
    forSeeds(40, (prng) => {
      const result = checkListAppend(execute(prng, { ...appendRun, ...middling }))
      expect(result.verdict, describeResult(result)).toBe('ok')
    })
  })

  /** One read cut short, or its list with two neighbours changed over. */
  const corruptReads = (prng: Prng, history: ListAppendHistory): ListAppendHistory =>
    corrupt(prng, history, (output): ListAppendOutput => {
      const at = prng.between(0, output.length)
      return output.map((list, i) => {
        if (list === null || i !== at) return list
        const cut = prng.between(0, list.length + 1)
        return prng.chance(0.7) ? list.slice(0, cut) : [...list.slice(cut), ...list.slice(0, cut)]
      })
    })

  test.each([true, false])('checkers - transactions judged as by every order (real time %s)', (realtime) => {
    const tally = new Tally()
    forSeeds(1500, (prng) => {
      const run = execute(prng, { ...appendRun, ...tiny, operations: 6 })
      const history = corruptReads(prng, run)
      const result = checkListAppend(history, { realtime })
      const expected = isLinearizable(lists, realtime ? history : untimed(history)) ? 'ok' : 'violated'
      expect(result.verdict, describeResult(result)).toBe(expected)
      tally.add(expected)
    })
    tally.expectAtLeast(100, ['ok', 'violated'])
  })

  test('checkers - a store whose transactions read a copy of old is caught as every order says', () => {
    // Snapshot reads from up to three states ago: write skew, lost updates, long forks.
    const tally = new Tally()
    forSeeds(1500, (prng) => {
      const past: (typeof lists.init)[] = [lists.init]
      const run = execute<typeof lists.init, ListAppendInput, ListAppendOutput>(prng, {
        ...appendRun,
        ...tiny,
        operations: 6,
        unknown: 0,
        serve: (state, input) => {
          const [, output] = appendRun.serve(past.at(-prng.between(1, 4)) ?? state, input)
          const [next] = appendRun.serve(state, input)
          past.push(next)
          return [next, output]
        },
      })
      for (const realtime of [true, false]) {
        const result = checkListAppend(run, { realtime })
        const expected = isLinearizable(lists, realtime ? run : untimed(run)) ? 'ok' : 'violated'
        expect(result.verdict, describeResult(result)).toBe(expected)
        for (const { kind } of result.verdict === 'violated' ? result.anomalies : []) tally.add(kind)
      }
    })
    tally.expectAtLeast(20, ['G-single', 'G2', 'G-single-realtime', 'lost-append'])
  })
})

describe('invariants', () => {
  const bankRun = {
    init: { a: 20, b: 20, c: 20 } as Readonly<Record<string, number>>,
    ask: (prng: Prng): BankInput =>
      prng.chance(0.5)
        ? { type: 'read' }
        : {
            type: 'transfer',
            from: prng.pick(['a', 'b', 'c']),
            to: prng.pick(['a', 'b', 'c']),
            amount: prng.between(1, 5),
          },
    serve: (state: Readonly<Record<string, number>>, input: BankInput) => {
      if (input.type === 'read') return [state, state as BankOutput] as const
      const next = { ...state }
      next[input.from] = (next[input.from] ?? 0) - input.amount
      next[input.to] = (next[input.to] ?? 0) + input.amount
      return [next, null as BankOutput] as const
    },
    finally: [{ type: 'read' }] satisfies BankInput[],
  }
  const bankOptions = { initial: bankRun.init, mayBeNegative: true }

  const counterRun = {
    init: 0,
    ask: (prng: Prng): CounterInput =>
      prng.chance(0.5) ? { type: 'read' } : { type: 'add', amount: prng.between(1, 4) },
    serve: (count: number, input: CounterInput) =>
      input.type === 'read'
        ? ([count, count as CounterOutput] as const)
        : ([count + input.amount, null] as const),
    finally: [{ type: 'read' }] satisfies CounterInput[],
  }

  test('checkers - what one bank, counter or set answered breaks no invariant', () => {
    forSeeds(60, (prng) => {
      const bank = checkBank(execute(prng, { ...bankRun, ...middling }), bankOptions)
      expect(bank.verdict, describeResult(bank)).toBe('ok')
      const counter = checkCounter(execute(prng, { ...counterRun, ...middling }))
      expect(counter.verdict, describeResult(counter)).toBe('ok')
      const set = checkSet(execute(prng, { ...setRun, ...middling, finally: [{ type: 'read' }] }))
      expect(set.verdict, describeResult(set)).toBe('ok')
    })
  })

  test('checkers - an invariant is only called broken if no order explains the history', () => {
    const count: Model<number, CounterInput, CounterOutput> = {
      name: 'counter',
      init: 0,
      step: (state, input, output) => {
        if (input.type === 'add') return state + input.amount
        return output === undefined || output === state ? state : undefined
      },
      key: String,
    }
    const accounts: Model<Readonly<Record<string, number>>, BankInput, BankOutput> = {
      name: 'bank',
      init: bankRun.init,
      step: (state, input, output) =>
        input.type === 'read' && output !== undefined && JSON.stringify(output) !== JSON.stringify(state)
          ? undefined
          : bankRun.serve(state, input)[0],
      key: (state) => JSON.stringify(state),
    }
    const tally = new Tally()
    forSeeds(1000, (prng) => {
      const counted = corrupt(prng, execute(prng, { ...counterRun, ...tiny }), (output) =>
        output === null ? null : output + prng.between(-3, 4),
      )
      if (checkCounter(counted).verdict === 'violated') {
        tally.add('counter')
        expect(isLinearizable(count, counted)).toBe(false)
      }
      const banked = corrupt(prng, execute(prng, { ...bankRun, ...tiny }), (output) => {
        if (output === null) return null
        const moved = prng.between(-3, 4)
        const { a = 0, b = 0 } = output
        return { ...output, a: a + moved, b: b - moved }
      })
      if (checkBank(banked, bankOptions).verdict === 'violated') {
        tally.add('bank')
        expect(isLinearizable(accounts, banked)).toBe(false)
      }
      const added = corrupt(
        prng,
        execute(prng, { ...setRun, ...tiny, finally: [{ type: 'read' }] }),
        (output) => (Array.isArray(output) ? output.slice(prng.between(0, 2)) : output),
      )
      if (checkSet(added).verdict === 'violated') {
        tally.add('set')
        expect(isLinearizable(growOnlySet, added)).toBe(false)
      }
    })
    tally.expectAtLeast(100, ['counter', 'bank', 'set'])
  })
})
