import { describe, expect, test } from 'vitest'
import { serve } from './serve.ts'

describe('/status of backups and changes', () => {
  test('outbound - nothing is said of what is not done', async () => {
    const { ask } = await serve()
    const status = JSON.parse((await ask('GET', '/status')).body) as Record<string, unknown>
    expect(status).not.toHaveProperty('auto_backups')
    expect(status).not.toHaveProperty('cdc')
    expect(status).toMatchObject({ store: { cdc: { enabled: false, registered: false } } })
  })

  test('outbound - what is done, how far, and what is wrong', async () => {
    const { ask, node } = await serve()
    node.outbound = {
      autoBackup: {
        ...{
          directory: '/b',
          name: 'db',
          intervalMs: 60_000,
          compress: true,
          timestamp: false,
          vacuum: false,
        },
        lastIndex: 7,
        last: { timeMs: 1_700_000_000_000, durationMs: 1_500, bytes: 4_096 },
        failure: 'ENOSPC',
      },
      changeCapture: {
        ...{ capturing: true, endpoint: 'https://sink/', serviceId: 's', deliveredThrough: 9 },
        ...{ waiting: 3, waitingBytes: 300, failure: 'the endpoint answered 503' },
      },
    }
    expect(JSON.parse((await ask('GET', '/status')).body)).toMatchObject({
      auto_backups: {
        upload_destination: 'dir:/b',
        upload_interval: '1m0s',
        compress: true,
        last_index: 7,
        last_upload_time: '2023-11-14T22:13:20.000Z',
        last_upload_duration: '1.5s',
        last_upload_bytes: 4_096,
        last_error: 'ENOSPC',
      },
      cdc: {
        enabled: true,
        capturing: true,
        endpoint: 'https://sink/',
        service_id: 's',
        delivered_through: 9,
        waiting: 3,
        waiting_bytes: 300,
        last_error: 'the endpoint answered 503',
      },
      store: { cdc: { enabled: true, registered: true } },
    })
    expect((await ask('GET', '/status?key=cdc.waiting')).body).toBe('3')
  })
})
