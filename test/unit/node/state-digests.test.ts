import { describe, expect, test } from 'vitest'
import { StateDigests } from '../../../src/node/state-digests.ts'

const NEVER = new AbortController().signal

/** Machines whose digests are finished by hand. */
function machines(kvAppliedIndex = 0) {
  const pending: PromiseWithResolvers<string>[] = []
  const digests = new StateDigests({
    sql: {
      digest: () => {
        const one = Promise.withResolvers<string>()
        pending.push(one)
        return one.promise
      },
    },
    kv: { appliedIndex: kvAppliedIndex, digest: async () => ({ index: 5, digest: 'kv' }) },
  })
  return { digests, pending }
}

describe('state digests', () => {
  test('a digest can be asked for before its entry was applied, and after', async () => {
    const { digests, pending } = machines()
    const early = digests.at(5, NEVER)
    digests.take(5)
    pending[0]?.resolve('sql')
    expect(await early).toEqual({ sql: 'sql', kv: 'kv' })
    expect(await digests.at(5, NEVER)).toEqual({ sql: 'sql', kv: 'kv' })
  })

  test('an index without a digest entry, or one long past, has none', async () => {
    const { digests, pending } = machines()
    for (const index of [5, 8, 11]) {
      digests.take(index)
      pending.at(-1)?.resolve('sql')
      await digests.at(index, NEVER)
    }
    await expect(digests.at(7, NEVER)).rejects.toMatchObject({ code: 'DIGEST_UNAVAILABLE' })
    await expect(digests.at(5, NEVER)).rejects.toMatchObject({ code: 'DIGEST_UNAVAILABLE' })
    expect(await digests.at(8, NEVER)).toBeDefined()
  })

  test('there is none while the one before is taken, and again afterwards', async () => {
    const { digests, pending } = machines()
    digests.take(5)
    digests.take(6)
    await expect(digests.at(6, NEVER)).rejects.toMatchObject({ code: 'DIGEST_UNAVAILABLE' })
    pending[0]?.resolve('sql')
    await digests.at(5, NEVER)
    digests.take(7)
    pending[1]?.resolve('sql')
    expect(await digests.at(7, NEVER)).toBeDefined()
  })

  test('there is none where the key-value store is ahead of the log that is replayed', async () => {
    const { digests } = machines(6)
    digests.take(5)
    await expect(digests.at(5, NEVER)).rejects.toMatchObject({ code: 'DIGEST_UNAVAILABLE' })
  })

  test('whoever gives up waiting is let go', async () => {
    const { digests } = machines()
    const controller = new AbortController()
    const waiting = digests.at(5, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    digests.take(5)
    await expect(digests.at(5, AbortSignal.abort(new Error('at once')))).rejects.toThrow('at once')
  })
})
