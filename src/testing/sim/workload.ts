/** What clients do: the operations they draw, and the judgement of all they saw. */
import type { Prng } from '../../base/index.ts'
import { type CheckResult, describeResult } from '../checkers/index.ts'
import type { RealMachines } from './machine.ts'
import type { WriteBody, WriteResult } from './requests.ts'
import { Violation } from './violation.ts'

/** A write under way. Exactly one of the three endings is called, once. */
export interface WriteOperation {
  readonly type: 'write'
  readonly body: WriteBody
  ok(result: WriteResult): void
  fail(): void
  unknown(): void
}

/** A read under way: `read` may be called several times, one of the two endings once. */
export interface ReadOperation<T = unknown> {
  readonly type: 'read'
  read(machines: RealMachines): Promise<T>
  ok(value: T): void
  fail(): void
}

export type ClientOperation = WriteOperation | ReadOperation

export interface Workload {
  /** What must be done before anything else, again and again until it is acknowledged. */
  readonly setup: WriteBody | undefined
  draw(client: string, prng: Prng): ClientOperation
  /** Reads everything, at the end. The names of those who read begin with `client`. */
  drawLast(client: string): readonly ReadOperation[]
  /** Throws a {@link Violation} unless everything fits together. Returns histories that could not be judged. */
  judge(): number
}

/** Turns a checker's answer into what a run makes of it. */
export function judged(what: string, result: CheckResult): number {
  if (result.verdict === 'violated') throw new Violation(what, describeResult(result, 3))
  return result.verdict === 'undecided' ? 1 : 0
}

/** An answer that no correct machine gives. */
export function unexpected(result: unknown): never {
  const text = JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  throw new Violation('answers make sense', `a client was answered ${text}`)
}
