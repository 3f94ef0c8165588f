import { expect, test } from 'vitest'
import { Counters, DebrosError } from '../../../src/base/index.ts'
import { Backups, type BackupsComponents } from '../../../src/node/backups.ts'

/** A node whose read index is known once `confirm` says so. */
function bench(): {
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
        return { chunks: async function* () {}, release: () => {} }
      },
    },
    counters: new Counters(),
    // What is not here is for backups that are worked on.
  } as unknown as BackupsComponents
  return { backups: new Backups(components, { servedBy: () => 'n1' }), done, confirm }
}

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
