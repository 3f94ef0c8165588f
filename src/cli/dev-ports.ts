import net from 'node:net'
import { DebrosError } from '../base/index.ts'
import type { DevNode } from './dev-plan.ts'

/** Finds out before anything is started. Error `PORT_IN_USE`, naming every port that is. */
export async function checkPorts(nodes: readonly DevNode[]): Promise<void> {
  const uses = nodes.flatMap(({ name, httpPort, raftPort, p2pPort }) => [
    { port: httpPort, what: `HTTP API of ${name}`, option: '--http-port' },
    { port: raftPort, what: `node-to-node listener of ${name}`, option: '--raft-port' },
    { port: p2pPort, what: `libp2p listener of ${name}`, option: '--p2p-port' },
  ])
  const twice = uses.find(({ port }, i) => uses.findIndex((use) => use.port === port) < i)
  if (twice)
    throw new DebrosError(
      'PORT_IN_USE',
      `port ${twice.port} would be used twice; choose others with ${twice.option}`,
    )
  const free = await Promise.all(uses.map(({ port }) => isFree(port)))
  const taken = uses.filter((_, i) => !free[i])
  if (taken.length === 0) return
  const lines = taken.map(({ port, what, option }) => `  ${port}, for the ${what} (${option})`)
  throw new DebrosError(
    'PORT_IN_USE',
    `these ports are in use by other programs:\n${lines.join('\n')}\nStop those programs, or choose other ports.`,
  )
}

/** Whether it could be listened on right now. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)))
  })
}
