/** What the nodes of a development cluster are: names, ports, directories, command lines. */
import { join } from 'node:path'

export interface DevClusterInit {
  readonly nodes: number
  readonly dataDir: string
  /** Ports of the first node; each further node has the next. */
  readonly httpPort: number
  readonly raftPort: number
  readonly p2pPort: number
}

export interface DevNode {
  readonly name: string
  readonly dataDir: string
  readonly httpPort: number
  readonly raftPort: number
  readonly p2pPort: number
  /** Everything behind `debros`. */
  readonly args: readonly string[]
}

const HOST = '127.0.0.1'

export function httpUrl(node: DevNode): string {
  return `http://${HOST}:${node.httpPort}`
}

/**
 * `hasData` tells whether a node has run before. The first node starts the cluster and the others join
 * through it; a first node that has lost its data joins the others, who still have theirs.
 */
export function planDevCluster(
  init: DevClusterInit,
  secretFile: string,
  hasData: (dataDir: string) => boolean,
): DevNode[] {
  const numbers = Array.from({ length: init.nodes }, (_, i) => i)
  const dataDirOf = (i: number) => join(init.dataDir, `node${i + 1}`)
  const others = numbers.slice(1).filter((i) => hasData(dataDirOf(i)))
  const firstJoins = others.length > 0 && !hasData(dataDirOf(0))
  const raftAddress = (i: number) => `${HOST}:${init.raftPort + i}`
  return numbers.map((i) => {
    const node = {
      name: `node${i + 1}`,
      dataDir: dataDirOf(i),
      httpPort: init.httpPort + i,
      raftPort: init.raftPort + i,
      p2pPort: init.p2pPort + i,
    }
    const join = i > 0 ? [raftAddress(0)] : firstJoins ? others.map(raftAddress) : []
    return { ...node, args: nodeArgs(node, secretFile, join) }
  })
}

function nodeArgs(node: Omit<DevNode, 'args'>, secretFile: string, join: readonly string[]): string[] {
  return [
    'node',
    ...['--id', node.name],
    ...['--data', node.dataDir],
    ...['--listen-address', `/ip4/${HOST}/tcp/${node.p2pPort}`],
    ...['--rqlite-http-port', String(node.httpPort)],
    ...['--rqlite-raft-port', String(node.raftPort)],
    ...['--cluster-secret-file', secretFile],
    ...(join.length > 0 ? ['--rqlite-join-address', join.join(',')] : []),
  ]
}

/** As one would type it; arguments are quoted where a shell needs it. */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
}
