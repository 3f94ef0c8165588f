import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import {
  createKvMachine,
  KV_ENCODINGS,
  type KvDatabase,
  type KvMachine,
  levelDatabase,
} from '../../../src/kv/index.ts'
import { bytes, collect, kvConformance, put, recut, run, shown } from '../../conformance/kv.ts'

const memoryLevel = () => new MemoryLevel<Uint8Array, Uint8Array>(KV_ENCODINGS)
const machineOn = (database: () => KvDatabase, boot: string | undefined = 'boot-1', location = 'memory') =>
  createKvMachine({ database, logger: silentLogger, bootId: async () => boot }, { location })

kvConformance('memory-level', async () => {
  const db = memoryLevel()
  return { create: () => machineOn(() => db), close: async () => {} }
})

kvConformance('LevelDB', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'debros-kv-'))
  return {
    create: () => machineOn(levelDatabase(dir), 'boot-1', dir),
    close: () => rm(dir, { recursive: true }),
  }
})

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'debros-kv-'))
})
afterEach(() => rm(dir, { recursive: true }))

async function started(machine: KvMachine): Promise<KvMachine> {
  await machine.start()
  return machine
}

describe('key-value machine - what a start may trust', () => {
  it('restart - after a crash of the process it goes on where it was', async () => {
    const path = join(dir, 'running')
    const machine = await started(machineOn(levelDatabase(path)))
    for (let i = 0; i < 50; i++) await run(machine, [put(`k${i}`, 'x')])
    // What the process has written is what a copy of its files shows, without its having closed them.
    await cp(path, join(dir, 'crashed'), { recursive: true })
    await machine.stop()
    const after = await started(machineOn(levelDatabase(join(dir, 'crashed'))))
    expect(after.appliedIndex).toBe(50)
    expect((await after.list('default')).entries).toHaveLength(50)
    await after.stop()
  })

  it('restart - after a crash of the system a hole in the journal is not taken for the state', async () => {
    const path = join(dir, 'kv')
    const machine = await started(machineOn(levelDatabase(path)))
    const value = 'x'.repeat(900)
    for (let i = 0; i < 100; i++) await run(machine, [put(`k${i}`, value)])
    await machine.stop()
    const journal = (await readdir(path)).find((name) => name.endsWith('.log'))
    const file = await open(join(path, journal ?? expect.unreachable('there is a journal')), 'r+')
    await file.write(new Uint8Array(32_768), 0, 32_768, 32_768)
    await file.close()

    // LevelDB itself opens it, with the last index and without a third of the keys.
    await cp(path, join(dir, 'copy'), { recursive: true })
    const trusting = await started(machineOn(levelDatabase(join(dir, 'copy'))))
    expect(trusting.appliedIndex).toBe(100)
    expect((await trusting.list('default')).entries.length).toBeLessThan(100)
    await trusting.stop()

    const rebooted = await started(machineOn(levelDatabase(path), 'boot-2'))
    expect(rebooted.appliedIndex).toBe(0)
    expect(await shown(rebooted)).toEqual([])
    await run(rebooted, [put('a', '1')])
    await rebooted.stop()
    const again = await started(machineOn(levelDatabase(path), 'boot-2'))
    expect(again.appliedIndex).toBe(1)
    await again.stop()
  })

  it('restart - where the system does not name its boots nothing is trusted', async () => {
    const db = memoryLevel()
    const nameless = () =>
      createKvMachine(
        { database: () => db, logger: silentLogger, bootId: async () => undefined },
        { location: 'memory' },
      )
    const machine = await started(nameless())
    await run(machine, [put('a', '1')])
    await machine.stop()
    const again = await started(nameless())
    expect(again.appliedIndex).toBe(0)
    expect(await shown(again)).toEqual([])
    await again.stop()
  })

  it('restart - the real boot id is the same twice', async () => {
    const create = () =>
      createKvMachine({ database: levelDatabase(dir), logger: silentLogger }, { location: dir })
    const machine = await started(create())
    await run(machine, [put('a', '1')])
    await machine.stop()
    const again = await started(create())
    expect(again.appliedIndex).toBe(process.platform === 'linux' ? 1 : 0)
    await again.stop()
  })

  it('restore - a crash at any step of it leaves the old state, the new one or none', async () => {
    const source = await started(machineOn(memoryLevel))
    for (let i = 0; i < 30; i++) {
      await run(source, [{ kind: 'put', key: bytes(`new${i}`), value: new Uint8Array(30_000) }])
    }
    const capture = await source.capture()
    const chunks = await collect(capture.chunks())
    const newState = await shown(source)
    await source.stop()

    const outcomes = new Set<string>()
    for (let steps = 0; steps < 20; steps++) {
      const db = memoryLevel()
      let left = 100
      const machine = await started(machineOn(() => dyingAfter(db, () => left--)))
      await run(machine, [put('old', '1')])
      left = steps
      const finished = await machine.restore(recut(chunks, 50_000), 100).then(
        () => true,
        () => false,
      )
      await db.close()
      const after = await started(machineOn(() => db))
      const state = await shown(after)
      if (finished) expect(after.appliedIndex).toBe(100)
      if (after.appliedIndex === 100) {
        expect(state).toEqual(newState)
        outcomes.add('new')
      } else if (after.appliedIndex === 1) {
        expect(state).toEqual(['old=1@1'])
        outcomes.add('old')
      } else {
        expect(after.appliedIndex).toBe(0)
        expect(state).toEqual([])
        outcomes.add('none')
      }
      await after.stop()
    }
    expect(outcomes).toEqual(new Set(['old', 'none', 'new']))
  })

  it('start - an interrupted deletion of what is not trusted is begun again', async () => {
    const db = memoryLevel()
    const machine = await started(machineOn(() => db))
    await run(machine, [put('a', '1')])
    await machine.stop()
    for (const allowed of [0, 1]) {
      let left = allowed
      await expect(machineOn(() => dyingAfter(db, () => left--), 'boot-2').start()).rejects.toMatchObject({
        code: 'DATA_DIR_UNREADABLE',
      })
      await db.close()
    }
    const again = await started(machineOn(() => db, 'boot-2'))
    expect(again.appliedIndex).toBe(0)
    expect(await shown(again)).toEqual([])
    await again.stop()
  })
})

