/** What can go wrong in a simulated world, and how it ends. Every fault heals by itself. */
import type { World } from './world.ts'

const FAULTS: readonly {
  readonly name: string
  readonly weight: number
  readonly happen: (world: World) => void
}[] = [
  { name: 'crash one', weight: 6, happen: crashOne },
  { name: 'crash leader', weight: 4, happen: crashLeader },
  { name: 'crash all', weight: 1, happen: crashAll },
  { name: 'partition halves', weight: 3, happen: partitionHalves },
  { name: 'isolate leader', weight: 3, happen: isolateLeader },
  { name: 'one-way link', weight: 3, happen: oneWayLink },
  { name: 'bridge', weight: 2, happen: bridge },
  { name: 'lossy network', weight: 3, happen: lossyNetwork },
  { name: 'slow network', weight: 3, happen: slowNetwork },
  { name: 'duplicates', weight: 2, happen: duplicates },
  { name: 'pause', weight: 3, happen: pause },
  { name: 'slow disk', weight: 2, happen: slowDisk },
  { name: 'transfer', weight: 2, happen: transfer },
  { name: 'replace node', weight: 1, happen: replaceNode },
]

const TOTAL_WEIGHT = FAULTS.reduce((sum, fault) => sum + fault.weight, 0)

export function drawFault(world: World): void {
  let at = world.prng.between(0, TOTAL_WEIGHT)
  for (const fault of FAULTS) {
    at -= fault.weight
    if (at >= 0) continue
    world.count(`fault: ${fault.name}`)
    world.note(() => `fault: ${fault.name}`, 9, fault.name.length)
    fault.happen(world)
    return
  }
}

function afterAWhile(world: World, maxMs: number, heal: () => void): void {
  world.events.schedule(world.prng.between(50_000, maxMs * 1000), heal)
}

function crashOne(world: World): void {
  const node = world.prng.pick(world.nodes)
  world.crash(node)
  afterAWhile(world, 3_000, () => world.restart(node))
}

function crashLeader(world: World): void {
  const leader = world.leader()
  if (leader === undefined) return
  world.crash(leader)
  afterAWhile(world, 3_000, () => world.restart(leader))
}

function crashAll(world: World): void {
  for (const node of world.nodes) {
    world.crash(node)
    afterAWhile(world, 2_000, () => world.restart(node))
  }
}

function block(world: World, pairs: readonly (readonly [string, string])[], maxMs: number): void {
  for (const [from, to] of pairs) world.blocked.add(`${from}>${to}`)
  afterAWhile(world, maxMs, () => {
    for (const [from, to] of pairs) world.blocked.delete(`${from}>${to}`)
  })
}

function bothWays(as: readonly string[], bs: readonly string[]): [string, string][] {
  return as.flatMap((a) =>
    bs.flatMap((b): [string, string][] => [
      [a, b],
      [b, a],
    ]),
  )
}

function partitionHalves(world: World): void {
  const side = world.pickSome()
  const rest = world.nodes.map((node) => node.id).filter((id) => !side.includes(id))
  block(world, bothWays(side, rest), 4_000)
}

function isolateLeader(world: World): void {
  const leader = world.leader()
  if (leader === undefined) return
  const rest = world.nodes.map((node) => node.id).filter((id) => id !== leader.id)
  block(world, bothWays([leader.id], rest), 4_000)
}

function oneWayLink(world: World): void {
  const [from, to] = [world.prng.pick(world.nodes).id, world.prng.pick(world.nodes).id]
  if (from !== to) block(world, [[from, to]], 4_000)
}

/** Two halves that only one node can both see. */
function bridge(world: World): void {
  const middle = world.prng.pick(world.nodes).id
  const ids = world.nodes.map((node) => node.id).filter((id) => id !== middle)
  const half = ids.slice(0, Math.floor(ids.length / 2))
  const rest = ids.filter((id) => !half.includes(id))
  block(world, bothWays(half, rest), 4_000)
}

function lossyNetwork(world: World): void {
  world.lossRate = world.prng.between(1, 30) / 100
  afterAWhile(world, 3_000, () => {
    world.lossRate = 0
  })
}

function slowNetwork(world: World): void {
  world.delaySpikeRate = world.prng.between(5, 50) / 100
  afterAWhile(world, 3_000, () => {
    world.delaySpikeRate = 0
  })
}

function duplicates(world: World): void {
  world.duplicateRate = world.prng.between(5, 40) / 100
  afterAWhile(world, 3_000, () => {
    world.duplicateRate = 0
  })
}

function pause(world: World): void {
  const node = world.prng.pick(world.nodes)
  node.pausedUntil = world.events.now + world.prng.between(50_000, 3_000_000)
}

function slowDisk(world: World): void {
  const node = world.prng.pick(world.nodes)
  node.slowDisk = true
  afterAWhile(world, 3_000, () => {
    node.slowDisk = false
  })
}

function transfer(world: World): void {
  const driver = world.leader()?.driver
  driver?.transferLeadership(undefined, (error) => {
    if (error === undefined) world.count('leadership transferred')
  })
}

function replaceNode(world: World): void {
  if (world.nodes.length >= 3) world.replace(world.prng.pick(world.nodes))
}
