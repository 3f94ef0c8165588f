/**
 * Transfers between accounts: money is neither made nor lost, no account is overdrawn, and what was
 * acknowledged has happened. Reads return all balances at once. The order of transfers is left to
 * linearizability; this needs no search but at the end, and so bears long runs.
 */
import { boundsOf, type Change } from './bounds.ts'
import {
  assertWellFormed,
  effectEndsAt,
  type History,
  isOk,
  type OkOperation,
  type Operation,
  precedes,
} from './history.ts'
import { type Anomaly, type CheckResult, resultOf } from './result.ts'
import { isSumOfSome } from './subset-sum.ts'

export type BankInput =
  | { readonly type: 'transfer'; readonly from: string; readonly to: string; readonly amount: number }
  | { readonly type: 'read' }

/** The balance of each account for a read, `null` for a transfer; a refused transfer is `fail`. */
export type BankOutput = Readonly<Record<string, number>> | null

export interface BankAnomaly extends Anomaly {
  /**
   * `wrong-accounts`: a read shows other accounts than there are.
   * `wrong-total`: its balances do not add up to the initial total.
   * `negative-balance`: an account is overdrawn.
   * `impossible-balance`: a balance lacks acknowledged transfers or holds some that cannot have happened.
   * `wrong-end`: the last balances are not the initial ones plus every acknowledged transfer plus some
   * of those unknown, each at most once.
   */
  readonly kind: 'wrong-accounts' | 'wrong-total' | 'negative-balance' | 'impossible-balance' | 'wrong-end'
}

export interface BankOptions {
  /** Balances before the first operation. */
  readonly initial: Readonly<Record<string, number>>
  /** @default false */
  readonly mayBeNegative?: boolean
  /**
   * How many sums of unknown transfers to try before the answer is `undecided`.
   * @default 200_000
   */
  readonly sumsMax?: number
}

type BankOperation = Operation<BankInput, BankOutput>
type Read = OkOperation<BankInput, BankOutput> & { readonly output: Readonly<Record<string, number>> }
type Transfer = BankOperation & { readonly input: { readonly type: 'transfer' } }

const SUMS_MAX = 200_000

/** Judges the reads of a bank whose accounts never change. */
export function checkBank(
  history: History<BankInput, BankOutput>,
  options: BankOptions,
): CheckResult<BankAnomaly> {
  assertWellFormed(history)
  const reads = history.filter(isRead).sort((a, b) => a.invokedAt - b.invokedAt)
  const transfers = history.filter(isTransfer).filter(({ kind }) => kind !== 'fail')
  const bounds = accountBounds(transfers, options.initial)
  const anomalies = reads.flatMap((read) => readAnomalies(read, bounds, options))
  const lastRead = reads.at(-1)
  const unread = transfers.filter(
    (transfer) => isOk(transfer) && !(lastRead && precedes(transfer, lastRead)),
  ).length
  const doubts = unread === 0 ? [] : [`${unread} acknowledged transfers have no read after them`]
  if (anomalies.length === 0 && unread === 0 && lastRead !== undefined) {
    const fits = endFits(lastRead, transfers, options)
    if (fits === undefined) doubts.push('too many unknown transfers to tell whether the last balances fit')
    if (fits === false) {
      const message = 'no choice of unknown transfers explains the last balances'
      const unknown = transfers.filter(({ kind }) => kind === 'unknown')
      anomalies.push({ kind: 'wrong-end', message, operations: [lastRead, ...unknown] })
    }
  }
  return resultOf(anomalies, doubts)
}

function readAnomalies(
  read: Read,
  bounds: ReturnType<typeof accountBounds>,
  options: BankOptions,
): BankAnomaly[] {
  const { initial, mayBeNegative = false } = options
  const anomaly = (kind: BankAnomaly['kind'], message: string): BankAnomaly => ({
    kind,
    message,
    operations: [read],
  })
  const names = Object.keys(read.output).sort().join()
  const expectedNames = Object.keys(initial).sort().join()
  if (names !== expectedNames) {
    return [anomaly('wrong-accounts', `a read shows the accounts ${names} instead of ${expectedNames}`)]
  }
  const anomalies: BankAnomaly[] = []
  const total = sum(Object.values(read.output))
  const expectedTotal = sum(Object.values(initial))
  if (total !== expectedTotal) {
    anomalies.push(anomaly('wrong-total', `the balances add up to ${total} instead of ${expectedTotal}`))
  }
  for (const [account, balance] of Object.entries(read.output)) {
    if (balance < 0 && !mayBeNegative) {
      anomalies.push(anomaly('negative-balance', `${account} is overdrawn: ${balance}`))
    }
    const { low, high } = bounds.get(account)?.(read) ?? { low: 0, high: 0 }
    if (balance < low || balance > high) {
      const message = `${account} holds ${balance}, but it was then between ${low} and ${high}`
      anomalies.push(anomaly('impossible-balance', message))
    }
  }
  return anomalies
}

/** The least and the most that each account can have held, each account by itself. */
function accountBounds(
  transfers: readonly Transfer[],
  initial: BankOptions['initial'],
): Map<string, ReturnType<typeof boundsOf>> {
  const changes = new Map<string, Change[]>(Object.keys(initial).map((account) => [account, []]))
  for (const transfer of transfers) {
    for (const [account, amount] of changesOf(transfer)) {
      const ofAccount = changes.get(account)
      if (ofAccount === undefined) throw new TypeError(`a transfer touches ${account}, which is no account`)
      ofAccount.push({ operation: transfer, amount })
    }
  }
  return new Map(
    Object.entries(initial).map(([name, held]) => [name, boundsOf(held, changes.get(name) ?? [])]),
  )
}

function endFits(
  read: Read,
  transfers: readonly Transfer[],
  { initial, sumsMax = SUMS_MAX }: BankOptions,
): boolean | undefined {
  const accounts = Object.keys(initial)
  const vectorOf = (transfer: Transfer): number[] => {
    const changes = new Map(changesOf(transfer))
    return accounts.map((account) => changes.get(account) ?? 0)
  }
  const missing = accounts.map((account) => (read.output[account] ?? 0) - (initial[account] ?? 0))
  const [unknown, acknowledged] = partition(
    transfers.filter((transfer) => !precedes(read, transfer)),
    (transfer) => effectEndsAt(transfer) === Number.POSITIVE_INFINITY,
  )
  for (const transfer of acknowledged) {
    for (const [i, change] of vectorOf(transfer).entries()) missing[i] = (missing[i] ?? 0) - change
  }
  return isSumOfSome(missing, unknown.map(vectorOf), sumsMax)
}

/** By how much the transfer changes which accounts; nothing if it goes from an account to itself. */
function changesOf({ input }: Transfer): [string, number][] {
  if (input.from === input.to) return []
  return [
    [input.from, -input.amount],
    [input.to, input.amount],
  ]
}

function isRead(operation: BankOperation): operation is Read {
  return operation.kind === 'ok' && operation.input.type === 'read' && operation.output !== null
}

function isTransfer(operation: BankOperation): operation is Transfer {
  return operation.input.type === 'transfer'
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
