/**
 * A batch of log entries on its way to the worker, and what became of it on its way back. Each is one run of
 * bytes, because to copy objects from thread to thread costs several times as much as to apply what they say.
 * What is rare or large (loads, rows) travels beside the bytes as it is.
 */
import { assert, type RequestOutcome } from '../base/index.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { SqlEntryDecoder } from './entry-codec.ts'
import { readResults, writeResults } from './result-codec.ts'
import type { SqlApplyItem, SqlEntryItem, SqlResult } from './types.ts'

/** What is said of an item, as bits. */
const IS_ENTRY = 1
const IS_WANTED = 2

const OUTCOME = { done: 0, doneWithResults: 1, doneBefore: 2, forgotten: 3, beside: 4 } as const

export interface PackedItems {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Items that are not encoded, in their order. */
  readonly beside: readonly SqlApplyItem[]
}

export interface PackedOutcomes {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Outcomes with rows, in their order. */
  readonly beside: readonly SqlOutcome[]
}

type SqlOutcome = RequestOutcome<readonly SqlResult[]>

const writer = new ByteWriter()

export function packItems(items: readonly (SqlApplyItem | SqlEntryItem)[]): PackedItems {
  const beside: SqlApplyItem[] = []
  writer.begin()
  writer.count(items.length)
  for (const item of items) {
    if (!('entry' in item)) {
      writer.byte(0)
      beside.push(item)
      continue
    }
    const { index, entry, wantResults } = item
    writer.byte(IS_ENTRY | (wantResults ? IS_WANTED : 0))
    writer.count(index)
    writer.bytes(entry)
  }
  return { bytes: writer.take(), beside }
}

export function unpackItems({ bytes, beside }: PackedItems, decoder: SqlEntryDecoder): SqlApplyItem[] {
  const reader = new ByteReader(bytes)
  let taken = 0
  return reader.list(() => {
    const traits = reader.byte()
    if ((traits & IS_ENTRY) === 0) {
      const item = beside[taken++]
      assert(item !== undefined, 'what is not encoded is beside')
      return item
    }
    const index = reader.count()
    const { command, request } = decoder.decode(reader.part())
    return { index, command, request, wantResults: (traits & IS_WANTED) !== 0 }
  })
}

export function packOutcomes(outcomes: readonly SqlOutcome[]): PackedOutcomes {
  const beside: SqlOutcome[] = []
  writer.begin()
  writer.count(outcomes.length)
  for (const outcome of outcomes) packOutcome(outcome, beside)
  return { bytes: writer.take(), beside }
}

function packOutcome(outcome: SqlOutcome, beside: SqlOutcome[]): void {
  if (outcome.kind === 'forgotten') {
    writer.byte(OUTCOME.forgotten)
    return
  }
  if (outcome.kind === 'done' && outcome.result.some(({ kind }) => kind === 'rows')) {
    writer.byte(OUTCOME.beside)
    beside.push(outcome)
    return
  }
  const hasResults = outcome.kind === 'done' && outcome.result.length > 0
  const done = hasResults ? OUTCOME.doneWithResults : OUTCOME.done
  writer.byte(outcome.kind === 'done-before' ? OUTCOME.doneBefore : done)
  writer.count(outcome.index)
  if (!hasResults) return
  writeResults(writer, outcome.result)
  for (const result of outcome.result) if (result.kind !== 'error') writer.doubleLE(result.time)
}

export function unpackOutcomes({ bytes, beside }: PackedOutcomes): SqlOutcome[] {
  const reader = new ByteReader(bytes)
  let taken = 0
  return reader.list(() => {
    const kind = reader.byte()
    switch (kind) {
      case OUTCOME.forgotten:
        return { kind: 'forgotten' }
      case OUTCOME.beside: {
        const outcome = beside[taken++]
        assert(outcome !== undefined, 'what has rows is beside')
        return outcome
      }
      case OUTCOME.doneBefore:
        return { kind: 'done-before', index: reader.count() }
      case OUTCOME.done:
        return { kind: 'done', index: reader.count(), result: [] }
      default: {
        const index = reader.count()
        const timeless = readResults(reader)
        const result = timeless.map((each) =>
          each.kind === 'error' ? each : { ...each, time: reader.doubleLE() },
        )
        return { kind: 'done', index, result }
      }
    }
  })
}
