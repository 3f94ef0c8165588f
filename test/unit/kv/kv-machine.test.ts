import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type DebrosError,
  OUTCOME_LIMITS,
  type OutcomeLimits,
  silentLogger,
} from '../../../src/base/index.ts'
import {
  createKvMachine,
  KV_ENCODINGS,
  type KvDatabase,
  type KvMachine,
  levelDatabase,
} from '../../../src/kv/index.ts'
import {
  absent,
  bytes,
  captured,
  collect,
  item,
  kvConformance,
  put,
  recut,
  run,
  shown,
  swap,
  tag,
  wrote,
} from '../../conformance/kv.ts'

const memoryLevel = () => new MemoryLevel<Uint8Array, Uint8Array>(KV_ENCODINGS)
const machineOn = (
  database: () => KvDatabase,
  boot: string | undefined = 'boot-1',
  location = 'memory',
  outcomeLimits: OutcomeLimits = OUTCOME_LIMITS,
) =>
  createKvMachine({ database, logger: silentLogger, bootId: async () => boot }, { location, outcomeLimits })

kvConformance('memory-level', async () => {
  const db = memoryLevel()
  return {
    create: (outcomeLimits) => machineOn(() => db, 'boot-1', 'memory', outcomeLimits),
    close: async () => {},
  }
})

