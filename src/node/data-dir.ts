/**
 * Everything a node keeps, on disk or in memory:
 *
 *   identity.key   its private key (0600)
 *   raft/          LevelDB: log, term and vote, whose directory this is; its lock keeps others out.
 *                  An operator may put a peers.json beside it, see recovery.ts
 *   kv/            LevelDB: the key-value state machine
 *   snapshots/     snapshots of both state machines
 */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MemoryLevel } from 'memory-level'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import { KV_ENCODINGS, type KvDatabase, levelDatabase } from '../kv/index.ts'
import { createIdentity, loadIdentity, type PeerIdentity } from '../p2p/index.ts'
import {
  type Callback,
  createLevelStore,
  createMemorySnapshots,
  createMemoryStore,
  createSnapshotFiles,
  type FoundingRecord,
  MemoryDisk,
  MemorySnapshotDisk,
  type NodeIdentity,
  type OrderedStore,
  readFounding,
  readIdentity,
  type Snapshots,
  writeFounding,
  writeIdentity,
} from '../raft/index.ts'

export interface DataDir {
  readonly kind: 'directory' | 'memory'
  /** For people: a path, or "memory". */
  readonly location: string
  readonly identity: PeerIdentity
  readonly logDatabase: OrderedStore
  readonly kvDatabase: () => KvDatabase
  readonly snapshots: Snapshots
  /** For people, as `location`. */
  readonly snapshotsLocation: string
  readIdentity(): Promise<NodeIdentity | undefined>
  /** Binds the directory to a node and, once known, its cluster. Errors: `DATA_DIR_MISMATCH`. */
  writeIdentity(identity: { nodeId: string; clusterId: string | undefined }): Promise<void>
  /** What this node has promised about a founding, see founding.ts. */
  readFounding(): Promise<FoundingRecord | undefined>
  writeFounding(record: FoundingRecord | undefined): Promise<void>
  /** Bytes on disk. */
  size(): Promise<number>
  /** Of these, what the snapshots take. */
  snapshotsSize(): Promise<number>
  close(): Promise<void>
}

/** A data directory in memory. Hand the same one to the next node to restart on it. */
export class MemoryDataDir {
  readonly disk = new MemoryDisk()
  readonly snapshots = new MemorySnapshotDisk()
  readonly kv = new MemoryLevel<Uint8Array, Uint8Array>(KV_ENCODINGS)
  identity: PeerIdentity | undefined
}

export async function openDataDir(
  components: { readonly logger: Logger },
  init: { readonly dataDir: string | MemoryDataDir; readonly keyFile: string | undefined },
): Promise<DataDir> {
  return init.dataDir instanceof MemoryDataDir
    ? await openMemory(init.dataDir)
    : await openDirectory(components, init.dataDir, init.keyFile)
}

async function openDirectory(
  { logger }: { readonly logger: Logger },
  path: string,
  keyFile: string | undefined,
): Promise<DataDir> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new DebrosError(
      'DATA_DIR_UNREADABLE',
      `cannot make the data directory ${path}: ${errorMessage(error)}`,
      { cause: error },
    )
  }
  // First of all, for its lock: whatever else is here is read only by the process that has it.
  const store = createLevelStore(join(path, 'raft'))
  await store.open()
  try {
    const identity = await loadIdentity({ logger }, { path: keyFile ?? join(path, 'identity.key') })
    const snapshotsLocation = join(path, 'snapshots')
    const snapshots = createSnapshotFiles({ logger }, { dir: snapshotsLocation })
    await snapshots.start()
    return {
      kind: 'directory',
      location: path,
      identity,
      logDatabase: store,
      kvDatabase: levelDatabase(join(path, 'kv')),
      snapshots,
      snapshotsLocation,
      ...records(store),
      size: () => directorySize(path),
      snapshotsSize: () => directorySize(snapshotsLocation),
      close: async () => {
        await snapshots.stop()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

async function openMemory(memory: MemoryDataDir): Promise<DataDir> {
  memory.identity ??= await createIdentity()
  const store = createMemoryStore({ disk: memory.disk })
  return {
    kind: 'memory',
    location: 'memory',
    identity: memory.identity,
    logDatabase: store,
    kvDatabase: () => memory.kv,
    snapshots: createMemorySnapshots({ disk: memory.snapshots }),
    snapshotsLocation: 'memory',
    ...records(store),
    size: async () => 0,
    snapshotsSize: async () => 0,
    close: async () => {},
  }
}

function records(
  store: OrderedStore,
): Pick<DataDir, 'readIdentity' | 'writeIdentity' | 'readFounding' | 'writeFounding'> {
  return {
    readIdentity: () => promised((done) => readIdentity(store, done)),
    writeIdentity: (identity) => promised((done) => writeIdentity(store, identity, done)),
    readFounding: () => promised((done) => readFounding(store, done)),
    writeFounding: (record) => promised((done) => writeFounding(store, record, done)),
  }
}

function promised<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)))
  })
}

async function directorySize(path: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    // Files come and go while we look; one that is gone has no size.
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined)
    bytes += found?.size ?? 0
  }
  return bytes
}
