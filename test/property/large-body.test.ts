/** The reader of large bodies against the one that parses a body at once. */
import { expect, test } from 'vitest'
import { createPrng } from '../../src/base/index.ts'
import { parseLargeBody } from '../../src/http/large-body.ts'
import { parseStatements } from '../../src/http/statements.ts'

/** Numbers bind alike as `1.5` and as `{ real: 1.5 }`. */
function normalized(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner) => {
      if (typeof inner === 'bigint') return `bigint ${inner}`
      if (inner instanceof Uint8Array) return `blob ${Buffer.from(inner).toString('hex')}`
      return typeof inner === 'number' && !Number.isSafeInteger(inner) ? { real: inner } : inner
    }),
  )
}

async function outcomeOf(parse: () => unknown): Promise<unknown> {
  try {
    return normalized(await parse())
  } catch (error) {
    return (error as Error).message
  }
}

const SCALARS = [
  ...[
    '1',
    '0',
    '-0',
    '-17',
    '1.0',
    '1.5',
    '1e3',
    '1E-7',
    '9223372036854775807',
    '9223372036854775808',
    '1e400',
  ],
  ...['true', 'false', 'null', '"a"', '""', '"\\u00e9\\n\\"\\\\"', '"\\ud800"', '"x\'0102\'"', '"X\'0\'"'],
  ...['[1,2,255]', '[]', '[256]', '[1.5]', '[-1]', '["a"]', '[[1]]', '[ 0 , 10 ]', '[{"a":1}]', '{"a":{}}'],
  ...[
    '{"n":1,"m":"x"}',
    '{}',
    '{"n":[1,2]}',
    '{"n":[[2]]}',
    '{"__proto__":1}',
    '{"n":1,"n":2}',
    '{ "n" : null }',
  ],
]
const BLANKS = ['', '', '', ' ', '\n', '\t \r\n']
const DAMAGES = ['', '', '', '', ',', ']', '}', '"', 'x', '[', ':', '\\', '01', '\f', '\u00a0']

function bodyOf(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const blank = (): string => pick(BLANKS)
  const join = (items: readonly string[]): string =>
    `[${blank()}${items.map((item) => item + blank()).join(`,${blank()}`)}]`
  const statement = (): string => {
    if (random() < 0.2) return '"SELECT 1"'
    if (random() < 0.1) return pick([...SCALARS])
    const parameters = Array.from({ length: Math.floor(random() * 4) }, () => pick(SCALARS))
    return join([random() < 0.95 ? '"INSERT"' : pick(SCALARS), ...parameters])
  }
  const statements = Array.from({ length: Math.floor(random() * 4) }, statement)
  const body = random() < 0.95 ? join(statements) : pick(SCALARS)
  const at = Math.floor(random() * (body.length + 1))
  return blank() + body.slice(0, at) + pick(DAMAGES) + body.slice(at) + pick(['', '', ' ', ' trailing', '['])
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  'large bodies - as parsed at once, seed %i',
  async (seed) => {
    const prng = createPrng(seed)
    for (let i = 0; i < 500; i++) {
      const body = bodyOf(() => prng.nextUint32() / 2 ** 32)
      expect([body, await outcomeOf(() => parseLargeBody(body))]).toEqual([
        body,
        await outcomeOf(() => parseStatements(body)),
      ])
    }
  },
)

test.each([
  ['positional', (count: number) => `[["SELECT 1",${'1,'.repeat(count - 1)}1]]`, 500_000],
  ['named', (count: number) => `[["SELECT 1",{${'"k":1,'.repeat(count - 1)}"k":1}]]`, 125_000],
])('large body - too many parameters are refused (%s)', async (_, bodyOf, most) => {
  await expect(parseLargeBody(bodyOf(most))).resolves.toHaveLength(1)
  await expect(parseLargeBody(bodyOf(most + 1))).rejects.toMatchObject({ status: 413 })
})