kvConformance('LevelDB', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'debros-kv-'))
  return {
    create: (outcomeLimits) => machineOn(levelDatabase(dir), 'boot-1', dir, outcomeLimits),
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
    for (let i = 1; i <= 50; i++) await machine.apply([item(i, [put(`k${i}`, 'x')], tag(`r${i}`))])
    // What the process has written is what a copy of its files shows, without its having closed them.
    await cp(path, join(dir, 'crashed'), { recursive: true })
    await machine.stop()
    const after = await started(machineOn(levelDatabase(join(dir, 'crashed'))))
    expect(after.appliedIndex).toBe(50)
    expect((await after.list('default')).entries).toHaveLength(50)
    const again = Array.from({ length: 50 }, (_, i) => item(51 + i, [put('x', 'again')], tag(`r${i + 1}`)))
    expect(await after.apply(again)).toEqual(again.map((_, i) => wrote(i + 1)))
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

  it('restart - after a crash of the system outcomes go with the data, and come back with the log', async () => {
    const path = join(dir, 'kv')
    const few: OutcomeLimits = { ...OUTCOME_LIMITS, countMax: 2 }
    const create = (boot: string) => machineOn(levelDatabase(path), boot, path, few)
    const log = [1, 2, 3, 4].map((index) => item(index, [put(`k${index}`, '')], tag(`r${index}`, index - 1)))
    const machine = await started(create('boot-1'))
    const answers = await machine.apply(log)
    const state = await captured(machine)
    await machine.stop()

    const rebooted = await started(create('boot-2'))
    const fresh = await started(machineOn(memoryLevel))
    expect(await captured(rebooted)).toEqual(await captured(fresh))
    await fresh.stop()
    expect(await rebooted.apply(log)).toEqual(answers)
    expect(await captured(rebooted)).toEqual(state)
    await rebooted.stop()

    // The same machine, started again, has nothing left in memory either.
    let boot = 'boot-2'
    const lasting = createKvMachine(
      { database: levelDatabase(path), logger: silentLogger, bootId: async () => boot },
      { location: path, outcomeLimits: few },
    )
    await lasting.start()
    await lasting.stop()
    boot = 'boot-3'
    await lasting.start()
    expect(await lasting.apply(log)).toEqual(answers)
    await lasting.stop()
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
    for (let i = 1; i <= 30; i++) {
      const value = new Uint8Array(30_000)
      await source.apply([item(i, [{ kind: 'put', key: bytes(`new${i}`), value }], tag(`new${i}`))])
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
      await machine.apply([item(1, [put('old', '1')], tag('old'))])
      left = steps
      const finished = await machine.restore(recut(chunks, 50_000), 100).then(
        () => true,
        () => false,
      )
      await db.close()
      const after = await started(machineOn(() => db))
      const state = await shown(after)
      const next = after.appliedIndex + 1
      const [oldOutcome, newOutcome] = await after.apply([
        item(next, [put('x', '')], tag('old')),
        item(next + 1, [put('y', '')], tag('new30')),
      ])
      if (finished) expect(next).toBe(101)
      if (next === 101) {
        expect(state).toEqual(newState)
        expect([oldOutcome, newOutcome]).toEqual([wrote(101), wrote(30)])
        outcomes.add('new')
      } else if (next === 2) {
        expect(state).toEqual(['old=1@1'])
        expect([oldOutcome, newOutcome]).toEqual([wrote(1), wrote(3)])
        outcomes.add('old')
      } else {
        expect(next).toBe(1)
        expect(state).toEqual([])
        expect([oldOutcome, newOutcome]).toEqual([wrote(1), wrote(2)])
        outcomes.add('none')
      }
      await after.stop()
    }
    expect(outcomes).toEqual(new Set(['old', 'none', 'new']))
  })

  it('restart - of outcomes that were stored together, those that were forgotten stay so', async () => {
    const db = memoryLevel()
    const limits = { ...OUTCOME_LIMITS, countMax: 3 }
    const open = () => started(machineOn(() => db, 'boot-1', 'memory', limits))
    const request = (index: number) => tag(`r${index}`, index - 1)
    const written = (index: number) => item(index, [put(`k${index}`, '')], request(index))
    let machine = await open()
    await machine.apply([written(1), written(2), written(3)])
    await machine.apply([written(4), written(5)])
    const before = await machine.digest()
    await machine.stop()
    machine = await open()
    expect(await machine.digest()).toEqual(before)
    const again = [2, 3, 4, 5].map((first, i) => item(6 + i, [put('again', '')], request(first)))
    expect(await machine.apply(again)).toEqual([{ kind: 'forgotten' }, wrote(3), wrote(4), wrote(5)])
    // The rest of the first three goes, too, and what is left is as it would be on any other machine.
    await machine.apply([written(10), written(11), written(12), written(13)])
    const after = await machine.digest()
    await machine.stop()
    machine = await open()
    expect(await machine.digest()).toEqual(after)
    const other = await started(machineOn(memoryLevel, 'boot-1', 'memory', limits))
    for (const entry of [1, 2, 3, 4, 5].map(written)) await other.apply([entry])
    expect(await other.digest()).toEqual(before)
    for (const entry of [...again, ...[10, 11, 12, 13].map(written)]) await other.apply([entry])
    expect(await other.digest()).toEqual(after)
    await machine.stop()
    await other.stop()
  })

  it('start - an interrupted deletion of what is not trusted is begun again', async () => {
    const db = memoryLevel()
    const machine = await started(machineOn(() => db))
    await machine.apply([item(1, [put('a', '1')], tag('r'))])
    await machine.stop()
    for (const allowed of [0, 1, 2]) {
      let left = allowed
      await expect(machineOn(() => dyingAfter(db, () => left--), 'boot-2').start()).rejects.toMatchObject({
        code: 'DATA_DIR_UNREADABLE',
      })
      await db.close()
    }
    const again = await started(machineOn(() => db, 'boot-2'))
    expect(again.appliedIndex).toBe(0)
    expect(await shown(again)).toEqual([])
    expect(await again.apply([item(1, [put('a', '1')], tag('r'))])).toEqual([wrote(1)])
    await again.stop()
  })

  it('start - outcomes that are damaged are not passed over', async () => {
    const [forgotten, outcome] = ['meta::history::forgotten', 'meta::history::outcome::\0\0\0\0\0\0\0\x05']
    const damages: ((db: MemoryLevel<Uint8Array, Uint8Array>) => Promise<void>)[] = [
      (db) => db.put(bytes(forgotten), new Uint8Array(7)),
      (db) => db.put(bytes(outcome), bytes('short')),
      async (db) =>
        db.put(bytes(outcome), Buffer.concat([(await db.get(bytes(outcome))) ?? bytes(''), Buffer.of(0)])),
      (db) => db.put(bytes('meta::history::x'), new Uint8Array(8)),
    ]
    for (const damage of damages) {
      const db = memoryLevel()
      const few = { ...OUTCOME_LIMITS, countMax: 2 }
      const machine = await started(machineOn(() => db, 'boot-1', 'memory', few))
      for (let i = 1; i <= 5; i++) await machine.apply([item(i, [], tag(`r${i}`, i - 1))])
      await machine.stop()
      await db.open()
      await damage(db)
      await db.close()
      const again = machineOn(() => db, 'boot-1', 'memory', few)
      await expect(again.start()).rejects.toMatchObject({
        code: 'DATA_DIR_UNREADABLE',
        message: expect.stringMatching(/memory has outcomes of requests/),
      })
      await again.stop()
    }
  })
})

