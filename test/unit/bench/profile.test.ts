import { expect, test } from 'vitest'
import { busyTime } from '../../../bench/report/profile.ts'

test('profile - a function has the time from its samples to the next ones; idleness is no work', () => {
  const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber })
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)') },
      { id: 2, callFrame: frame('encode', 'file:///x/dist/raft/driver.js', 9) },
      { id: 3, callFrame: frame('', 'file:///x/node_modules/level/index.js', 0) },
      // The same function, called from elsewhere.
      { id: 4, callFrame: frame('encode', 'file:///x/dist/raft/driver.js', 9) },
    ],
    samples: [2, 1, 3, 4, 2],
    timeDeltas: [500, 1_000, 50_000, 2_000, 3_000],
  }
  expect(busyTime(profile)).toEqual({
    busyMs: 6,
    functions: [
      { name: 'encode dist/raft/driver.js:10', ms: 4 },
      { name: '(anonymous) level/index.js:1', ms: 2 },
    ],
  })
})
