/** Files in blocks and captures, against plain buffers. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, BlockFile, type FileSnapshot } from '../../src/sql/block-file.ts'
import { CaptureReader, writeCapture } from '../../src/sql/capture-format.ts'
import { NO_CHANGES } from '../../src/sql/change-log.ts'

const offset = fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.constantFrom(0, 32_767, 32_768, 65_536))
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant('write' as const), offset, fc.integer({ min: 0, max: 70_000 })),
  },
  fc.tuple(fc.constant('truncate' as const), offset, fc.constant(0)),
  fc.tuple(fc.constant('snapshot' as const), offset, fc.constant(0)),
  fc.tuple(fc.constant('release' as const), offset, fc.constant(0)),
  fc.tuple(fc.constant('hash' as const), offset, fc.constant(0)),
)

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

function contentOf(file: BlockFile | FileSnapshot): Buffer {
  const bytes = new Uint8Array(file.size)
  file.read(bytes, 0)
  return Buffer.from(bytes)
}

function expectHashes(snapshot: FileSnapshot, content: Buffer): void {
  for (let at = 0; at * BLOCK_BYTES < content.length; at++) {
    const block = Buffer.alloc(BLOCK_BYTES)
    content.copy(block, 0, at * BLOCK_BYTES)
    const expected = createHash('sha256').update(block).digest('hex')
    expect(Buffer.from(snapshot.blockHash(at)).toString('hex')).toBe(expected)
  }
}

describe('sql files', () => {
  it('a file in blocks is like a buffer, and its snapshots are like copies', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const file = new BlockFile()
        let model = Buffer.alloc(0)
        const snapshots: { snapshot: FileSnapshot; expected: Buffer }[] = []
        for (const [i, [kind, at, length]] of operations.entries()) {
          if (kind === 'write') {
            file.write(new Uint8Array(length).fill(i + 1), at)
            const grown = Buffer.alloc(Math.max(model.length, at + length))
            model.copy(grown)
            grown.fill(i + 1, at, at + length)
            model = grown
          } else if (kind === 'truncate') {
            file.truncate(at)
            model = Buffer.from(model.subarray(0, at))
          } else if (kind === 'snapshot') {
            snapshots.push({ snapshot: file.snapshot(), expected: model })
          } else if (kind === 'hash') {
            const snapshot = file.snapshot()
            expectHashes(snapshot, model)
            snapshot.release()
          } else {
            const [released] = snapshots.splice(at % (snapshots.length + 1), 1)
            released?.snapshot.release()
          }
          expect(file.size).toBe(model.length)
        }
        expect(contentOf(file).equals(model)).toBe(true)
        expectHashes(file.snapshot(), model)
        for (const { snapshot, expected } of snapshots) {
          expect(contentOf(snapshot).equals(expected)).toBe(true)
          expectHashes(snapshot, expected)
        }
      }),
    )
  })

  it('a capture cut anywhere is read as it was written', () => {
    const database = fc.record({
      name: fc.string({ minLength: 1, maxLength: 20 }),
      pages: fc.integer({ min: 0, max: 20 }),
      counters: fc.tuple(int64, int64, int64),
    })
    const databases = fc.uniqueArray(database, {
      selector: ({ name }) => new TextEncoder().encode(name).join(),
      maxLength: 4,
    })
    const index = fc.nat(Number.MAX_SAFE_INTEGER)
    const outcome = fc.record({
      id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => String.fromCharCode(...id)),
      index,
      timeMs: index,
      outcome: fc.option(fc.uint8Array(), { nil: undefined }),
    })
    const changes = fc.record({
      settings: fc.option(
        fc.record({ serviceId: fc.string(), rowIdsOnly: fc.boolean(), tableFilter: fc.constant('^t') }),
        { nil: undefined },
      ),
      deliveredThrough: index,
      lost: fc.option(fc.record({ from: index, through: index, timeMs: index, messages: index }), {
        nil: undefined,
      }),
      messages: fc.array(
        fc.record({
          index,
          timeMs: index,
          namespace: fc.constantFrom('n', 'other', ''),
          count: fc.nat(0xffff_ffff),
          events: fc.uint8Array({ maxLength: 1000 }),
        }),
        { maxLength: 5 },
      ),
    })
    const history = fc.record({ forgottenThrough: index, outcomes: fc.array(outcome, { maxLength: 5 }) })
    fc.assert(
      fc.property(
        databases,
        history,
        changes.map((captured) => (captured.settings === undefined ? NO_CHANGES : captured)),
        fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1 }),
        (list, remembered, changes, cuts) => {
          const captured = list.map(({ name, pages, counters }) => {
            const file = new BlockFile()
            const content = new Uint8Array(pages * 4096).fill(pages)
            content.set(new TextEncoder().encode('SQLite format 3\0\x10\0').subarray(0, content.length))
            file.write(content, 0)
            const [lastInsertId, changes, totalChanges] = counters
            return { name, sticky: { lastInsertId, changes, totalChanges }, file: file.snapshot() }
          })
          const bytes = Buffer.concat([
            ...writeCapture({ databases: captured, history: remembered, loads: [], changes }),
          ])
          const reader = new CaptureReader()
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const length = cuts[i % cuts.length] as number
            reader.push(bytes.subarray(at, at + length))
            at += length
          }
          const { databases: restored, history: restoredHistory, changes: restoredChanges } = reader.finish()
          expect(restoredHistory).toEqual(remembered)
          expect(restoredChanges).toEqual(changes)
          expect([...restored.keys()]).toEqual(captured.map(({ name }) => name))
          for (const { name, sticky, file } of captured) {
            expect(restored.get(name)?.sticky).toEqual(sticky)
            expect(contentOf(restored.get(name)?.file as BlockFile).equals(contentOf(file))).toBe(true)
          }
        },
      ),
    )
  })
})