describe('key-value machine - digest', () => {
  it('digest - equal wherever the same log was applied', async () => {
    const log = Array.from({ length: 40 }, (_, i) =>
      i % 5 === 4
        ? { index: i + 1, command: undefined }
        : item(i + 1, [put(`k${i % 7}`, `${i}`), swap('x', absent, 'x')], tag(`r${i % 11}`, i % 11)),
    )
    const few = { ...OUTCOME_LIMITS, countMax: 3 }
    const replica = (database: () => KvDatabase) => started(machineOn(database, 'boot-1', dir, few))
    const digests: unknown[] = []
    for (const batch of [1, 7, 40]) {
      const db = memoryLevel()
      let machine = await replica(() => db)
      for (let from = 0; from < log.length; from += batch) {
        await machine.apply(log.slice(from, from + batch))
        await machine.stop()
        machine = await replica(() => db)
      }
      digests.push(await machine.digest())
      if (batch === 7) {
        const chunks = [await captured(machine)]
        const restored = await replica(levelDatabase(dir))
        await restored.apply(log.slice(0, 9))
        await restored.restore(recut(chunks, 1_000), 40)
        digests.push(await restored.digest())
        await restored.stop()
      }
      await machine.stop()
    }
    expect(digests).toHaveLength(4)
    expect(new Set(digests.map((digest) => JSON.stringify(digest))).size).toBe(1)
  })

  it('digest - reads the database, and so notices what was changed behind its back', async () => {
    const machine = await started(machineOn(levelDatabase(dir)))
    for (let i = 1; i <= 9; i++) await machine.apply([item(i, [put(`k${i}`, 'value')], tag(`r${i}`))])
    const good = await machine.digest()
    await machine.stop()
    const db = new Level<Uint8Array, Uint8Array>(dir, KV_ENCODINGS)
    await db.open()
    const keys = (await db.keys().all()).filter(
      (key) => !/^meta::(applied|boot)$/.test(Buffer.from(key).toString()),
    )
    expect(keys).toHaveLength(18)
    for (const key of keys) {
      const value = (await db.get(key)) ?? expect.unreachable('it is there')
      // The last byte of a value, or the last of those that say which keys there were.
      const bad = Uint8Array.from(value)
      bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1
      await db.put(key, bad)
      await db.close()
      const changed = await started(machineOn(levelDatabase(dir)))
      const { index, digest } = await changed.digest()
      expect(index).toBe(9)
      expect(digest).not.toBe(good.digest)
      await changed.stop()
      await db.open()
      await db.put(key, value)
    }
    await db.close()
    const again = await started(machineOn(levelDatabase(dir)))
    expect(await again.digest()).toEqual(good)
    await again.stop()
  })

  it('digest - in small steps, with reads and writes in between', async () => {
    const db = memoryLevel()
    let steps = 0
    let between: () => Promise<void> = async () => {}
    const machine = createKvMachine(
      {
        database: () => db,
        logger: silentLogger,
        rest: () => {
          steps++
          return between()
        },
      },
      { location: 'memory' },
    )
    await machine.start()
    for (let i = 0; i < 10; i++) {
      await run(machine, [{ kind: 'put', key: bytes(`k${i}`), value: new Uint8Array(500_000) }])
    }
    const { digest } = await machine.digest()
    expect(steps).toBeGreaterThanOrEqual(5_000_000 / (256 * 1024))
    between = async () => {
      await run(machine, [put('k9', 'new')])
      expect(await machine.exists('default', bytes('k9'))).toBe(true)
    }
    expect(await machine.digest()).toEqual({ index: 10, digest })
    expect(machine.appliedIndex).toBeGreaterThan(20)
    await machine.stop()
  })

  it('digest - stop ends it in the middle, and waits for that', async () => {
    let resume = () => {}
    let resting = () => {}
    const rested = new Promise<void>((resolve) => {
      resting = resolve
    })
    const events: string[] = []
    const db = memoryLevel()
    const machine = createKvMachine(
      {
        database: () => ({
          ...dyingAfter(db, () => 1),
          close: () => {
            events.push('closed')
            return db.close()
          },
        }),
        logger: silentLogger,
        bootId: async () => 'boot-1',
        rest: () =>
          new Promise<void>((resolve) => {
            resume = resolve
            resting()
          }),
      },
      { location: 'memory' },
    )
    await machine.start()
    for (let i = 0; i < 4; i++) {
      await run(machine, [{ kind: 'put', key: bytes(`k${i}`), value: new Uint8Array(500_000) }])
    }
    const digest = machine.digest().catch((error: DebrosError) => events.push(error.code))
    await rested
    const stopped = machine.stop()
    const restarted = machine.start()
    await new Promise((resolve) => setImmediate(resolve)) // whatever stop does by itself, it has done
    expect(events).toEqual([])
    resume()
    await Promise.all([digest, stopped, restarted])
    expect(events).toEqual(['KV_NOT_RUNNING', 'closed'])
    expect((await machine.list('default', { keysOnly: true })).entries).toHaveLength(4)
    await machine.stop()
  })

  it('digest - a failed read fails it alone', async () => {
    const db = memoryLevel()
    const machine = await started(machineOn(() => db))
    await run(machine, [put('a', '1')])
    const { iterator } = db
    db.iterator = () => {
      throw new Error('bad sector')
    }
    await expect(machine.digest()).rejects.toMatchObject({ code: 'KV_ENGINE_FAILED' })
    db.iterator = iterator
    expect(await machine.digest()).toMatchObject({ index: 1 })
    await run(machine, [put('a', '2')])
    await machine.stop()
  })
})

