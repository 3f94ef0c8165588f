import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { Cleanup } from '../../../src/node/cleanup.ts'

test('cleanup - undoes every step once, last first, whatever fails', async () => {
  const cleanup = new Cleanup({ logger: silentLogger })
  const undone: string[] = []
  const failure = new Error('stuck')
  cleanup.add('first', () => void undone.push('first'))
  cleanup.add('second', async () => {
    throw failure
  })
  cleanup.add('third', async () => void undone.push('third'))

  await cleanup.run()
  await cleanup.run()

  expect(undone).toEqual(['third', 'first'])
  expect(cleanup.failures).toEqual([failure])
})

test('cleanup - undoes what is added while it runs, and afterwards when it is run again', async () => {
  const cleanup = new Cleanup({ logger: silentLogger })
  const undone: string[] = []
  cleanup.add('a', () => {
    cleanup.add('late', () => void undone.push('late'))
  })
  await cleanup.run()
  expect(undone).toEqual(['late'])

  cleanup.add('later', () => void undone.push('later'))
  await cleanup.run()
  expect(undone).toEqual(['late', 'later'])
})
