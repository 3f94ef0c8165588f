import { describe, expect, test } from 'vitest'
import { withoutSecrets } from '../../../src/http/handle-debug.ts'
import { serve } from './serve.ts'

// Contract 3.6; acceptance row 73.
describe('GET /debug/vars', () => {
  test('names - are there from the start, as 0', async () => {
    const { ask } = await serve({ open: false })
    const answer = await ask('GET', '/debug/vars')
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(answer.body)).toMatchObject({
      cmdline: expect.any(Array),
      http: { user_snapshots: 0, user_reaps: 0 },
      store: {
        num_snapshots: 0,
        num_restores: 0,
        num_restores_start: 0,
        num_restores_start_skipped: 0,
        num_ignored_joins: 0,
        num_removed_before_joins: 0,
      },
      cluster: { num_join_req: 0, num_client_force_new_conn: 0 },
      uploader: { num_uploads_ok: 0, num_uploads_fail: 0, num_uploads_skipped: 0, num_uploads_skipped_id: 0 },
      snapshot: { upgrade_ok: 0 },
      ...Object.fromEntries(
        [
          'db',
          'queue',
          'proxy',
          'mux',
          'proto',
          'sql.processor',
          'downloader',
          'cdc.service',
          'memstats',
        ].map((name) => [name, expect.any(Object)]),
      ),
    })
  })

  test('counts - are those of the moment, and each node has its own', async () => {
    const one = await serve()
    const other = await serve()
    one.counters.add('store', 'num_snapshots', 3)
    await one.ask('POST', '/db/execute', { body: '["SELECT 1"]' })
    const vars = async ({ ask }: typeof one) => JSON.parse((await ask('GET', '/debug/vars')).body)
    expect(await vars(one)).toMatchObject({ store: { num_snapshots: 3 }, http: { executions: 1 } })
    expect(await vars(other)).toMatchObject({ store: { num_snapshots: 0 }, http: { executions: 0 } })
  })

  test.each([
    ['-http-addr=localhost:4001', '-http-addr=localhost:4001'],
    ['/data/{1}', '/data/{1}'],
    ['--cdc-config=https://me:hu@sh@sink/x', '--cdc-config=https://********@sink/x'],
    ['https://me:hush@sink?x=a@b', 'https://********@sink?x=a@b'],
    ['https://sink/x@y', 'https://sink/x@y'],
    ['{"password":"hush"}', '********'],
    ['-disco-config= {"password":\n"hush"}', '-disco-config= ********'],
  ])('command line - %s is shown as %s', (argument, shown) => {
    expect(withoutSecrets(argument)).toBe(shown)
  })

  test('key - leaves one group under its name', async () => {
    const { ask } = await serve()
    expect(JSON.parse((await ask('GET', '/debug/vars?key=snapshot')).body)).toEqual({
      snapshot: { upgrade_ok: 0 },
    })
    expect((await ask('GET', '/debug/vars?key=nothing')).body).toBe('{}')
  })

  test('pretty - indents by four', async () => {
    const { ask } = await serve()
    const { body } = await ask('GET', '/debug/vars?key=snapshot&pretty')
    expect(body).toBe('{\n    "snapshot": {\n        "upgrade_ok": 0\n    }\n}')
  })
})
