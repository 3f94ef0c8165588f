/**
 * Histories as pictures, for tests. Each line is a client, each column a moment; an operation runs from
 * `[` to `]` if it was answered, to `!` if it failed, and to `?` if nobody knows:
 *
 *     a: [w 1 ]   [w 2    ?
 *     b:     [r 1]     [r 2]
 *
 * What stands inside is up to a workload's words, below; `-` is no value. The outcome a word carries
 * counts only where the operation was answered.
 */
import type { BankInput, BankOutput } from './bank.ts'
import type { CounterInput, CounterOutput } from './counter.ts'
import { assertWellFormed, type History, type Operation } from './history.ts'
import type { ListAppendInput, ListAppendOutput } from './list-append.ts'
import type {
  KvInput,
  KvOutput,
  RegisterInput,
  RegisterOutput,
  SetInput,
  SetOutput,
  Value,
} from './models.ts'

/** What the text of one operation means. */
export interface Meaning<Input, Output> {
  readonly input: Input
  readonly output: Output
}

const OPERATION = /\[([^[\]?!]*)([\]?!])/g

/** Reads a picture; the text within each operation is handed to `words`. */
export function parseHistory<Input, Output>(
  picture: string,
  words: (text: string) => Meaning<Input, Output>,
): History<Input, Output> {
  const history = picture
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const [prefix, client = ''] = /^\s*(\w+):/.exec(line) ?? []
      const rest = line.slice(prefix?.length).replaceAll(OPERATION, '')
      if (prefix === undefined || rest.trim() !== '')
        throw new SyntaxError(`not a line of a history: ${line}`)
      return [...line.matchAll(OPERATION)].map((match): Operation<Input, Output> => {
        const [whole, text = '', end] = match
        const { input, output } = words(text.trim())
        const asked = { client, invokedAt: match.index, completedAt: match.index + whole.length - 1, input }
        if (end === ']') return { ...asked, kind: 'ok', output }
        return { ...asked, kind: end === '!' ? 'fail' : 'unknown' }
      })
    })
  assertWellFormed(history)
  return history
}

/** `r 1`, `w 1`, `cas 1 2 yes`. */
export function registerWords(text: string): Meaning<RegisterInput, RegisterOutput> {
  const [word, first, second, third] = text.split(/\s+/)
  switch (word) {
    case 'r':
      return { input: { type: 'read' }, output: valueFrom(first) }
    case 'w':
      return { input: { type: 'write', value: valueFrom(first) }, output: null }
    case 'cas':
      return {
        input: { type: 'cas', expected: valueFrom(first), value: valueFrom(second) },
        output: third === 'yes',
      }
    default:
      throw new SyntaxError(`not an operation on a register: ${text}`)
  }
}

/** `get x 1`, `put x 1`, `del x`, `cas x 1 2 yes`. */
export function kvWords(text: string): Meaning<KvInput, KvOutput> {
  const [word, key = '', first, second, third] = text.split(/\s+/)
  switch (word) {
    case 'get':
      return { input: { type: 'get', key }, output: valueFrom(first) }
    case 'put':
      return { input: { type: 'put', key, value: valueFrom(first) }, output: null }
    case 'del':
      return { input: { type: 'delete', key }, output: null }
    case 'cas':
      return {
        input: { type: 'cas', key, expected: valueFrom(first), value: valueFrom(second) },
        output: third === 'yes',
      }
    default:
      throw new SyntaxError(`not an operation on a map: ${text}`)
  }
}

/** `add x`, `has x yes`, `all x y z`. */
export function setWords(text: string): Meaning<SetInput, SetOutput> {
  const [word, ...elements] = text.split(/\s+/)
  const [element = '', answer] = elements
  switch (word) {
    case 'add':
      return { input: { type: 'add', element }, output: null }
    case 'has':
      return { input: { type: 'contains', element }, output: answer === 'yes' }
    case 'all':
      return { input: { type: 'read' }, output: elements }
    default:
      throw new SyntaxError(`not an operation on a set: ${text}`)
  }
}

/** `a x 1; r x 0 1; r y`: appends, and reads with the list they returned. */
export function listAppendWords(text: string): Meaning<ListAppendInput, ListAppendOutput> {
  const steps = text.split(';').map((step) => {
    const [word, key = '', ...numbers] = step.trim().split(/\s+/)
    const values = numbers.map(Number)
    if (word === 'r') return { input: { type: 'read', key } as const, output: values }
    if (word === 'a')
      return { input: { type: 'append', key, value: values[0] ?? Number.NaN } as const, output: null }
    throw new SyntaxError(`not a step of a list-append transaction: ${step}`)
  })
  return { input: steps.map(({ input }) => input), output: steps.map(({ output }) => output) }
}

/** `move a b 5`, `all a 10 b 20`. */
export function bankWords(text: string): Meaning<BankInput, BankOutput> {
  const [word, ...rest] = text.split(/\s+/)
  if (word === 'move') {
    const [from = '', to = '', amount] = rest
    return { input: { type: 'transfer', from, to, amount: Number(amount) }, output: null }
  }
  if (word !== 'all') throw new SyntaxError(`not an operation on a bank: ${text}`)
  const balances: Record<string, number> = {}
  for (let i = 0; i < rest.length; i += 2) balances[rest[i] ?? ''] = Number(rest[i + 1])
  return { input: { type: 'read' }, output: balances }
}

/** `add 5`, `read 5`. */
export function counterWords(text: string): Meaning<CounterInput, CounterOutput> {
  const [word, number] = text.split(/\s+/)
  if (word === 'add') return { input: { type: 'add', amount: Number(number) }, output: null }
  if (word === 'read') return { input: { type: 'read' }, output: Number(number) }
  throw new SyntaxError(`not an operation on a counter: ${text}`)
}

function valueFrom(word: string | undefined): Value {
  if (word === undefined || word === '-') return null
  return Number.isNaN(Number(word)) ? word : Number(word)
}
