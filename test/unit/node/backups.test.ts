import { afterEach, expect, test, vi } from 'vitest'
import { Counters, DebrosError } from '../../../src/base/index.ts'
import { Backups, type BackupsComponents } from '../../../src/node/backups.ts'

/** A node whose read index is known once `confirm` says so. */
function bench(content: () => AsyncIterable<Uint8Array> = async function* () {}): {
  readonly backups: Backups
  readonly done: string[]
  readonly confirm: PromiseWithResolvers<void>
} {
  const done: string[] = []
  const confirm = Promise.withResolvers<void>()
  const components = {
    consensus: {
      readIndex: async () => {
        done.push('asked')
        await confirm.promise
        done.push('applied')
      },
    },
    router: { attempt: (run: (limits: object) => Promise<unknown>, limits: object) => run(limits) },
    sql: {
      captureDatabase: async () => {
        done.push('captured')
        return { chunks: content, release: () => {} }
      },
    },
    counters: new Counters(),
    // What is not here is for backups that are worked on.
  } as unknown as BackupsComponents
  return { backups: new Backups(components, { servedBy: () => 'n1' }), done, confirm }
}

afterEach(() => {
  vi.restoreAllMocks()
})

test('backup - leaves the writes beside it most of the time', async () => {
  let nowMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const { backups, confirm } = bench(async function* () {
    nowMs += 5
    yield new Uint8Array(1_000)
  })
  confirm.resolve()
  const { chunks } = await backups.take({})
  const pauses = vi.spyOn(globalThis, 'setTimeout')
  for await (const _ of chunks);
  expect(pauses.mock.calls.map(([, ms]) => ms)).toContain(15)
})

test('backup - is taken when everything acknowledged before is applied here', async () => {
  const { backups, done, confirm } = bench()
  const taking = backups.take({})
  expect(done).toEqual(['asked'])
  confirm.resolve()
  await taking
  expect(done).toEqual(['asked', 'applied', 'captured'])
})

test('backup - is not taken where that cannot be known, unless what is here is enough', async () => {
  const { backups, done, confirm } = bench()
  confirm.reject(new DebrosError('RAFT_NO_LEADER', 'nobody leads', { retryable: true }))
  await expect(backups.take({})).rejects.toMatchObject({ code: 'RAFT_NO_LEADER' })
  expect(done).toEqual(['asked'])
  await backups.take({ local: true })
  expect(done).toEqual(['asked', 'captured'])
})
