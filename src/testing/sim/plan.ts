/** What the seed decides before anything happens: settings, machines, and when which fault strikes. */
import { createPrng, type Prng } from '../../base/index.ts'
import { type RaftSettings, resolveRaftSettings } from '../../raft/index.ts'
import { FAULTS, type FaultName } from './faults.ts'
import type { MachineKind } from './process.ts'

export interface PlannedFault {
  /** Position in the plan; names the fault when a run is shrunk. */
  readonly number: number
  readonly name: FaultName
  readonly atUs: number
  /** Decides its particulars, whatever else happens. */
  readonly seed: number
}

export interface WorldPlan {
  readonly settings: RaftSettings
  readonly machines: MachineKind
  /** All members found the cluster together; else the first does, and the others join. */
  readonly foundTogether: boolean
  /** Nodes beyond the members, which may come and go. */
  readonly spares: number
  readonly snapshotChunkBytes: number
  readonly faults: readonly PlannedFault[]
}

export interface PlanInit {
  readonly seed: number
  /** `drawn`: by the seed. */
  readonly machines: MachineKind | 'drawn'
  readonly faultPhaseMs: number
  readonly faults: readonly FaultName[]
  /** Of the faults planned, those that happen, by number; undefined for all. */
  readonly only: ReadonlySet<number> | undefined
}

/**
 * Of 20 worlds, so many have the key-value machine alone, and so many SQL as well. An instance of SQLite
 * for every start of a node costs ten times the rest.
 */
const KV_WORLDS = 9
const SQL_WORLDS = 1

export function drawPlan(init: PlanInit): WorldPlan {
  const prng = createPrng(init.seed)
  const settings = drawSettings(prng.fork())
  const kinds = drawMachines(prng.between(0, 20))
  const machines = init.machines === 'drawn' ? kinds : init.machines
  return {
    settings,
    machines,
    foundTogether: prng.chance(0.5),
    spares: prng.chance(0.4) ? prng.between(1, 3) : 0,
    snapshotChunkBytes: machines === 'sql' ? prng.between(512, 8_192) : prng.between(64, 1_024),
    faults: drawFaults(prng.fork(), init),
  }
}

function drawSettings(prng: Prng): RaftSettings {
  return resolveRaftSettings({
    tickMs: 50,
    heartbeatMs: 100,
    electionTimeoutMs: 500,
    crashHintMs: 100,
    snapshotEntries: prng.between(20, 120),
    trailingEntries: prng.between(0, 40),
    inflightMessagesMax: prng.between(1, 32),
    applyEntriesMax: prng.between(1, 64),
    promoteLagEntries: 10,
    outcomeWaitMs: 1000,
    // Otherwise the log would be kept for followers that need snapshots here.
    catchUpBytes: prng.pick([1, 1_000, 1_000_000]),
    catchUpMs: prng.pick([500, 1_000, 60_000]),
    snapshotSendsMax: prng.between(1, 3),
    // So little that some proposals and messages meet the limit.
    ...(prng.chance(0.2) ? { uncommittedBytesMax: prng.between(100, 600) } : {}),
    ...(prng.chance(0.2) ? { unappliedBytesMax: prng.between(200, 2_000) } : {}),
    ...(prng.chance(0.2) ? { appendBytesMax: prng.between(1, 500) } : {}),
  })
}

function drawMachines(number: number): MachineKind {
  if (number < SQL_WORLDS) return 'sql'
  return number < SQL_WORLDS + KV_WORLDS ? 'kv' : 'fingerprint'
}

function drawFaults(prng: Prng, init: PlanInit): PlannedFault[] {
  const possible = FAULTS.filter(({ name }) => init.faults.includes(name))
  const totalWeight = possible.reduce((sum, { weight }) => sum + weight, 0)
  const planned: PlannedFault[] = []
  let atUs = 0
  for (let number = 0; possible.length > 0; number++) {
    atUs += prng.between(100_000, 1_200_000)
    if (atUs >= init.faultPhaseMs * 1000) break
    let at = prng.between(0, totalWeight)
    const fault = possible.find(({ weight }) => {
      at -= weight
      return at < 0
    })
    const seed = prng.nextUint32()
    if (fault === undefined || init.only?.has(number) === false) continue
    planned.push({ number, name: fault.name, atUs, seed })
  }
  return planned
}
