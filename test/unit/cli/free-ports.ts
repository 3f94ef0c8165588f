import { once } from 'node:events'
import net from 'node:net'

/**
 * The first of `count` neighbouring ports that nothing listens on right now. They lie below those the
 * system hands out by itself, so that no connection takes one meanwhile.
 */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 20_000)
    const ports = Array.from({ length: count }, (_, i) => first + i)
    const servers = await Promise.all(ports.map((port) => listen(port).catch(() => undefined)))
    await Promise.all(servers.map((server) => server && once(server.close(), 'close')))
    if (servers.every((server) => server !== undefined)) return first
  }
}

export async function listen(port: number): Promise<net.Server> {
  const server = net.createServer().listen({ port, host: '127.0.0.1' })
  await once(server, 'listening')
  return server
}
