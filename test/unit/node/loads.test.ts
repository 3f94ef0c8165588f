/** Loads over a log that takes every step. */
import { expect, test } from 'vitest'
import { Counters } from '../../../src/base/index.ts'
import { readCommand } from '../../../src/node/codec/command-codec.ts'
import { Loads, type LoadsComponents } from '../../../src/node/loads.ts'

function loads() {
  const steps: { readonly step: string; readonly data?: Uint8Array }[] = []
  const components = {
    consensus: {
      commitIndex: 0,
      propose: async (data: Uint8Array) => {
        const command = readCommand(data)
        if (command.kind === 'load') steps.push(command.load)
        return { index: 1, term: 1, result: { kind: 'sql', outcome: { kind: 'done', index: 1, result: [] } } }
      },
    },
    router: {
      route: async ({ local }: { local: (attempt: object) => Promise<unknown> }) =>
        await local({ timeoutMs: 1_000, mayHaveHappened: false }),
    },
    rpc: { handle: () => {} },
    scratches: { take: async () => () => {} },
    counters: new Counters(),
  }
  // Only what is called has to be there.
  const made = new Loads(components as unknown as LoadsComponents, { servedBy: () => '' } as never)
  return { made, steps }
}

test('loads - nothing is kept of the pieces that a text comes in', async () => {
  const { made, steps } = loads()
  const text = 'INSERT INTO t VALUES(1);'.repeat(60_000)
  const piece = Buffer.alloc(1_000)
  async function* source() {
    for (let at = 0; at < text.length; at += piece.length)
      yield piece.subarray(0, piece.write(text.slice(at, at + piece.length)))
  }
  await made.load(source(), {})
  expect(steps.map(({ step }) => step)).toEqual(['stage', 'commit'])
  expect(Buffer.concat(steps.map(({ data }) => data ?? Buffer.of())).toString()).toBe(text)
})
