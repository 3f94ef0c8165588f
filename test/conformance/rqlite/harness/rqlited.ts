/** Nodes with the command line of rqlited, for rows that are about flags, joining and data directories. */
import { type Rqlited, RqlitedNodes } from '../../../cluster/rqlited-process.ts'
import { Api } from './api.ts'

export { type Rqlited, RqlitedNodes }

export function apiOf(node: Rqlited): Api {
  return new Api({ url: `http://${node.apiAddress}` })
}

/** A leader, and two that joined: one through it, the other through that one. All have a vote. */
export async function threeNodes(
  nodes: RqlitedNodes,
  flags: readonly string[] = [],
): Promise<[Rqlited, Rqlited, Rqlited]> {
  const first = (await nodes.add()).start(flags)
  const [second, third] = [await nodes.add(), await nodes.add()]
  await first.waitForLeader()
  second.start([...flags, '-join', first.raftAddress])
  await second.waitForLeader()
  third.start([...flags, '-join', second.raftAddress])
  await third.waitForLeader()
  await voters(first, 3)
  return [first, second, third]
}

/** Waits until so many members vote, as `node` sees it. */
export async function voters(node: Rqlited, count: number): Promise<void> {
  await node.until(`${count} voters`, async () => {
    const members = Object.values(await node.members())
    return members.length === count && members.every(({ voter }) => voter)
  })
}

/** The node among `nodes` that leads, as all of those that run see it. */
export async function leaderOf(nodes: readonly Rqlited[]): Promise<Rqlited> {
  const running = nodes.filter((node) => node.running)
  return await (running[0] as Rqlited).until('a leader that all agree on', async () => {
    const seen = await Promise.all(running.map(async (node) => (await node.status()).store.leader?.node_id))
    const leader = running.find(({ id }) => id === seen[0])
    return seen.every((id) => id === seen[0]) ? leader : undefined
  })
}

/** Waits for a counter of `/debug/vars`; what it stands at in the end is the caller's to check. */
export async function counter(node: Rqlited, group: string, name: string): Promise<number> {
  const { text } = await apiOf(node).ask(`/debug/vars?key=${group}`)
  return JSON.parse(text)[group][name]
}
