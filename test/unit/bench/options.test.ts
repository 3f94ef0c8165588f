import { describe, expect, test } from 'vitest'
import { parseCommand, UsageError } from '../../../bench/options.ts'

describe('command line of the bench', () => {
  test('defaults - long, and in short less of everything', () => {
    expect(parseCommand([])).toMatchObject({
      scenarios: [],
      short: false,
      seconds: 5,
      pairs: 5,
      clients: [1, 16, 64, 256],
    })
    expect(parseCommand(['--short'])).toMatchObject({ short: true, seconds: 1, pairs: 3 })
  })

  test('options - win over what --short stands for', () => {
    const args = [
      'writes',
      '--short',
      '--seconds',
      '0.5',
      '--pairs',
      '1',
      '--clients',
      '2,4',
      '--etcd',
      'bin/etcd',
    ]
    expect(parseCommand(args)).toMatchObject({
      scenarios: ['writes'],
      seconds: 0.5,
      pairs: 1,
      clients: [2, 4],
      etcd: 'bin/etcd',
    })
  })

  test.each([
    [['--seconds', '0'], '--seconds takes a positive number, not "0"'],
    [['--pairs', '1.5'], '--pairs takes whole numbers, not "1.5"'],
    [['--clients', '1,x'], '--clients takes a positive number, not "x"'],
    [['--nonsense'], "Unknown option '--nonsense'"],
  ])('%j is refused', (args, message) => {
    expect(() => parseCommand(args)).toThrow(UsageError)
    expect(() => parseCommand(args)).toThrow(message)
  })
})
