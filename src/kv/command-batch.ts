/**
 * Applying commands, apart from any I/O: which keys a batch must know about, what each command
 * answers, and what is to be written in the end. Later commands see what earlier ones wrote.
 */
import { assert, assertNever, type RequestOutcome } from '../base/index.ts'
import type { KvDatabaseOperation } from './database.ts'
import { concat, isStorableNamespace, namespacePrefix, textOf } from './keys.ts'
import type { RequestBatch } from './request-batch.ts'
import { decodeStored, encodeStored } from './stored-value.ts'
import type { KvApplyItem, KvCommand, KvEntry, KvExpectation, KvOperation, KvResult } from './types.ts'

/** A key the batch touches. Before the batch runs, `present` or `find` tells what is stored there. */
export class TouchedKey {
  readonly key: Uint8Array
  /** Where the database keeps it. */
  readonly storedKey: Uint8Array
  /** That as a string. */
  readonly name: string
  /** Some comparison reads its value; otherwise only its presence matters. */
  compared = false
  present = false
  /** What stands there; known if `compared`, or once written by the batch. */
  entry: KvEntry | undefined
  written = false

  constructor(key: Uint8Array, storedKey: Uint8Array, name: string) {
    this.key = key
    this.storedKey = storedKey
    this.name = name
  }

  find(stored: Uint8Array | undefined): void {
    this.present = stored !== undefined
    this.entry = stored && decodeStored(this.key, stored)
  }

  write(value: Uint8Array | undefined, revision: number): void {
    this.written = true
    this.present = value !== undefined
    this.entry = value === undefined ? undefined : { key: this.key, value, revision }
  }
}

interface PlannedOperation {
  readonly operation: KvOperation
  readonly touched: TouchedKey
}

export class CommandBatch {
  readonly #touched = new Map<string, TouchedKey>()
  /** In step with the items; undefined where there is nothing to do. */
  readonly #plans: (readonly PlannedOperation[] | undefined)[]
  readonly #items: readonly KvApplyItem[]

  constructor(items: readonly KvApplyItem[]) {
    this.#items = items
    this.#plans = items.map(({ command }) => command && this.#plan(command))
  }

  /** All keys, once each. */
  touched(): Iterable<TouchedKey> {
    return this.#touched.values()
  }

  /** Keys whose values must be known before `run`. */
  compared(): TouchedKey[] {
    return [...this.#touched.values()].filter(({ compared }) => compared)
  }

  /** Keys of which only the presence must be known. */
  uncompared(): TouchedKey[] {
    return [...this.#touched.values()].filter(({ compared }) => !compared)
  }

  run(requests: RequestBatch): (RequestOutcome<KvResult> | undefined)[] {
    return this.#items.map(({ index, command, request }, i) => {
      if (command === undefined) return undefined
      const plan = this.#plans[i]
      const carryOut = () =>
        plan === undefined ? invalidNamespace(command.namespace) : runCommand(index, plan)
      if (request === undefined) return { kind: 'done', index, result: carryOut() }
      return requests.once(request, index, carryOut)
    })
  }

  /** What the commands run have written, each key once. */
  writes(): KvDatabaseOperation[] {
    const operations: KvDatabaseOperation[] = []
    for (const { storedKey, entry, written } of this.#touched.values()) {
      if (!written) continue
      if (entry === undefined) operations.push({ type: 'del', key: storedKey })
      else operations.push({ type: 'put', key: storedKey, value: encodeStored(entry.revision, entry.value) })
    }
    return operations
  }

  /**
   * Only what decides where data goes is checked here. Limits are not: they differ between versions,
   * and all replicas must answer alike.
   */
  #plan({ namespace, operations }: KvCommand): PlannedOperation[] | undefined {
    if (!isStorableNamespace(namespace)) return undefined
    const prefix = namespacePrefix(namespace)
    return operations.map((operation) => {
      const touched = this.#touch(operation.key, concat(prefix, operation.key))
      if (operation.kind === 'compare-and-swap') touched.compared = true
      return { operation, touched }
    })
  }

  #touch(key: Uint8Array, storedKey: Uint8Array): TouchedKey {
    const name = textOf(storedKey)
    const known = this.#touched.get(name)
    if (known !== undefined) return known
    const touched = new TouchedKey(key, storedKey, name)
    this.#touched.set(name, touched)
    return touched
  }
}

function runCommand(index: number, plan: readonly PlannedOperation[]): KvResult {
  const existed = plan.map(({ touched }) => touched.present)
  for (const [i, { operation, touched }] of plan.entries()) {
    if (operation.kind === 'compare-and-swap' && !holds(operation.expected, touched)) {
      return { kind: 'conflict', operation: i, actual: touched.entry }
    }
  }
  for (const { operation, touched } of plan) {
    touched.write(operation.kind === 'delete' ? undefined : operation.value, index)
  }
  return { kind: 'applied', revision: index, existed }
}

function holds(expected: KvExpectation, { present, entry }: TouchedKey): boolean {
  assert(present === (entry !== undefined), 'the value of a compared key is known')
  switch (expected.kind) {
    case 'absent':
      return entry === undefined
    case 'value':
      return entry !== undefined && Buffer.compare(entry.value, expected.value) === 0
    case 'revision':
      return entry?.revision === expected.revision
    default:
      return assertNever(expected)
  }
}

function invalidNamespace(namespace: string): KvResult {
  return {
    kind: 'invalid',
    code: 'NAMESPACE_INVALID',
    message: `invalid namespace ${JSON.stringify(namespace)}`,
  }
}
