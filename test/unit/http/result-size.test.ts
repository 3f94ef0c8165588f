import { expect, test } from 'vitest'
import { LARGE_ANSWER_BYTES } from '../../../src/http/defaults.ts'
import { resultBytes } from '../../../src/http/result-size.ts'
import { rowsResult } from './fake-node.ts'
import { serve } from './serve.ts'

const small = rowsResult(
  ['v'],
  ['integer'],
  Array.from({ length: 2_000 }, () => [1]),
)

test('result size - many small rows take more than their values do', () => {
  expect(resultBytes([small])).toBeGreaterThan(2_000 * 40)
  expect(resultBytes([rowsResult(['v'], ['text'], [['x'.repeat(1_000)]])])).toBeLessThan(1_200)
})

test('result size - one large answer alone is sent, whatever the limit', async () => {
  expect(resultBytes([small])).toBeGreaterThan(LARGE_ANSWER_BYTES)
  const { ask, node } = await serve({ limits: { answerBytesInFlightMax: 1 } })
  node.answers(small)
  expect((await ask('GET', '/db/query?q=SELECT')).status).toBe(200)
})
