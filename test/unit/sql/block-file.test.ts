import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BlockFile, type FileSnapshot } from '../../../src/sql/block-file.ts'

const BLOCK = 32 * 1024

function contentOf(file: BlockFile | FileSnapshot): Buffer {
  const bytes = new Uint8Array(file.size)
  expect(file.read(bytes, 0)).toBe(file.size)
  return Buffer.from(bytes)
}

function hashOf(block: Uint8Array): string {
  return createHash('sha256').update(block).digest('hex')
}

function hashesOf(file: BlockFile): string[] {
  const snapshot = file.snapshot()
  const hashes: string[] = []
  for (let at = 0; at * BLOCK < file.size; at++)
    hashes.push(Buffer.from(snapshot.blockHash(at)).toString('hex'))
  snapshot.release()
  return hashes
}

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte)
}

describe('block file', () => {
  it('writing - over the border of blocks, and beyond the end', () => {
    const file = new BlockFile()
    file.write(filled(10, 1), BLOCK - 5)
    expect(file.size).toBe(BLOCK + 5)
    expect(contentOf(file)).toEqual(Buffer.concat([filled(BLOCK - 5, 0), filled(10, 1)]))
  })

  it('reading - tells how much there was', () => {
    const file = new BlockFile()
    file.write(filled(100, 7), 0)
    const target = filled(50, 9)
    expect(file.read(target, 80)).toBe(20)
    expect([...target]).toEqual([...filled(20, 7), ...filled(30, 9)])
    expect(file.read(target, 100)).toBe(0)
    expect(file.read(target, 1000)).toBe(0)
  })

  it('truncating - what is cut off is zeros when the file grows again', () => {
    const file = new BlockFile()
    file.write(filled(2 * BLOCK, 5), 0)
    file.truncate(10)
    file.write(filled(1, 6), 20)
    expect(contentOf(file)).toEqual(Buffer.concat([filled(10, 5), filled(10, 0), filled(1, 6)]))
    file.truncate(100)
    expect(file.size).toBe(21)
  })

  it('snapshots - keep what was, whatever is written later', () => {
    const file = new BlockFile()
    file.write(filled(3 * BLOCK, 1), 0)
    const first = file.snapshot()
    file.write(filled(10, 2), BLOCK)
    const second = file.snapshot()
    file.truncate(5)
    file.write(filled(BLOCK, 3), 2)
    expect(contentOf(first)).toEqual(Buffer.from(filled(3 * BLOCK, 1)))
    expect(contentOf(second).subarray(BLOCK, BLOCK + 11)).toEqual(Buffer.from([...filled(10, 2), 1]))
    expect(contentOf(file)).toEqual(Buffer.concat([filled(2, 1), filled(BLOCK, 3)]))
    first.release()
    second.release()
    second.release()
    expect(contentOf(file)).toEqual(Buffer.concat([filled(2, 1), filled(BLOCK, 3)]))
  })

  it('hashes - are of whole blocks, the last one filled up with zeros', () => {
    const file = new BlockFile()
    expect(hashesOf(file)).toEqual([])
    file.write(filled(BLOCK + 3, 1), 0)
    const expected = [filled(BLOCK, 1), Buffer.concat([filled(3, 1), filled(BLOCK - 3, 0)])].map(hashOf)
    expect(hashesOf(file)).toEqual(expected)
    file.write(filled(100, 2), BLOCK + 3)
    file.truncate(BLOCK + 3)
    expect(hashesOf(file)).toEqual(expected)
  })

  it('hashes - of a snapshot are those of what was, the file’s those of what is', () => {
    const file = new BlockFile()
    file.write(filled(2 * BLOCK, 1), 0)
    const [one, two] = [filled(BLOCK, 1), filled(BLOCK, 2)].map(hashOf)
    const early = file.snapshot()
    expect(hashesOf(file)).toEqual([one, one])
    file.write(filled(BLOCK, 2), BLOCK)
    expect(hashesOf(file)).toEqual([one, two])
    expect([0, 1].map((at) => Buffer.from(early.blockHash(at)).toString('hex'))).toEqual([one, one])
    early.release()
    file.write(filled(BLOCK, 2), 0) // in place, now that nobody holds it
    expect(hashesOf(file)).toEqual([two, two])
    file.truncate(0)
    file.write(filled(BLOCK, 1), 0)
    expect(hashesOf(file)).toEqual([one])
  })
})
