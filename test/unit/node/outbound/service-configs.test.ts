import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { expandEnvironment } from '../../../../src/base/index.ts'
import { createAutoBackupConfig } from '../../../../src/node/outbound/auto-backup-config.ts'
import { createAutoRestoreConfig } from '../../../../src/node/outbound/auto-restore-config.ts'
import { createChangeCaptureConfig } from '../../../../src/node/outbound/change-capture-config.ts'
import { loadAutoBackupConfig, loadChangeCaptureConfig } from '../../../../src/node/outbound/service-files.ts'

const directories: string[] = []

afterEach(async () => {
  for (const path of directories.splice(0)) await rm(path, { recursive: true })
})

async function fileWith(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'service-configs-'))
  directories.push(directory)
  const path = join(directory, 'config.json')
  await writeFile(path, text)
  return path
}

describe('environment', () => {
  const env = { DIR: '/srv', A_1: 'x' }

  test.each([
    ['$DIR/db', '/srv/db'],
    ['\u0024{DIR}db', '/srvdb'],
    ['$A_1-$NONE-', 'x--'],
    ['$ 5 and $', '$ 5 and $'],
    ['\u0024{', '\u0024{'],
  ])('environment - %j becomes %j', (text, expanded) => {
    expect(expandEnvironment(text, env)).toBe(expanded)
  })
})

