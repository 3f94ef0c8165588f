import { expect, test } from 'vitest'
import {
  createLogStore,
  createMemoryStore,
  type FoundingRecord,
  MemoryDisk,
  readFounding,
  writeFounding,
} from '../../../src/raft/log/index.ts'
import { foundingKey } from '../../../src/raft/log/keys.ts'
import { load } from '../../conformance/log-store.ts'

const read = (disk: MemoryDisk) =>
  new Promise<FoundingRecord | undefined>((resolve, reject) =>
    readFounding(createMemoryStore({ disk }), (error, record) => (error ? reject(error) : resolve(record))),
  )
const write = (disk: MemoryDisk, record: FoundingRecord | undefined) =>
  new Promise<void>((resolve, reject) =>
    writeFounding(createMemoryStore({ disk }), record, (error) => (error ? reject(error) : resolve())),
  )

test('founding - a promise is kept, replaced and taken back, and the log does not see it', async () => {
  const disk = new MemoryDisk()
  expect(await read(disk)).toBeUndefined()
  await write(disk, { clusterId: 'c1', founder: 'p1', address: 'a1:1' })
  await write(disk, { clusterId: 'c2', founder: 'p2', address: 'a2:1' })
  expect(await read(disk)).toEqual({ clusterId: 'c2', founder: 'p2', address: 'a2:1' })
  expect(await load(createLogStore({ store: createMemoryStore({ disk }) }, { groupId: 0 }))).toBeUndefined()
  await write(disk, undefined)
  expect(await read(disk)).toBeUndefined()
})

test('founding - a damaged promise is not taken for none', async () => {
  const disk = new MemoryDisk()
  const store = createMemoryStore({ disk })
  await new Promise<void>((resolve, reject) =>
    store.batch([{ type: 'put', key: foundingKey(), value: Uint8Array.of(1, 2, 3) }], (error) =>
      error ? reject(error) : resolve(),
    ),
  )
  await expect(read(disk)).rejects.toMatchObject({ code: 'RAFT_LOG_DAMAGED' })
})
