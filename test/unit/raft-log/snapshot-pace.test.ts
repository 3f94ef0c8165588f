/** A snapshot makes way for the writes beside it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { createSnapshotFiles, type Snapshots } from '../../../src/raft/log/index.ts'
import { snapshotAt } from '../../conformance/log-store.ts'

let root: string
let snapshots: Snapshots
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'debros-snapshots-'))
  snapshots = createSnapshotFiles({ logger: silentLogger }, { dir: root })
  await snapshots.start()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await snapshots.stop()
  await rm(root, { recursive: true })
})

test('snapshots - one that is saved pauses for longer than it works', async () => {
  let nowMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const pauses = vi.spyOn(globalThis, 'setTimeout')
  const capture = {
    async *chunks() {
      for (let i = 0; i < 3; i++) {
        nowMs += 5
        yield new Uint8Array(1_000)
      }
    },
    release: () => {},
  }
  await new Promise<void>((resolve, reject) => {
    snapshots.save(snapshotAt(8, 2), capture, (error) => (error === undefined ? resolve() : reject(error)))
  })
  expect(pauses.mock.calls.map(([, ms]) => ms)).toEqual([15, 15, 15])
})
