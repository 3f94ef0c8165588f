import { expect, test } from 'vitest'
import { createPrng } from '../../../src/base/index.ts'
import { RaftCore } from '../../../src/raft/core/core.ts'
import { config, configEntry } from './entries.ts'

const ELECTION_TICKS = 10

/** How many ticks pass between the campaigns of a node that nobody answers. */
function campaignGaps(seed: number, count: number): number[] {
  const core = new RaftCore({
    settings: {
      id: 'a',
      electionTicks: ELECTION_TICKS,
      heartbeatTicks: 1,
      crashHintTicks: 1,
      appendBytesMax: 1_000,
      inflightMessagesMax: 1,
      inflightBytesMax: 1_000,
      commitNoticeTicks: 0,
      uncommittedBytesMax: 1_000,
    },
    prng: createPrng(seed),
    hardState: { term: 1, vote: undefined },
    snapshot: undefined,
    entries: [configEntry(1, 1, config(['a', 'b', 'c']))],
  })
  return Array.from({ length: count }, () => {
    for (let ticks = 1; ; ticks++) {
      core.tick()
      if (core.hasReady() && core.ready().messages.some(({ type }) => type === 'pre-vote')) return ticks
    }
  })
}

test('election timeout - is drawn anew for every campaign, from one to two times what is set', () => {
  const gaps = campaignGaps(1, 200)
  const possible = Array.from({ length: ELECTION_TICKS }, (_, i) => ELECTION_TICKS + i)
  // Every one of them comes, and no other: two nodes do not campaign at the same moment for ever.
  expect([...new Set(gaps)].sort((a, b) => a - b)).toEqual(possible)
})

test('election timeout - is that of the seed', () => {
  expect(campaignGaps(7, 20)).toEqual(campaignGaps(7, 20))
  expect(campaignGaps(8, 20)).not.toEqual(campaignGaps(7, 20))
})
