import { expect, test } from 'vitest'
import { runScenario } from '../../../bench/run.ts'
import { type Cluster, NotAvailable, type System } from '../../../bench/systems/types.ts'
import { inTurns, samplesOf } from '../../../bench/turns.ts'
import type { Bench, Findings, SystemName } from '../../../bench/types.ts'

const MACHINE = {
  ...{ cpu: '', cores: 1, memoryMiB: 1, kernel: '', node: '', fileSystem: '' },
  ...{ fdatasync: { p50: 0, p99: 0 }, loadAverage: 0, busyBefore: 0 },
}

function fakeSystem(name: SystemName, happened: string[], version: () => Promise<string>): System {
  const did = (what: string) => (): Promise<void> => {
    happened.push(`${name} ${what}`)
    return Promise.resolve()
  }
  const cluster: Cluster = {
    system: name,
    api: 'rqlite',
    nodes: [],
    leader: () => Promise.reject(new Error('nobody leads')),
    suspend: did('suspended'),
    resume: did('resumed'),
    close: did('closed'),
    [Symbol.asyncDispose]: did('closed'),
  }
  return { name, api: 'rqlite', version, start: () => Promise.resolve(cluster) }
}

async function runWith(happened: string[], run: (bench: Bench) => Promise<Findings>) {
  const names: readonly SystemName[] = ['debros', 'etcd', 'rqlite']
  const systems = names.map((name) => {
    const version = () =>
      name === 'rqlite' ? Promise.reject(new NotAvailable('not given')) : Promise.resolve(`${name} 1`)
    return [name, fakeSystem(name, happened, version)] as const
  })
  const scenario = { name: 's', title: 'S', method: 'M', systems: names, short: true, run }
  return await runScenario(scenario, {
    systems: new Map(systems),
    machine: MACHINE,
    options: { seconds: 1, warmUpSeconds: 0, pairs: 2, clients: [1], short: true },
    signal: new AbortController().signal,
    note: () => {},
  })
}

test('turns - one after the other, the rest standing still; a system that is not there is named', async () => {
  const happened: string[] = []
  let sample = 0
  const report = await runWith(happened, async (bench) => {
    const turns = await inTurns(bench, await bench.startAll(), ({ system }) => {
      happened.push(`${system} measured`)
      return Promise.resolve(++sample)
    })
    const samples = samplesOf(turns, (value) => 10 * value)
    return { rows: [{ id: 'r', label: 'R', unit: '', better: 'higher', samples }] }
  })
  const turn = (system: string) => [`${system} resumed`, `${system} measured`, `${system} suspended`]
  expect(happened).toEqual([
    ...['debros suspended', 'etcd suspended'],
    ...[turn('debros'), turn('etcd'), turn('debros'), turn('etcd')].flat(),
    ...['debros resumed', 'etcd resumed', 'debros closed', 'etcd closed'],
  ])
  expect(report.rows[0]?.samples).toEqual({ debros: [10, 30], etcd: [20, 40] })
  expect(report.versions).toEqual({ debros: 'debros 1', etcd: 'etcd 1' })
  expect(report.missing).toEqual({ rqlite: 'not given' })
  expect(report.failure).toBeUndefined()
})

test('a scenario that fails - is reported, and what it started is closed', async () => {
  const happened: string[] = []
  const report = await runWith(happened, async (bench) => {
    await bench.start('etcd')
    throw new Error('no leader')
  })
  expect(report).toMatchObject({ rows: [], failure: 'no leader' })
  expect(happened).toEqual(['etcd closed'])
})
