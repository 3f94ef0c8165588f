import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { formatLogLine } from '../../../src/cli/log-format.ts'
import { openLogging } from '../../../src/cli/logging.ts'
import type { LoggingSettings } from '../../../src/config/index.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** What is in the log file after `use`. */
async function logged(
  settings: Partial<LoggingSettings>,
  use: (logger: ReturnType<typeof openLogging>['logger']) => void,
) {
  const file = join(temporaryDirectory(), 'logs', 'debros.log')
  const logging = openLogging({ level: 'info', format: 'json', ...settings, file }, true)
  use(logging.logger)
  await logging.close()
  return readFileSync(file, 'utf8').trimEnd().split('\n')
}

describe('logging', () => {
  test('json - one object a line, with component and level name', async () => {
    const lines = await logged({}, (logger) => {
      logger.child({ component: 'RAFT' }).info({ term: 3 }, 'became leader')
      logger.debug({}, 'not at this level')
      logger.warn({}, 'careful')
    })
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        component: 'RAFT',
        term: 3,
        msg: 'became leader',
      },
      { level: 'warn', time: expect.any(String), msg: 'careful' },
    ])
  })

  test('console - readable lines, in a file without colours', async () => {
    const lines = await logged({ format: 'console', level: 'debug' }, (logger) => {
      logger.child({ component: 'raft' }).debug({ id: 'node 1', n: 1n, list: [1] }, 'tick\u001b[31m\u009b')
      logger.error({}, 'two\nlines')
    })
    expect(lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d\.\d{3} DEBUG RAFT tick\\u001b\[31m\\u009b id="node 1" n=1 list=\[1\]$/,
      ),
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} ERROR NODE two lines$/),
    ])
  })

  test('errors - message, code and cause; the stack at level debug only', async () => {
    const error = new DebrosError('DATA_DIR_LOCKED', 'in use', { cause: new Error('lock') })
    for (const level of ['info', 'debug'] as const) {
      const [line] = await logged({ level }, (logger) => logger.error({ error }, 'failed'))
      const { code, message, cause, stack } = JSON.parse(line!).error
      expect([code, message, cause.message]).toEqual(['DATA_DIR_LOCKED', 'in use', 'lock'])
      expect(typeof stack).toBe(level === 'debug' ? 'string' : 'undefined')
      const lines = await logged({ level, format: 'console' }, (logger) =>
        logger.error({ error, x: 1 }, 'failed'),
      )
      expect(lines[0]).toMatch(/failed error="DATA_DIR_LOCKED: in use" cause="lock" x=1$/)
      expect(lines.length > 1).toBe(level === 'debug')
    }
  })

  test('secrets - are masked wherever they stand', async () => {
    const fields = {
      secret: 's3',
      clusterSecret: 's3',
      init: { clusterSecret: 's3', password: 's3' },
      headers: { authorization: 's3' },
    }
    for (const format of ['json', 'console'] as const) {
      const lines = await logged({ format }, (logger) => logger.info(fields, 'x'))
      expect(lines.join()).not.toContain('s3')
      expect(lines.join()).toContain('********')
    }
  })

  test('a file that cannot be written - is an error at once', () => {
    const occupied = join(temporaryDirectory(), 'a-file')
    writeFileSync(occupied, '')
    const file = join(occupied, 'debros.log')
    expect(() => openLogging({ level: 'info', format: 'json', file }, false)).toThrow(
      expect.objectContaining({ code: 'LOG_FILE_UNUSABLE', message: expect.stringContaining(file) }),
    )
  })

  test('colours - only around the text', () => {
    const line = JSON.stringify({ level: 40, time: 0, component: 'HTTP', msg: 'hello', a: 1 })
    const plain = formatLogLine(line, false)
    const painted = formatLogLine(line, true)
    expect(painted).not.toBe(plain)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what makes colours.
    expect(painted.replace(/\u001b\[\d+m/g, '')).toBe(plain)
    expect(plain).toMatch(/^\d\d:\d\d:\d\d\.000 WARN {2}HTTP hello a=1\n$/)
  })
})
