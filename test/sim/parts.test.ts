/** The simulated machinery by itself: that each fault takes what it should, and nothing else. */
import { describe, expect, test } from 'vitest'
import { createPrng } from '../../src/base/index.ts'
import type { StoreRecord } from '../../src/raft/index.ts'
import { missingPaths } from '../../src/testing/sim/coverage.ts'
import { SimDisk } from '../../src/testing/sim/disk.ts'
import { FAULT_NAMES, FAULTS, type FaultName } from '../../src/testing/sim/faults.ts'
import { SimFiles } from '../../src/testing/sim/files.ts'
import { type MachineKind, runWorld } from '../../src/testing/sim/index.ts'
import { SimKvFiles } from '../../src/testing/sim/kv-database.ts'
import { SimSnapshots } from '../../src/testing/sim/snapshot-store.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const text = (data: Uint8Array | undefined): string | undefined => data && Buffer.from(data).toString()

/** What happened in so many different runs of `scene`, each counted. */
function outcomes(scene: (seed: number) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (let seed = 0; seed < 200; seed++) {
    const outcome = scene(seed)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  return counts
}

describe('log disk', () => {
  function diskWith(seed: number, writeError: () => string | undefined = () => undefined) {
    const due: (() => void)[] = []
    const disk = new SimDisk({
      prng: createPrng(seed),
      latencyUs: () => 1,
      schedule: (_, run) => due.push(run),
      writeError,
    })
    const put = (key: string, value: string): void =>
      disk.batch([{ type: 'put', key: bytes(key), value: bytes(value) }], () => {})
    const run = (): void => {
      while (due.length > 0) due.shift()?.()
    }
    const found = (): string => {
      let records: readonly StoreRecord[] = []
      due.length = 0
      disk.scan(bytes(''), bytes('~'), (_, all) => {
        records = all
      })
      run()
      return records.map(({ key, value }) => `${text(key)}=${text(value)}`).join(' ')
    }
    return { disk, put, run, found }
  }

  test('sim - a killed process leaves its last batch or not, and all before it', () => {
    const seen = outcomes((seed) => {
      const { disk, put, run, found } = diskWith(seed)
      put('a', '1')
      run()
      put('a', '2')
      disk.killed()
      return found()
    })
    expect([...seen.keys()].sort()).toEqual(['a=1', 'a=2'])
  })

  test('sim - what a killed process left unsynced may still go with the power, until the next start', () => {
    const seen = outcomes((seed) => {
      const { disk, put, found } = diskWith(seed)
      put('a', '1')
      disk.killed()
      disk.powerLost()
      return found()
    })
    // Left there by half of the kills, and kept by half of those.
    expect(seen.get('a=1')).toBeLessThan(80)
    const afterStart = outcomes((seed) => {
      const { disk, put, found } = diskWith(seed)
      put('a', '1')
      disk.killed()
      const before = found()
      disk.powerLost()
      return before === found() ? 'stays' : 'changed'
    })
    expect([...afterStart.keys()]).toEqual(['stays'])
  })

  test('sim - a failed write says so, and is there or not', () => {
    const seen = outcomes((seed) => {
      const { disk, run, found } = diskWith(seed, () => 'no space')
      let code = ''
      disk.batch([{ type: 'put', key: bytes('a'), value: bytes('1') }], (error) => {
        code = (error as { code?: string } | undefined)?.code ?? 'done'
      })
      run()
      disk.killed()
      return `${code} ${found()}`
    })
    expect([...seen.keys()].sort()).toEqual(['RAFT_STORAGE_FAILED ', 'RAFT_STORAGE_FAILED a=1'])
  })

  test('sim - damage turns over one bit, and is gone with the record', () => {
    const { disk, put, run, found } = diskWith(1)
    put('a', 'xyz')
    run()
    expect(disk.damage(() => true)).toBe(true)
    expect(disk.damaged.map(({ key }) => text(key))).toEqual(['a'])
    expect(found()).not.toBe('a=xyz')
    put('a', 'new')
    run()
    expect(disk.damaged).toEqual([])
    expect(found()).toBe('a=new')
  })
})

describe('files', () => {
  test('sim - the power takes what was not synced: ends of files, and the last names', () => {
    const seen = outcomes((seed) => {
      const files = new SimFiles(createPrng(seed))
      files.create('a')
      files.append('a', bytes('kept'))
      files.sync('a')
      files.syncDirectory()
      files.append('a', bytes('lost'))
      files.rename('a', 'b')
      files.powerLost()
      const [name = 'none'] = files.names()
      const content = text(files.read(name)) ?? ''
      expect(content.startsWith('kept')).toBe(true)
      return `${name}${content.includes('\0') ? ' with zeros' : content === 'keptlost' ? ' whole' : ' cut'}`
    })
    expect([...seen.keys()].sort()).toEqual([
      'a cut',
      'a whole',
      'a with zeros',
      'b cut',
      'b whole',
      'b with zeros',
    ])
  })
})

describe('key-value files', () => {
  test('sim - the power takes any batch that was not synced, but not the order of the others', () => {
    const put = (value: string) => [{ type: 'put' as const, key: bytes('a'), value: bytes(value) }]
    const seen = outcomes((seed) => {
      const files = new SimKvFiles()
      files.write(put('1'), false)
      files.write(put('2'), true)
      files.write(put('3'), false)
      files.write(put('4'), false)
      files.powerLost(createPrng(seed))
      return text(files.records.get('a')) ?? 'none'
    })
    expect([...seen.keys()].sort()).toEqual(['2', '3', '4'])
  })
})

describe('snapshots', () => {
  const meta = {
    index: 7,
    term: 2,
    configIndex: 1,
    config: { voters: [], outgoing: [], learners: [], members: [] },
  }

  function store(
    files: SimFiles,
    writeError: () => string | undefined = () => undefined,
    diskTime = (): Promise<void> => Promise.resolve(),
  ): SimSnapshots {
    return new SimSnapshots({ files, diskTime, writeError, happened: () => {} }, { chunkBytes: 4 })
  }

  async function save(snapshots: SimSnapshots, content: string): Promise<Error | undefined> {
    return await new Promise((resolve) => {
      const chunks = async function* () {
        yield bytes(content)
      }
      snapshots.save(meta, { chunks, release: () => {} }, resolve)
    })
  }

  async function contentOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
    const parts: Uint8Array[] = []
    for await (const chunk of chunks) parts.push(chunk)
    return Buffer.concat(parts).toString()
  }

  test('sim - one that was saved survives the power, and damage to it is found', async () => {
    const files = new SimFiles(createPrng(3))
    expect(await save(store(files), 'the content')).toBeUndefined()
    files.powerLost()
    const next = store(files)
    await next.start()
    expect(await contentOf((await next.openForRestore(meta)).chunks())).toBe('the content')
    expect(files.damage(() => true)).toBe(true)
    await expect(next.open(meta)).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_DAMAGED' })
  })

  test('sim - one that a newer one replaces before it is durable was written all the same', async () => {
    const files = new SimFiles(createPrng(3))
    const snapshots = store(files, undefined, async () => {
      snapshots.retain({ ...meta, index: meta.index + 1 }, [])
    })
    expect(await save(snapshots, 'the content')).toBeUndefined()
    expect(files.names()).toEqual([])
  })

  test('sim - one that could not be written leaves nothing', async () => {
    const files = new SimFiles(createPrng(3))
    expect(
      await save(
        store(files, () => 'no space'),
        'the content',
      ),
    ).toMatchObject({ code: 'RAFT_STORAGE_FAILED' })
    expect(files.names()).toEqual([])
  })

  test('sim - a transfer that breaks off goes on where it was', async () => {
    const from = store(new SimFiles(createPrng(3)))
    await save(from, 'a content of some length')
    const { sizeBytes, checksum, chunks } = await from.open(meta)
    const transfer = { snapshot: meta, sizeBytes, checksum }
    const to = store(new SimFiles(createPrng(4)))
    const all: Uint8Array[] = []
    for await (const chunk of chunks()) all.push(chunk)
    const breaking = async function* () {
      yield* all.slice(0, 2)
      throw new Error('the connection is lost')
    }
    await expect(to.receive(transfer, 0, breaking())).rejects.toThrow('the connection is lost')
    expect(await to.receivedBytes(transfer)).toBe(8)
    expect(await to.receivedBytes({ ...transfer, sizeBytes: sizeBytes + 1 })).toBe(0)
    expect(await to.receivedBytes({ ...transfer, checksum: checksum + 1 })).toBe(0)
    const rest = async function* () {
      yield* all.slice(2)
    }
    await to.receive(transfer, 8, rest())
    expect(await contentOf((await to.openForRestore(meta)).chunks())).toBe('a content of some length')
  })
})

