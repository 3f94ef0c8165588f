import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { ensureClusterSecret, loadConfig } from '../../../src/config/index.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'debros-config-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
})

describe('example files', () => {
  const root = new URL('../../../configs/', import.meta.url)
  const names = readdirSync(root, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.yaml'))

  test('are there', () => {
    expect(names.sort()).toEqual([
      'bootstrap.yaml',
      'node.yaml',
      'three-nodes/node1.yaml',
      'three-nodes/node2.yaml',
      'three-nodes/node3.yaml',
    ])
  })

  test.each(names)('%s - is valid, without warnings', (name) => {
    const { warnings, config } = loadConfig({ file: new URL(name, root).pathname })
    expect(warnings).toEqual([])
    expect(config.role).toBe(/bootstrap|node1/.test(name) ? 'bootstrap' : 'node')
  })

  test('of one machine - do not get in one another’s way', () => {
    for (const together of [names.filter((name) => name.includes('/')), ['bootstrap.yaml', 'node.yaml']]) {
      const configs = together.map((name) => loadConfig({ file: new URL(name, root).pathname }).config)
      const places = configs.flatMap(({ dataDir, http, raft, listenAddresses }) => [
        dataDir,
        http.port,
        raft.port,
        ...listenAddresses.map((address) => Number(address.split('/').at(-1))),
      ])
      expect(new Set(places).size).toBe(places.length)
    }
  })
})

describe('loading', () => {
  test('a file that is not there - is an error of its own', () => {
    expect(() => loadConfig({ file: join(dir, 'none.yaml') })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNREADABLE', message: expect.stringContaining('none.yaml') }),
    )
  })

  test('data_dir - may be missing, but not be a file', () => {
    writeFileSync(join(dir, 'file'), '')
    expect(() => loadConfig({ flags: { data: join(dir, 'a/b/c') } })).not.toThrow()
    for (const data of [join(dir, 'file'), join(dir, 'file', 'below')]) {
      expect(() => loadConfig({ flags: { data } })).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(/node\.data_dir: .*file/),
        }),
      )
    }
  })

  test('files that are named - must be readable', () => {
    writeFileSync(join(dir, 'key'), '')
    const text = `security: {enable_tls: true, private_key_file: ${dir}/key, certificate_file: ${dir}/none}\ncluster: {secret_file: ${dir}}\n`
    writeFileSync(join(dir, 'c.yaml'), text)
    expect(() => loadConfig({ file: join(dir, 'c.yaml') })).toThrow(
      expect.objectContaining({
        problems: [
          { path: 'cluster.secret_file', message: `cannot read ${dir}` },
          { path: 'security.certificate_file', message: `cannot read "${dir}/none"` },
        ],
      }),
    )
  })
})

describe('cluster secret', () => {
  const none = { value: undefined, file: undefined }
  const usual = () => join(dir, 'data', 'cluster.secret')
  const bootstrap = () => ({ role: 'bootstrap' as const, dataDir: join(dir, 'data'), clusterSecret: none })
  const joining = () => ({ ...bootstrap(), role: 'node' as const })

  test('a bootstrap node - makes one that only it can read, and keeps it', async () => {
    const made = await ensureClusterSecret(bootstrap())
    expect(made).toMatchObject({ file: usual(), generated: true, exposed: false })
    expect(made.value).toMatch(/^[0-9a-f]{64}$/)
    expect(statSync(usual()).mode & 0o777).toBe(0o600)
    expect(readFileSync(usual(), 'utf8').trim()).toBe(made.value)
    expect(readdirSync(join(dir, 'data'))).toEqual(['cluster.secret'])
    expect(await ensureClusterSecret(bootstrap())).toEqual({ ...made, generated: false })
  })

  test('two nodes at once - do not overwrite one another', async () => {
    const both = await Promise.all([ensureClusterSecret(bootstrap()), ensureClusterSecret(bootstrap())])
    expect(both.map(({ value }) => value)).toEqual(Array(2).fill(readFileSync(usual(), 'utf8').trim()))
    expect(readdirSync(join(dir, 'data'))).toEqual(['cluster.secret'])
  })

  test('a joining node - needs one, and says how to come by it', async () => {
    await expect(ensureClusterSecret(joining())).rejects.toMatchObject({
      code: 'CLUSTER_SECRET_MISSING',
      message: expect.stringMatching(/cluster\.secret .*--cluster-secret-file.*DEBROS_CLUSTER_SECRET/),
    })
    mkdirSync(join(dir, 'data'))
    writeFileSync(usual(), 'copied-from-the-other-node\n', { mode: 0o600 })
    expect(await ensureClusterSecret(joining())).toMatchObject({
      value: 'copied-from-the-other-node',
      generated: false,
    })
  })

  test('one that is configured - wins over the file in the data directory', async () => {
    await ensureClusterSecret(bootstrap())
    const file = join(dir, 'mine')
    writeFileSync(file, 'another-secret-of-mine', { mode: 0o644 })
    const config = bootstrap()
    expect(await ensureClusterSecret({ ...config, clusterSecret: { value: undefined, file } })).toMatchObject(
      {
        value: 'another-secret-of-mine',
        exposed: true,
      },
    )
    expect(
      await ensureClusterSecret({ ...config, clusterSecret: { value: 'literal', file: undefined } }),
    ).toMatchObject({
      value: 'literal',
      file: undefined,
    })
  })

  test('a file without a proper secret - is refused', async () => {
    const file = join(dir, 'empty')
    writeFileSync(file, '\n')
    const clusterSecret = { value: undefined, file }
    await expect(ensureClusterSecret({ ...bootstrap(), clusterSecret })).rejects.toMatchObject({
      code: 'CLUSTER_SECRET_INVALID',
      message: expect.stringContaining('at least 16 characters'),
    })
  })
})
