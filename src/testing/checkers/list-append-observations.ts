/**
 * What the reads of list-append transactions prove without any graph: which transactions took effect,
 * in which order each key's values were appended, and the anomalies that one or two reads show.
 */
import { isOk, type Operation, precedes } from './history.ts'
import type {
  ListAppendAnomaly,
  ListAppendHistory,
  ListAppendInput,
  ListAppendKind,
  ListAppendOutput,
} from './list-append.ts'

/** A transaction, however it ended. */
export type Transaction = Operation<ListAppendInput, ListAppendOutput>

export interface Append {
  readonly transaction: Transaction
  readonly key: string
  readonly value: number
  /** Whether it is the transaction's last to this key. */
  readonly isLast: boolean
}

export interface ListRead {
  readonly transaction: Transaction
  readonly key: string
  readonly list: readonly number[]
}

/** What is known of one key. */
export interface KeyObservation {
  readonly key: string
  /** The appends that were read, in the order of the longest list; without those that failed. */
  readonly order: readonly Append[]
  /** Appends that took effect but were never read: they come after all of `order`. */
  readonly unseen: readonly Append[]
  /** Reads that fit `order`, each with how much of it they saw. */
  readonly reads: readonly { readonly transaction: Transaction; readonly seen: number }[]
}

export interface Observations {
  readonly keys: readonly KeyObservation[]
  /** All that took effect: acknowledged, or unknown and seen. */
  readonly committed: readonly Transaction[]
  readonly anomalies: readonly ListAppendAnomaly[]
}

export function observe(history: ListAppendHistory, realtime: boolean): Observations {
  const appends = appendsOf(history)
  const reads = history.flatMap(readsOf)
  const seen = new Set<Append>()
  for (const { key, list } of reads) {
    for (const value of list) {
      const append = appends.get(key)?.get(value)
      if (append !== undefined) seen.add(append)
    }
  }
  const seenTransactions = new Set([...seen].map(({ transaction }) => transaction))
  const committed = new Set(
    history.filter((one) => one.kind === 'ok' || (one.kind === 'unknown' && seenTransactions.has(one))),
  )
  const anomalies = [
    ...history.flatMap(internalAnomalies),
    ...reads.flatMap((read) => readAnomalies(read, appends.get(read.key) ?? new Map())),
  ]
  const readsByKey = Map.groupBy(reads, ({ key }) => key)
  const keys = [...new Set([...appends.keys(), ...readsByKey.keys()])].map((key) => {
    const ofKey = readsByKey.get(key) ?? []
    const values = appends.get(key) ?? new Map<number, Append>()
    const unseen = [...values.values()].filter(
      (append) => committed.has(append.transaction) && !seen.has(append),
    )
    if (realtime) anomalies.push(...lostAppends(unseen, ofKey))
    return { key, unseen, ...versionOrder(ofKey, values, anomalies) }
  })
  return { keys, committed: [...committed], anomalies }
}

function appendsOf(history: ListAppendHistory): Map<string, Map<number, Append>> {
  const appends = new Map<string, Map<number, Append>>()
  for (const transaction of history) {
    const { input } = transaction
    for (const [i, step] of input.entries()) {
      if (step.type !== 'append') continue
      const { key, value } = step
      const ofKey = appends.get(key) ?? new Map<number, Append>()
      appends.set(key, ofKey)
      if (ofKey.has(value)) throw new TypeError(`${value} is appended to ${key} more than once`)
      const isLast = !input.slice(i + 1).some((later) => later.type === 'append' && later.key === key)
      ofKey.set(value, { transaction, key, value, isLast })
    }
  }
  return appends
}

function readsOf(transaction: Transaction): ListRead[] {
  if (!isOk(transaction)) return []
  return transaction.input.flatMap((step, i): ListRead[] => {
    const list = transaction.output[i]
    return step.type === 'read' && list ? [{ transaction, key: step.key, list }] : []
  })
}

