/** What `debros dev` prints. */
import { commandLine, type DevNode, httpUrl } from './dev-plan.ts'
import { type Io, paint, type Style } from './io.ts'

const NODE_STYLES: readonly Style[] = ['green', 'yellow', 'blue', 'magenta', 'cyan']

/** `node1 │ `, in the node's own colour. */
export function linePrefix(io: Pick<Io, 'colors'>, name: string, index: number, width: number): string {
  return paint(io, NODE_STYLES[index % NODE_STYLES.length] ?? 'white', `${name.padEnd(width)} │ `)
}

/** Splits a stream of chunks into whole lines; `end` hands out an unfinished last one. */
export class LineSplitter {
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line)
  }

  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest)
    this.#rest = ''
  }
}

export interface RunningDevNode {
  readonly node: DevNode
  readonly pid: number | undefined
}

/** Shown once the cluster is ready. The indented lines work in a shell as they are. */
export function readyText(
  running: readonly RunningDevNode[],
  dataDir: string,
  program: readonly string[],
): string[] {
  const [first] = running
  const last = running.at(-1)
  if (first === undefined || last === undefined) return []
  const post = (node: DevNode, path: string, body: string) =>
    `  ${commandLine(['curl', '-s', httpUrl(node) + path, '-d', body])}`
  const table = running.map(
    ({ node, pid }) =>
      `${node.name.padEnd(7)} HTTP ${httpUrl(node)}   Raft ${node.raftPort}   P2P ${node.p2pPort}   pid ${pid ?? '?'}`,
  )
  return [
    `The cluster is ready: ${running.length} ${running.length === 1 ? 'node' : 'nodes'}, data in ${dataDir}`,
    '',
    ...table,
    '',
    'Make a table and write to it:',
    post(first.node, '/db/execute', '["CREATE TABLE IF NOT EXISTS foo (id INTEGER PRIMARY KEY, name TEXT)"]'),
    post(first.node, '/db/execute', '[["INSERT INTO foo(name) VALUES(?)", "fiona"]]'),
    ...(last === first ? ['Read it:'] : ['Read it from another node:']),
    post(last.node, '/db/query?level=linearizable&pretty', '["SELECT * FROM foo"]'),
    'Or type SQL:',
    `  ${commandLine([...program, 'shell', '-p', String(first.node.httpPort)])}`,
    'Look at the cluster:',
    `  ${commandLine([...program, 'status', '--url', httpUrl(first.node)])}`,
    ...(last === first
      ? []
      : [`Kill a node (${last.node.name}) and see the others go on:`, `  kill -9 ${last.pid ?? '?'}`]),
    '',
    'Ctrl-C stops everything; the data stays for the next time.',
  ]
}

/** Lines set off by a rule above and below; nothing beside them, so that they can be copied whole. */
export function framed(lines: readonly string[]): string {
  const rule = '─'.repeat(Math.max(...lines.map((line) => line.length)))
  return [rule, ...lines, rule].join('\n')
}

export function endedText(node: DevNode, how: string, program: readonly string[]): string[] {
  return [
    `${node.name} has ended (${how}). Start it again, in another terminal, with:`,
    `  ${commandLine([...program, ...node.args])}`,
  ]
}