describe('automatic backup', () => {
  const sub = { dir: '/srv/backups', name: 'db.sqlite' }
  const file = (members: object): string =>
    JSON.stringify({ version: 1, type: 'file', interval: '1s', sub, ...members })

  test('automatic backup - defaults', () => {
    expect(createAutoBackupConfig(file({}), {})).toEqual({
      directory: '/srv/backups',
      name: 'db.sqlite',
      intervalMs: 1_000,
      timestamp: false,
      compress: true,
      vacuum: false,
    })
  })

  test('automatic backup - everything set, in the older spelling, with a variable', () => {
    const text = file({
      interval: 2_500_000_000,
      timestamp: true,
      no_compress: true,
      vacuum: true,
      unknown: 'to older versions',
      sub: { dir: '$HOME/b', file: 'x' },
    })
    expect(createAutoBackupConfig(text, { HOME: '/root' })).toEqual({
      directory: '/root/b',
      name: 'x',
      intervalMs: 2_500,
      timestamp: true,
      compress: false,
      vacuum: true,
    })
  })

  test.each([
    ['300us', 1],
    ['720h', 2 ** 31 - 1],
  ])('automatic backup - an interval of %s is what a timer can do', (interval, intervalMs) => {
    expect(createAutoBackupConfig(file({ interval }), {}).intervalMs).toBe(intervalMs)
  })

  test.each([
    ['{', /it is not JSON/],
    ['[]', /it must be an object/],
    [file({ version: 2 }), /version must be 1/],
    [file({ type: 's3' }), /type s3 is not supported: use "file"/],
    [file({ type: 'gcs' }), /type gcs is not supported/],
    [file({ type: 'ftp' }), /unsupported storage type "ftp"/],
    [file({ interval: 'soon' }), /interval must be a duration/],
    [file({ interval: '0s' }), /interval must be at least 1ms/],
    [file({ interval: undefined }), /interval must be a duration/],
    [file({ sub: { dir: 'backups', name: 'x' } }), /sub.dir must be an absolute path/],
    [file({ sub: { dir: '/x', name: '../y' } }), /sub.name must be a plain file name/],
    [file({ sub: { dir: '/x', name: 'a/y' } }), /sub.name must be a plain file name/],
    [file({ sub: { dir: '/x' } }), /sub.name must be the name of a file/],
    [file({ sub: undefined }), /sub must be an object/],
    [file({ timestamp: 'yes' }), /timestamp must be true or false/],
  ])('automatic backup - %s is refused', (text, message) => {
    expect(() => createAutoBackupConfig(text, {})).toThrow(
      expect.objectContaining({ code: 'SERVICE_CONFIG_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test('automatic backup - from a file, and from one that is not there', async () => {
    const path = await fileWith(file({}))
    expect((await loadAutoBackupConfig(path, {})).name).toBe('db.sqlite')
    await expect(loadAutoBackupConfig(`${path}.not`, {})).rejects.toMatchObject({
      code: 'SERVICE_CONFIG_INVALID',
      message: expect.stringMatching(/ENOENT/),
    })
  })
})

describe('automatic restore', () => {
  const file = (members: object): string =>
    JSON.stringify({ version: 1, type: 'file', sub: { dir: '/b', name: 'db' }, ...members })

  test('automatic restore - defaults, and everything set', () => {
    expect(createAutoRestoreConfig(file({}), {})).toEqual({
      directory: '/b',
      name: 'db',
      timeoutMs: 30_000,
      continueOnFailure: false,
    })
    const text = file({ timeout: '2m', continue_on_failure: true, sub: { dir: '/c' } })
    expect(createAutoRestoreConfig(text, {})).toEqual({
      directory: '/c',
      name: undefined,
      timeoutMs: 120_000,
      continueOnFailure: true,
    })
  })

  test('automatic restore - other storages are refused', () => {
    expect(() => createAutoRestoreConfig(file({ type: 's3' }), {})).toThrow(/s3 is not supported/)
  })
})

describe('change capture', () => {
  const defaults = {
    rowIdsOnly: false,
    batchSizeMax: 10,
    batchDelayMs: 200,
    transmitTimeoutMs: 5_000,
    retriesMax: Number.POSITIVE_INFINITY,
    backoffMinMs: 1_000,
    backoffMaxMs: 30_000,
  }

  test.each(['http://10.0.0.1:8000/changes', 'https://user:secret@example.org', 'stdout'])(
    'change capture - %s alone means the defaults',
    (endpoint) => {
      expect(createChangeCaptureConfig(endpoint)).toEqual({ ...defaults, endpoint })
    },
  )

  test('change capture - a file with everything, durations in nanoseconds', () => {
    const text = JSON.stringify({
      endpoint: 'https://\u0024{HOST}/cdc',
      service_id: 'orders',
      row_ids_only: true,
      table_filter: '^(orders|lines)$',
      tls: {
        ca_cert_file: '/ca',
        cert_file: '/c',
        key_file: '/k',
        server_name: 'n',
        insecure_skip_verify: true,
      },
      max_batch_size: 50,
      max_batch_delay: 1_000_000,
      transmit_timeout: 2_000_000_000,
      transmit_max_retries: 3,
      transmit_retry_policy: 1,
      transmit_min_backoff: 10_000_000,
      transmit_max_backoff: '20ms',
      high_watermark_interval: 1_000_000_000,
    })
    expect(createChangeCaptureConfig(text, { HOST: 'example.org' })).toEqual({
      endpoint: 'https://example.org/cdc',
      serviceId: 'orders',
      rowIdsOnly: true,
      tableFilter: '^(orders|lines)$',
      tls: { caFile: '/ca', certFile: '/c', keyFile: '/k', serverName: 'n', insecureSkipVerify: true },
      batchSizeMax: 50,
      batchDelayMs: 1,
      transmitTimeoutMs: 2_000,
      retriesMax: 3,
      backoffMinMs: 10,
      backoffMaxMs: 20,
    })
  })

  test('change capture - zeros and nulls as Go writes them mean the defaults', () => {
    const text = JSON.stringify({
      endpoint: 'http://example.org',
      service_id: '',
      table_filter: '',
      tls: null,
      max_batch_size: 0,
      transmit_timeout: 0,
      transmit_max_retries: null,
      transmit_min_backoff: 0,
      transmit_max_backoff: 0,
    })
    expect(createChangeCaptureConfig(text)).toEqual({ ...defaults, endpoint: 'http://example.org' })
  })

  test('change capture - log_only writes to standard output', () => {
    expect(createChangeCaptureConfig('{"log_only": true}').endpoint).toBe('stdout')
  })

  test('change capture - TLS where older files have it', () => {
    const text = '{"endpoint":"https://x","ca_cert_file":"/ca","insecure_skip_verify":true}'
    expect(createChangeCaptureConfig(text).tls).toEqual({ caFile: '/ca', insecureSkipVerify: true })
  })

  test.each([
    ['http://', /is not a URL/],
    ['{"endpoint":"ftp://x"}', /endpoint must be an http or https URL/],
    ['{}', /endpoint must be an http or https URL/],
    ['{"endpoint":"stdout","table_filter":"("}', /table_filter must be a regular expression/],
    ['{"endpoint":"stdout","max_batch_size":-1}', /max_batch_size must be a whole number/],
    ['{"endpoint":"https://x","tls":{"cert_file":"/c"}}', /tls must have both cert_file and key_file/],
    ['{"endpoint":"stdout","max_batch_delay":"1 s"}', /max_batch_delay must be a duration/],
  ])('change capture - %s is refused', (text, message) => {
    expect(() => createChangeCaptureConfig(text)).toThrow(message)
  })

  test('change capture - a path stands for the file there, a URL for itself', async () => {
    const path = await fileWith('{"endpoint":"http://example.org/x"}')
    expect((await loadChangeCaptureConfig(path, {})).endpoint).toBe('http://example.org/x')
    expect((await loadChangeCaptureConfig('stdout', {})).endpoint).toBe('stdout')
    await expect(loadChangeCaptureConfig('http://', {})).rejects.toThrow(/is not a URL/)
  })
})
