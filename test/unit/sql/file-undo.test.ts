import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockFile } from '../../../src/sql/block-file.ts'
import { FileUndo } from '../../../src/sql/file-undo.ts'

function contentOf(file: BlockFile): Buffer {
  const bytes = Buffer.alloc(file.size)
  file.read(bytes, 0)
  return bytes
}

const SIZE_MAX = 50_000

const change = fc.oneof(
  fc.record({
    offset: fc.nat(SIZE_MAX),
    count: fc.integer({ min: 1, max: 10_000 }),
    byte: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ size: fc.nat(SIZE_MAX) }),
)

describe('file undo', () => {
  it('puts back what was there, whatever was written, cut off and written again', () => {
    const round = fc.record({ changes: fc.array(change, { maxLength: 12 }), reverts: fc.boolean() })
    fc.assert(
      fc.property(fc.array(round, { maxLength: 6 }), (rounds) => {
        const file = new BlockFile()
        const undo = new FileUndo(file)
        for (const { changes, reverts } of rounds) {
          const before = contentOf(file)
          undo.begin()
          for (const each of changes) {
            if ('size' in each) {
              undo.beforeTruncate(each.size)
              file.truncate(each.size)
            } else {
              undo.beforeWrite(each.offset, each.count)
              file.write(new Uint8Array(each.count).fill(each.byte), each.offset)
            }
          }
          if (!reverts) continue
          undo.revert()
          expect(contentOf(file).equals(before)).toBe(true)
        }
      }),
    )
  })
})