/** A transaction's reads must agree with what it has itself read and appended before. */
function internalAnomalies(transaction: Transaction): ListAppendAnomaly[] {
  if (!isOk(transaction)) return []
  const known = new Map<string, { readonly list: readonly number[]; readonly isWhole: boolean }>()
  return transaction.input.flatMap((step, i): ListAppendAnomaly[] => {
    const { list: expected, isWhole } = known.get(step.key) ?? { list: [], isWhole: false }
    if (step.type === 'append') {
      known.set(step.key, { list: [...expected, step.value], isWhole })
      return []
    }
    const list = transaction.output[i] ?? []
    known.set(step.key, { list, isWhole: true })
    const tail = isWhole ? list : list.slice(Math.max(0, list.length - expected.length))
    if (isEqual(tail, expected)) return []
    const message = `a transaction read ${step.key} as [${list}] where it must ${isWhole ? 'be' : 'end with'} [${expected}]`
    return [{ kind: 'internal', message, operations: [transaction] }]
  })
}

function readAnomalies(read: ListRead, appends: ReadonlyMap<number, Append>): ListAppendAnomaly[] {
  const { transaction, key, list } = read
  const anomaly = (kind: ListAppendKind, message: string, writer?: Transaction): ListAppendAnomaly => ({
    kind,
    message,
    operations: writer === undefined ? [transaction] : [writer, transaction],
  })
  const anomalies: ListAppendAnomaly[] = []
  for (const value of new Set(list)) {
    const append = appends.get(value)
    if (append === undefined) {
      anomalies.push(anomaly('phantom', `${value} was read from ${key}, and nobody appended it`))
    } else if (append.transaction.kind === 'fail') {
      const message = `${value} was read from ${key}, and its transaction failed`
      anomalies.push(anomaly('G1a', message, append.transaction))
    }
  }
  if (hasDuplicates(list)) anomalies.push(anomaly('duplicate', `a value stands twice in ${key}: [${list}]`))
  const last = list
    .map((value) => appends.get(value))
    .findLast((append) => append?.transaction !== transaction)
  if (last !== undefined && !last.isLast) {
    const message = `${key} was read up to ${last.value}, after which its transaction still appended`
    anomalies.push(anomaly('G1b', message, last.transaction))
  }
  return anomalies
}

/** Acknowledged, never read, though somebody read the key later. */
function lostAppends(unseen: readonly Append[], reads: readonly ListRead[]): ListAppendAnomaly[] {
  const latest = reads.reduce<ListRead | undefined>((best, read) => {
    return best === undefined || read.transaction.invokedAt > best.transaction.invokedAt ? read : best
  }, undefined)
  return unseen.flatMap(({ transaction, key, value }): ListAppendAnomaly[] => {
    if (latest === undefined || !precedes(transaction, latest.transaction)) return []
    const message = `${value} was appended to ${key}, and is missing from a later read`
    return [{ kind: 'lost-append', message, operations: [transaction, latest.transaction] }]
  })
}

/** The longest list gives the order; each other must be how it began. */
function versionOrder(
  reads: readonly ListRead[],
  appends: ReadonlyMap<number, Append>,
  anomalies: ListAppendAnomaly[],
): Pick<KeyObservation, 'order' | 'reads'> {
  const sound = reads.filter(({ list }) => !hasDuplicates(list))
  const longest = sound.reduce<ListRead | undefined>(
    (best, read) => (best === undefined || read.list.length > best.list.length ? read : best),
    undefined,
  )
  if (longest === undefined) return { order: [], reads: [] }
  const tookEffect = (value: number): boolean => (appends.get(value)?.transaction.kind ?? 'fail') !== 'fail'
  const fitting = sound.flatMap(({ transaction, key, list }) => {
    if (isEqual(list, longest.list.slice(0, list.length))) {
      return [{ transaction, seen: list.filter(tookEffect).length }]
    }
    const message = `${key} was read as [${list}] and as [${longest.list}], of which neither continues the other`
    anomalies.push({ kind: 'incompatible-order', message, operations: [transaction, longest.transaction] })
    return []
  })
  const order = longest.list.flatMap((value) => {
    const append = appends.get(value)
    return append !== undefined && tookEffect(value) ? [append] : []
  })
  return { order, reads: fitting }
}

function hasDuplicates(list: readonly number[]): boolean {
  return new Set(list).size !== list.length
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
