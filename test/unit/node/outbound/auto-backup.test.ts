import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Counters, silentLogger } from '../../../../src/base/index.ts'
import { AutoBackup, declareUploaderCounters } from '../../../../src/node/outbound/auto-backup.ts'
import type { AutoBackupConfig } from '../../../../src/node/outbound/auto-backup-config.ts'
import { BackupDirectory, timestamped } from '../../../../src/node/outbound/backup-directory.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'auto-backup-'))
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

/** A node whose database is a text. */
function fakeNode(config: Partial<AutoBackupConfig> = {}) {
  const counters = new Counters()
  declareUploaderCounters(counters)
  const node = {
    leads: true,
    index: 0,
    text: '',
    timeMs: Date.UTC(2024, 0, 31, 23, 59, 59),
    asked: [] as boolean[],
    backup: async function* (): AsyncGenerator<Uint8Array> {
      for (const part of node.text.match(/.{1,3}/gs) ?? []) yield Buffer.from(part)
    },
    counts: () => {
      const { num_uploads_ok, num_uploads_fail, num_uploads_skipped, num_uploads_skipped_id } =
        counters.toJSON().uploader as Record<string, number>
      return [num_uploads_ok, num_uploads_fail, num_uploads_skipped, num_uploads_skipped_id]
    },
    counters,
    service: () =>
      new AutoBackup(
        {
          isLeader: () => node.leads,
          dbAppliedIndex: () => node.index,
          backup: async ({ vacuum }) => {
            node.asked.push(vacuum)
            return { chunks: node.backup() }
          },
          counters,
          logger: silentLogger,
          now: () => node.timeMs,
        },
        {
          ...{ directory: join(root, 'made'), name: 'db', intervalMs: 1, nodeId: 'n/1' },
          ...{ timestamp: false, compress: false, vacuum: false, ...config },
        },
      ),
    write: (text: string) => {
      node.index++
      node.text = text
    },
  }
  return node
}

const made = (name = 'db'): string => join(root, 'made', name)
const metadata = async () => JSON.parse(await readFile(made('METADATA.json'), 'utf8')) as object

