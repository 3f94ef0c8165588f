import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Counters, silentLogger } from '../../../../src/base/index.ts'
import { declareDownloaderCounters, restoreOnce } from '../../../../src/node/outbound/auto-restore.ts'
import type { AutoRestoreConfig } from '../../../../src/node/outbound/auto-restore-config.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'auto-restore-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

const DATABASE = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(200_000, 7)])

async function restore(
  config: Partial<AutoRestoreConfig> = {},
  node: { leads?: boolean; hasData?: boolean; failure?: Error } = {},
) {
  const counters = new Counters()
  declareDownloaderCounters(counters)
  let loaded: Buffer | undefined
  let failure: unknown
  await restoreOnce(
    {
      isLeader: () => node.leads ?? true,
      hasData: async () => node.hasData ?? false,
      load: async (source) => {
        const chunks: Uint8Array[] = []
        for await (const chunk of source) chunks.push(chunk)
        if (node.failure !== undefined) throw node.failure
        loaded = Buffer.concat(chunks)
      },
      counters,
      logger: silentLogger,
    },
    { directory, name: 'db', timeoutMs: 30_000, continueOnFailure: false, ...config },
    new AbortController().signal,
  ).catch((error: unknown) => {
    failure = error
  })
  const { num_downloads_ok, num_downloads_fail, num_downloads_skipped } = counters.toJSON()
    .downloader as Record<string, number>
  return { loaded, failure, counts: [num_downloads_ok, num_downloads_fail, num_downloads_skipped] }
}

describe('automatic restore', () => {
  test.each([
    ['as it is', DATABASE],
    ['compressed', gzipSync(DATABASE)],
  ])('automatic restore - a database %s', async (_, bytes) => {
    await writeFile(join(directory, 'db'), bytes)
    const { loaded, counts } = await restore()
    expect(loaded?.equals(DATABASE)).toBe(true)
    expect(counts).toEqual([1, 0, 0])
  })

  test('automatic restore - the newest backup of a directory', async () => {
    await writeFile(join(directory, '20250101000000_db'), DATABASE)
    await writeFile(join(directory, 'METADATA.json'), '{"id":"3","name":"/old/place/20250101000000_db"}')
    expect((await restore({ name: undefined })).loaded?.equals(DATABASE)).toBe(true)
  })

  test.each([{ leads: false }, { hasData: true }])(
    'automatic restore - not into a cluster in use: %j',
    async (node) => {
      await writeFile(join(directory, 'db'), DATABASE)
      const { loaded, counts, failure } = await restore({}, node)
      expect([loaded, failure]).toEqual([undefined, undefined])
      expect(counts).toEqual([0, 0, 1])
    },
  )

  test.each<[string, () => Promise<void>, RegExp]>([
    ['there is no file', async () => {}, /ENOENT/],
    ['it is empty', () => writeFile(join(directory, 'db'), ''), /is no SQLite file/],
    ['it is something else', () => writeFile(join(directory, 'db'), 'BEGIN; COMMIT;'), /is no SQLite file/],
    [
      'it is compressed and cut off',
      () => writeFile(join(directory, 'db'), gzipSync(DATABASE).subarray(0, 100)),
      /unexpected end of file/,
    ],
  ])('automatic restore - fails if %s', async (_, prepare, reason) => {
    await prepare()
    const strict = await restore()
    expect(strict.failure).toMatchObject({
      code: 'AUTO_RESTORE_FAILED',
      message: expect.stringMatching(reason),
    })
    expect(strict.counts).toEqual([0, 1, 0])
    const lenient = await restore({ continueOnFailure: true })
    expect([lenient.failure, lenient.loaded]).toEqual([undefined, undefined])
    expect(lenient.counts).toEqual([0, 1, 0])
  })

  test('automatic restore - fails if the cluster does not take it, or no backup is named', async () => {
    await writeFile(join(directory, 'db'), DATABASE)
    expect((await restore({}, { failure: new Error('not a database') })).failure).toMatchObject({
      message: expect.stringMatching(/not a database/),
    })
    expect((await restore({ name: undefined })).failure).toMatchObject({
      message: expect.stringMatching(/no METADATA.json/),
    })
  })
})