describe('key-value machine - failures', () => {
  it('apply - a failed write is final, and nothing of it shows', async () => {
    const db = memoryLevel()
    let left = 100
    const machine = await started(machineOn(() => dyingAfter(db, () => left--)))
    await run(machine, [put('a', '1')])
    left = 0
    await expect(run(machine, [put('a', '2')])).rejects.toMatchObject({
      code: 'KV_ENGINE_FAILED',
      retryable: false,
      message: expect.stringMatching(/memory failed: the disk died/),
    })
    expect(machine.appliedIndex).toBe(1)
    left = 100
    await expect(run(machine, [put('a', '3')])).rejects.toMatchObject({ code: 'KV_ENGINE_FAILED' })
    await expect(machine.get('default', bytes('a'))).rejects.toMatchObject({ code: 'KV_ENGINE_FAILED' })
    await machine.stop()
    const again = await started(machineOn(() => db))
    expect(await shown(again)).toEqual(['a=1@1'])
    await again.stop()
  })

  it('get - a failed read fails alone', async () => {
    const db = memoryLevel()
    const machine = await started(machineOn(() => db))
    await run(machine, [put('a', '1')])
    const get = db.get
    db.get = () => Promise.reject(new Error('bad sector'))
    await expect(machine.get('default', bytes('a'))).rejects.toMatchObject({ code: 'KV_ENGINE_FAILED' })
    db.get = get
    expect(await shown(machine)).toEqual(['a=1@1'])
    await machine.stop()
  })

  it('get - a read overtaken by stop is told so', async () => {
    const db = memoryLevel()
    const machine = await started(machineOn(() => db))
    let fail: (error: Error) => void = () => {}
    const get = db.get
    db.get = () =>
      new Promise<Uint8Array | undefined>((_, reject) => {
        fail = reject
      })
    const reading = machine.get('default', bytes('a'))
    await machine.stop()
    fail(new Error('closed'))
    await expect(reading).rejects.toMatchObject({ code: 'KV_NOT_RUNNING', retryable: true })
    db.get = get
  })

  it('capture - a database closed under it ends the stream with an error', async () => {
    const machine = await started(machineOn(levelDatabase(dir)))
    await run(machine, [put('a', '1')])
    const capture = await machine.capture()
    await machine.stop()
    await expect(collect(capture.chunks())).rejects.toMatchObject({ code: 'KV_ENGINE_FAILED' })
    capture.release()
  })

  it('start - a directory that another process holds', async () => {
    const script = `
      const { Level } = require('level')
      new Level(process.argv[1]).open().then(() => { process.stdout.write('held'); process.stdin.resume() })`
    const child = spawn(process.execPath, ['-e', script, dir], { stdio: ['pipe', 'pipe', 'inherit'] })
    const machine = machineOn(levelDatabase(dir), 'boot-1', dir)
    try {
      await once(child.stdout, 'data')
      await expect(machine.start()).rejects.toMatchObject({
        code: 'DATA_DIR_IN_USE',
        message: expect.stringContaining(`${dir} is used by another process`),
      })
    } finally {
      child.kill()
      await once(child, 'exit')
    }
    await machine.start()
    await machine.stop()
  })

  it('start - a directory that cannot be one, and a format of the future', async () => {
    const path = join(dir, 'file')
    await writeFile(path, 'not a directory')
    await expect(machineOn(levelDatabase(path), 'boot-1', path).start()).rejects.toMatchObject({
      code: 'DATA_DIR_UNREADABLE',
      message: expect.stringContaining(path),
    })

    const future = join(dir, 'future')
    const db = new Level<Uint8Array, Uint8Array>(future, KV_ENCODINGS)
    await db.put(bytes('meta::applied'), Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 7))
    await db.close()
    const machine = machineOn(levelDatabase(future), 'boot-1', future)
    await expect(machine.start()).rejects.toMatchObject({
      code: 'DATA_DIR_UNREADABLE',
      message: expect.stringMatching(/format this version does not know/),
    })
    await machine.stop()
    const [kept] = await new Level<Uint8Array, Uint8Array>(future, KV_ENCODINGS).getMany([
      bytes('meta::applied'),
    ])
    expect(kept?.[0]).toBe(2)
  })
})

/** The database, failing every write once `spend` returns 0 or less. */
function dyingAfter(db: MemoryLevel<Uint8Array, Uint8Array>, spend: () => number): KvDatabase {
  const living = async (write: () => Promise<void>) => {
    if (spend() <= 0) throw new Error('the disk died')
    await write()
  }
  return {
    open: () => db.open(),
    close: () => db.close(),
    get: (key, options) => db.get(key, options as object),
    getMany: (keys) => db.getMany(keys),
    has: (key, options) => db.has(key, options as object),
    hasMany: (keys) => db.hasMany(keys),
    snapshot: () => db.snapshot(),
    iterator: (options) => db.iterator(options as object),
    batch: (operations) => living(() => db.batch(operations)),
    clear: (range) => living(() => db.clear(range)),
  }
}
