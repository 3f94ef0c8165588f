import { describe, expect, test } from 'vitest'
import { Progress } from '../../../src/raft/core/progress.ts'
import { config } from './entries.ts'

const snapshotAt = (index: number) => ({ index, term: 1, config: config(['a']), configIndex: 1 })

const limits = { messagesMax: 3, bytesMax: 100 }

function replicating(match: number): Progress {
  const progress = new Progress(match + 1, limits)
  progress.acknowledged(match)
  progress.becomeReplicate()
  return progress
}

describe('probe', () => {
  test('progress - one message at a time', () => {
    const progress = new Progress(5, limits)
    expect(progress.paused).toBe(false)
    progress.sent(6, 10)
    expect(progress.paused).toBe(true)
    expect(progress.next).toBe(5)
  })

  test('progress - a refusal moves next down to behind the hint and allows the next message', () => {
    const progress = new Progress(10, limits)
    progress.sent(10, 10)
    expect(progress.rejected(9, 4)).toBe(true)
    expect(progress.next).toBe(5)
    expect(progress.paused).toBe(false)
  })

  test('progress - a refusal moves next down at least by one', () => {
    const progress = new Progress(10, limits)
    expect(progress.rejected(9, 20)).toBe(true)
    expect(progress.next).toBe(9)
  })

  test('progress - next never falls to match', () => {
    const progress = new Progress(10, limits)
    progress.acknowledged(6)
    expect(progress.rejected(9, 2)).toBe(true)
    expect(progress.next).toBe(7)
  })

  test('progress - a refusal of anything but the last probe is out of date', () => {
    const progress = new Progress(10, limits)
    progress.sent(10, 10)
    expect(progress.rejected(7, 3)).toBe(false)
    expect(progress.next).toBe(10)
    expect(progress.paused).toBe(true)
  })
})

describe('replicate', () => {
  test('progress - the number of unanswered messages is bounded', () => {
    const progress = replicating(4)
    for (const last of [5, 6, 7]) {
      expect(progress.paused).toBe(false)
      progress.sent(last, 1)
    }
    expect(progress.paused).toBe(true)
    expect(progress.inflightMessages).toBe(3)
    expect(progress.next).toBe(8)
  })

  test('progress - their bytes are bounded', () => {
    const progress = replicating(4)
    progress.sent(5, 99)
    expect(progress.paused).toBe(false)
    progress.sent(6, 1)
    expect(progress.paused).toBe(true)
    progress.acknowledged(5)
    expect(progress.paused).toBe(false)
  })

  test('progress - an acknowledgement frees every message up to it', () => {
    const progress = replicating(4)
    for (const last of [5, 6, 7]) progress.sent(last, 1)
    expect(progress.acknowledged(6)).toBe(true)
    expect(progress.inflightMessages).toBe(1)
    expect(progress).toMatchObject({ match: 6, next: 8 })
  })

  test('progress - late acknowledgements take nothing back', () => {
    const progress = replicating(4)
    for (const last of [5, 6, 7]) progress.sent(last, 1)
    progress.acknowledged(7)
    expect(progress.acknowledged(5)).toBe(false)
    expect(progress).toMatchObject({ match: 7, next: 8 })
  })

  test('progress - a refusal above match starts over behind match', () => {
    const progress = replicating(4)
    for (const last of [5, 6, 7]) progress.sent(last, 1)
    expect(progress.rejected(6, 4)).toBe(true)
    expect(progress).toMatchObject({ state: 'probe', match: 4, next: 5, inflightMessages: 0 })
    expect(progress.paused).toBe(false)
  })

  test('progress - a refusal at or below match is out of date', () => {
    const progress = replicating(4)
    progress.sent(5, 1)
    expect(progress.rejected(4, 2)).toBe(false)
    expect(progress).toMatchObject({ state: 'replicate', next: 6 })
  })
})

describe('snapshot', () => {
  test('progress - nothing is sent while a snapshot is on its way', () => {
    const progress = replicating(4)
    progress.becomeSnapshot(snapshotAt(20))
    expect(progress.paused).toBe(true)
    expect(progress.reaches).toBe(20)
  })

  test('progress - after it, probing goes on behind it', () => {
    const progress = replicating(4)
    progress.becomeSnapshot(snapshotAt(20))
    progress.becomeProbe()
    expect(progress).toMatchObject({ state: 'probe', match: 4, next: 21, reaches: 4 })
  })

  test('progress - what was acknowledged meanwhile counts if it is more', () => {
    const progress = replicating(4)
    progress.becomeSnapshot(snapshotAt(20))
    expect(progress.acknowledged(25)).toBe(true)
    progress.becomeProbe()
    expect(progress).toMatchObject({ match: 25, next: 26 })
  })

  test('progress - one that broke off is not forgotten until the follower has as much', () => {
    const progress = replicating(4)
    progress.interrupted = snapshotAt(20)
    progress.becomeProbe()
    expect(progress).toMatchObject({ next: 21, reaches: 20 })
    progress.acknowledged(19)
    expect(progress.reaches).toBe(20)
    progress.acknowledged(20)
    expect(progress.interrupted).toBeUndefined()
  })

  test('progress - a follower that goes on from its log needs nothing of one that broke off', () => {
    const progress = replicating(4)
    progress.interrupted = snapshotAt(20)
    progress.becomeReplicate()
    expect(progress).toMatchObject({ interrupted: undefined, reaches: 4, next: 5 })
  })
})