describe('automatic backup', () => {
  test('automatic backup - after the first change, then only after changes', async () => {
    const node = fakeNode()
    const service = node.service()
    await service.look()
    await service.look()
    expect(node.counts()).toEqual([0, 0, 2, 0])
    node.write('first state')
    await service.look()
    expect(node.counts()).toEqual([1, 0, 2, 0])
    expect(await readFile(made(), 'utf8')).toBe('first state')
    expect(await metadata()).toEqual({ id: '1', timestamp: node.timeMs, name: made() })
    await service.look()
    expect(node.counts()).toEqual([1, 0, 3, 0])
    node.write('second')
    await service.look()
    expect(node.counts()).toEqual([2, 0, 3, 0])
    expect(await readFile(made(), 'utf8')).toBe('second')
    expect(await readdir(join(root, 'made'))).toEqual(['METADATA.json', 'db'])
    expect(node.counters.get('uploader', 'total_upload_bytes')).toBe('first statesecond'.length)
    expect(node.counters.get('uploader', 'last_upload_bytes')).toBe('second'.length)
    expect(service.status).toMatchObject({ lastIndex: 2, failure: undefined, last: { bytes: 6 } })
  })

  test('automatic backup - gzip, vacuum, and a name for each time', async () => {
    const node = fakeNode({ compress: true, vacuum: true, timestamp: true })
    const service = node.service()
    node.write('one')
    await service.look()
    node.timeMs += 1_000
    node.write('two')
    await service.look()
    expect(node.asked).toEqual([true, true])
    expect((await readdir(join(root, 'made'))).sort()).toEqual([
      '20240131235959_db',
      '20240201000000_db',
      'METADATA.json',
    ])
    expect(gunzipSync(await readFile(made('20240131235959_db'))).toString()).toBe('one')
    expect(gunzipSync(await readFile(made('20240201000000_db'))).toString()).toBe('two')
    expect(await metadata()).toMatchObject({ id: '2', name: made('20240201000000_db') })
    expect((await stat(made('20240201000000_db'))).mode & 0o777).toBe(0o600)
  })

  test('automatic backup - the leader alone makes them, and does not repeat its predecessor’s', async () => {
    const first = fakeNode()
    const second = fakeNode()
    const [leader, follower] = [first.service(), second.service()]
    second.leads = false
    first.write('x')
    second.write('x')
    await leader.look()
    await follower.look()
    expect([first.counts(), second.counts()]).toEqual([
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ])
    second.leads = true
    await follower.look()
    await follower.look()
    expect(second.counts()).toEqual([0, 0, 1, 1])
    second.write('y')
    await follower.look()
    expect(await readFile(made(), 'utf8')).toBe('y')
    // The first one leads again: what it wrote itself is not the newest any more.
    first.leads = false
    await leader.look()
    Object.assign(first, { leads: true, index: 2, text: 'y' })
    await leader.look()
    expect(first.counts()).toEqual([1, 0, 0, 1])
  })

  test('automatic backup - one that breaks leaves the one before, and is made again', async () => {
    const node = fakeNode({ compress: true })
    const service = node.service()
    node.write('good')
    await service.look()
    const { backup } = node
    node.backup = async function* () {
      yield Buffer.from('half')
      throw new Error('the leader is gone')
    }
    node.write('better')
    await service.look()
    expect(node.counts()).toEqual([1, 1, 0, 0])
    expect(service.status.failure).toBe('the leader is gone')
    expect(gunzipSync(await readFile(made())).toString()).toBe('good')
    expect(await metadata()).toMatchObject({ id: '1' })
    expect((await readdir(join(root, 'made'))).sort()).toEqual(['METADATA.json', 'db'])
    node.backup = backup
    await service.look()
    expect(node.counts()).toEqual([2, 1, 0, 0])
    expect(service.status.failure).toBeUndefined()
    expect(gunzipSync(await readFile(made())).toString()).toBe('better')
  })

  test('automatic backup - metadata that cannot be read does not keep it from being made', async () => {
    const node = fakeNode()
    node.write('x')
    await node.service().look()
    await writeFile(made('METADATA.json'), '{"half')
    await node.service().look()
    expect(node.counts()).toEqual([2, 0, 0, 0])
    expect(await metadata()).toMatchObject({ id: '1' })
  })

  test('automatic backup - a place where nothing can be written is counted', async () => {
    await writeFile(join(root, 'made'), 'a file where the directory should be')
    const node = fakeNode()
    const service = node.service()
    node.write('x')
    await service.look()
    await service.look()
    expect(node.counts()).toEqual([0, 2, 0, 0])
  })

  test('automatic backup - runs by itself, and stops in the middle of one', async () => {
    const node = fakeNode()
    const service = node.service()
    node.write('x')
    service.start()
    await vi.waitFor(() => expect(node.counts()[0]).toBe(1))
    const begun = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    node.backup = async function* () {
      yield Buffer.from('half')
      begun.resolve()
      await release.promise
      yield Buffer.from('other half')
    }
    node.write('y')
    await begun.promise
    const stopped = service.stop()
    release.resolve()
    await stopped
    expect(await readFile(made(), 'utf8')).toBe('x')
    expect(node.counts().slice(0, 2)).toEqual([1, 0])
  })
})

describe('backup directory', () => {
  test('backup directory - the newest backup is found where the directory is now', async () => {
    const directory = new BackupDirectory({ directory: join(root, 'made'), writer: 'n' })
    expect(await directory.newest()).toBeUndefined()
    expect(await directory.newestPath()).toBeUndefined()
    await directory.write('a', once('x'), { id: '7', timestamp: 5 })
    await writeFile(made('METADATA.json'), '{"id":"7","name":"/elsewhere/a"}')
    expect(await directory.newest()).toEqual({ id: '7', timestamp: 0, name: '/elsewhere/a' })
    expect(await directory.newestPath()).toBe(made('a'))
  })

  test.each(['{', '{"id":7,"name":"a"}', 'null'])(
    'backup directory - metadata %s is refused',
    async (text) => {
      const directory = new BackupDirectory({ directory: root, writer: 'n' })
      await writeFile(join(root, 'METADATA.json'), text)
      await expect(directory.newest()).rejects.toMatchObject({ code: 'BACKUP_DIRECTORY_INVALID' })
    },
  )

  test('backup directory - times are in UTC', () => {
    expect(timestamped('x.db', Date.UTC(2025, 11, 1, 2, 3, 4, 999))).toBe('20251201020304_x.db')
  })
})

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
