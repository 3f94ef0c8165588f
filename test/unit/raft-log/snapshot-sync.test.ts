/** In which order a snapshot file reaches the disk: what a crash of the system may find there. */
import { type FileHandle, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { createSnapshotFiles, type Snapshots } from '../../../src/raft/log/index.ts'
import { snapshotAt } from '../../conformance/log-store.ts'

const steps = vi.hoisted((): string[] => [])

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  return {
    ...original,
    open: async (...args: Parameters<typeof original.open>): Promise<FileHandle> => {
      const handle = await original.open(...args)
      const sync = handle.sync.bind(handle)
      handle.sync = async () => {
        await sync()
        steps.push(`synced ${basename(String(args[0]))}`)
      }
      return handle
    },
    rename: async (...args: Parameters<typeof original.rename>) => {
      await original.rename(...args)
      steps.push(`renamed ${basename(String(args[0]))} to ${basename(String(args[1]))}`)
    },
  }
})

let root: string
let snapshots: Snapshots
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'debros-snapshots-'))
  snapshots = createSnapshotFiles({ logger: silentLogger }, { dir: join(root, 'snapshots') })
  await snapshots.start()
  steps.length = 0
})
afterEach(async () => {
  await snapshots.stop()
  await rm(root, { recursive: true })
})

const inOrder = [
  expect.stringMatching(/^synced 8-2\.snap\..*tmp$|^synced .*\.part$/),
  expect.stringMatching(/^renamed .*(tmp|part) to 8-2\.snap$/),
  'synced snapshots',
  'done',
]

test('snapshot file - a saved one is synced before it gets its name, and the name before it counts', async () => {
  const capture = { chunks: async function* () {}, release: () => {} }
  await new Promise<void>((resolve, reject) => {
    snapshots.save(snapshotAt(8, 2), capture, (error) => (error === undefined ? resolve() : reject(error)))
  })
  steps.push('done')
  expect(steps).toEqual(inOrder)
})

test('snapshot file - so is a received one', async () => {
  const empty = new Uint8Array(12) // the trailer of no payload: its length and its checksum, both 0
  async function* chunks() {
    yield empty
  }
  const transfer = { snapshot: snapshotAt(8, 2), sizeBytes: empty.length, checksum: 0 }
  await snapshots.receive(transfer, 0, chunks())
  steps.push('done')
  expect(steps).toEqual(inOrder)
})