describe('key-value machine - failures', () => {
  it('apply - a request whose write failed was not carried out', async () => {
    const db = memoryLevel()
    let left = 100
    const machine = await started(machineOn(() => dyingAfter(db, () => left--)))
    left = 0
    await expect(machine.apply([item(1, [put('a', '1')], tag('r'))])).rejects.toMatchObject({
      code: 'KV_ENGINE_FAILED',
    })
    left = 100
    await expect(machine.apply([item(1, [put('a', '1')], tag('r'))])).rejects.toMatchObject({
      code: 'KV_ENGINE_FAILED',
    })
    await machine.stop()
    await machine.start() // with the disk in order
    expect(await machine.apply([item(1, [put('a', '1')], tag('r'))])).toEqual([wrote(1)])
    await machine.stop()
  })

  it('apply - a tag that cannot be kept stops the machine before it forgets what it did', async () => {
    const db = memoryLevel()
    const machine = await started(machineOn(() => db))
    const bad = { id: 'short', since: 0, timeMs: 0 }
    await expect(machine.apply([item(1, [put('a', '1')], bad)])).rejects.toMatchObject({
      code: 'KV_ENGINE_FAILED',
    })
    await expect(machine.apply([item(1, [put('a', '1')])])).rejects.toMatchObject({
      code: 'KV_ENGINE_FAILED',
    })
    await machine.stop()
    const again = await started(machineOn(() => db))
    expect(await shown(again)).toEqual([])
    await again.stop()
  })

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

  it('apply - a crash at any step of it leaves all of it or nothing', async () => {
    const outcomes = new Set<string>()
    for (let steps = 0; steps < 4; steps++) {
      const db = memoryLevel()
      let left = 100
      const machine = await started(machineOn(() => dyingAfter(db, () => left--)))
      await run(machine, [put('a', '1')])
      left = steps
      const items = [put('a', '2'), put('b', '2')].map((operation, i) => ({
        index: 2 + i,
        command: { namespace: 'default', operations: [operation] },
      }))
      await machine.apply(items).catch(() => {})
      await db.close()
      const after = await started(machineOn(() => db))
      outcomes.add(`${(await shown(after)).join(' ')}, applied ${after.appliedIndex}`)
      await after.stop()
    }
    expect(outcomes).toEqual(new Set(['a=1@1, applied 1', 'a=2@2 b=2@3, applied 3']))
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
    await db.put(bytes('meta::applied'), Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 7))
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
    expect(kept?.[0]).toBe(3)
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
