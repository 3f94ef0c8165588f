import { describe, expect, it } from 'vitest'
import {
  createLogStore,
  createMemoryStore,
  DATA_FORMAT_VERSION,
  MemoryDisk,
  type NodeIdentity,
  readIdentity,
  writeIdentity,
} from '../../../src/raft/log/index.ts'
import { identityKey } from '../../../src/raft/log/keys.ts'
import { encodeIdentity } from '../../../src/raft/log/meta-codec.ts'
import { load } from '../../conformance/log-store.ts'

const read = (disk: MemoryDisk) =>
  new Promise<NodeIdentity | undefined>((resolve, reject) =>
    readIdentity(createMemoryStore({ disk }), (error, identity) =>
      error ? reject(error) : resolve(identity),
    ),
  )
const record = (disk: MemoryDisk, nodeId: string, clusterId?: string) =>
  new Promise<void>((resolve, reject) =>
    writeIdentity(createMemoryStore({ disk }), { nodeId, clusterId }, (error) =>
      error ? reject(error) : resolve(),
    ),
  )

describe('identity', () => {
  it('read - a new store has none, and the log does not see it', async () => {
    const disk = new MemoryDisk()
    expect(await read(disk)).toBeUndefined()
    await record(disk, 'a')
    expect(await load(createLogStore({ store: createMemoryStore({ disk }) }, { groupId: 0 }))).toBeUndefined()
  })

  it('write - the cluster id may come later, and both stay', async () => {
    const disk = new MemoryDisk()
    await record(disk, 'a')
    expect(await read(disk)).toEqual({
      nodeId: 'a',
      clusterId: undefined,
      formatVersion: DATA_FORMAT_VERSION,
    })
    await record(disk, 'a', 'c1')
    await record(disk, 'a', 'c1')
    expect(await read(disk)).toEqual({ nodeId: 'a', clusterId: 'c1', formatVersion: DATA_FORMAT_VERSION })
  })

  it('write - a directory of another node or cluster is refused', async () => {
    const disk = new MemoryDisk()
    await record(disk, 'a', 'c1')
    const refused = { code: 'DATA_DIR_MISMATCH', path: 'memory' }
    await expect(record(disk, 'b', 'c1')).rejects.toMatchObject(refused)
    await expect(record(disk, 'a', 'c2')).rejects.toMatchObject(refused)
    await expect(record(disk, 'a')).rejects.toMatchObject(refused)
    expect(await read(disk)).toMatchObject({ nodeId: 'a', clusterId: 'c1' })
  })

  it('read - damage and newer formats are told apart', async () => {
    const disk = new MemoryDisk()
    disk.apply([{ type: 'put', key: identityKey(), value: Uint8Array.of(1, 2, 3) }])
    await expect(read(disk)).rejects.toMatchObject({ code: 'RAFT_LOG_DAMAGED', path: 'memory' })
    await expect(record(disk, 'a')).rejects.toMatchObject({ code: 'RAFT_LOG_DAMAGED' })
    const newer = encodeIdentity({
      nodeId: 'a',
      clusterId: undefined,
      formatVersion: DATA_FORMAT_VERSION + 1,
    })
    disk.apply([{ type: 'put', key: identityKey(), value: newer }])
    await expect(read(disk)).rejects.toMatchObject({ code: 'DATA_DIR_UNREADABLE' })
  })
})
