import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createDiscovery, type DiscoveryInit, type Resolver } from '../../../../src/cli/rqlited/discovery.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

class Names implements Resolver {
  readonly hosts = new Map<string, string[]>()
  readonly srv = new Map<string, { name: string; port: number }[]>()
  addresses = async (name: string) => found(this.hosts.get(name), name)
  services = async (name: string) => found(this.srv.get(name), name)
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`ENOTFOUND ${name}`)
  return value
}

const dns: DiscoveryInit = { mode: 'dns', config: '', raftPort: 4002, env: {} }

describe('discovery', () => {
  test('dns - every address of the name, with the port of this node, looked up anew each time', async () => {
    const names = new Names()
    const discovery = await createDiscovery(dns, names)
    expect(discovery.describe()).toEqual({ mode: 'dns', name: 'rqlite', port: 4002 })
    await expect(discovery.lookUp()).rejects.toThrow('ENOTFOUND rqlite')
    expect(discovery.describe()).toMatchObject({ last_error: 'ENOTFOUND rqlite' })
    names.hosts.set('rqlite', ['10.0.0.2', '10.0.0.1'])
    expect(await discovery.lookUp()).toEqual(['10.0.0.1:4002', '10.0.0.2:4002'])
    names.hosts.set('rqlite', ['10.0.0.1', 'fd00::1'])
    expect(await discovery.lookUp()).toEqual(['10.0.0.1:4002', '[fd00::1]:4002'])
    expect(discovery.describe()).toEqual({
      mode: 'dns',
      name: 'rqlite',
      port: 4002,
      last_contact: expect.stringMatching(/^\d{4}-.*Z$/),
      last_addresses: ['10.0.0.1:4002', '[fd00::1]:4002'],
    })
  })

  test('dns - name and port from JSON, or from a file with variables in it', async () => {
    const names = new Names()
    names.hosts.set('db.example', ['10.0.0.1'])
    const literal = await createDiscovery({ ...dns, config: '{"name": "db.example", "port": 7}' }, names)
    expect(await literal.lookUp()).toEqual(['10.0.0.1:7'])
    const file = join(temporaryDirectory(), 'disco.json')
    writeFileSync(file, `{"name": "$ZONE.\${TOP}"}`)
    const env = { ZONE: 'db', TOP: 'example' }
    expect(await (await createDiscovery({ ...dns, config: file, env }, names)).lookUp()).toEqual([
      '10.0.0.1:4002',
    ])
  })

  test('dns - addresses from the environment stand for the name', async () => {
    const env = { RQLITE_DISCO_DNS_HOSTS: 'localhost:1, localhost:2,' }
    expect(await (await createDiscovery({ ...dns, env }, new Names())).lookUp()).toEqual([
      'localhost:1',
      'localhost:2',
    ])
  })

  test('dns-srv - every address of every target, with the port of its record', async () => {
    const names = new Names()
    names.srv.set('_raft._tcp.db.example', [
      { name: 'a.example', port: 1 },
      { name: 'b.example', port: 2 },
    ])
    names.hosts.set('a.example', ['10.0.0.1', '10.0.0.2'])
    names.hosts.set('b.example', ['10.0.0.3'])
    const config = '{"name": "db.example", "service": "raft"}'
    const discovery = await createDiscovery({ ...dns, mode: 'dns-srv', config }, names)
    expect(await discovery.lookUp()).toEqual(['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:2'])
    expect(discovery.describe()).toMatchObject({ mode: 'dns-srv', dns_name: '_raft._tcp.db.example' })
    expect((await createDiscovery({ ...dns, mode: 'dns-srv' }, names)).describe()).toMatchObject({
      dns_name: '_rqlite._tcp.rqlite',
    })
  })

  test.each([
    ['nonsense', 'neither a file nor JSON'],
    ['[]', 'not an object'],
    ['{"port": 70000}', 'port is no port'],
    ['{"name": 1}', 'name is not a text'],
  ])('%s - refused', async (config, why) => {
    await expect(createDiscovery({ ...dns, config }, new Names())).rejects.toMatchObject({
      code: 'RQLITED_REFUSED',
      message: expect.stringContaining(why),
    })
  })
})