describe('faults', () => {
  /** Whether one of a few worlds with these faults alone sees it. */
  async function sees(what: string, faults: readonly FaultName[], machines: MachineKind): Promise<boolean> {
    for (let seed = 1; seed <= 10; seed++) {
      const outcome = await runWorld({ seed, nodes: 5, faults, machines })
      if ('failure' in outcome) throw new Error(outcome.failure.message)
      if ((outcome.report.happened[what] ?? 0) > 0) return true
    }
    return false
  }

  test('sim - every fault has a name of its own', () => {
    expect(new Set(FAULT_NAMES).size).toBe(FAULTS.length)
  })

  test.each<[FaultName[], string, MachineKind?]>([
    [['loss'], 'message lost'],
    [['duplicates'], 'message duplicated'],
    [['crash'], 'restart from a snapshot'],
    [['crash-leader'], 'crash-hint campaign'],
    [['power-loss'], 'KV rebuilt: the system was restarted', 'kv'],
    [['partition'], 'snapshot installed'],
    [['isolate-leader'], 'write failed: RAFT_PROPOSAL_DROPPED'],
    [['disk-full'], 'stopped by its disk'],
    [['write-error'], 'stopped by its disk'],
    [['damage-log'], 'damaged record found'],
    [['damage-snapshot', 'crash'], 'damaged record found'],
    [['crash-point'], 'struck down at: write'],
    [['crash-point'], 'struck down at: elected'],
    [['transfer'], 'leadership transferred'],
    [['replace'], 'node replaced'],
    [['remove'], 'member removed'],
    [['several'], 'several members changed at once'],
    [['several'], 'joint membership left'],
    [['learner'], 'voter demoted'],
    [['rival-change', 'isolate-leader'], 'membership change: RAFT_PROPOSAL_DROPPED'],
    [['spare'], 'learner added'],
  ])('sim - %s makes happen: %s', async (faults, what, machines = 'fingerprint') => {
    expect(await sees(what, faults, machines)).toBe(true)
  })

  test('sim - what never happened is missed', () => {
    expect(missingPaths({})).toContain('fault: bridge')
    expect(missingPaths({ 'fault: bridge': 1 })).not.toContain('fault: bridge')
  })
})
