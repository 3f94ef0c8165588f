/** Dot commands that show how nodes and cluster are. */
import { open } from 'node:fs/promises'
import { errorMessage } from '../../base/index.ts'
import { arrayOf, askJson, objectOf, readText, requestFailed, succeeded } from './answers.ts'
import { type CommandArguments, wrongUse } from './arguments.ts'
import type { DotCommand } from './command.ts'
import type { Session } from './session.ts'
import { renderTree } from './tree.ts'

export const DIAGNOSTIC_COMMANDS: readonly DotCommand[] = [
  {
    name: '.status',
    usage: '[KEY]',
    summary: 'Show status and diagnostics of the connected node, or the part under KEY',
    run: (session, args) => showDocument(session, 'status', args),
  },
  {
    name: '.expvar',
    usage: '[KEY]',
    summary: 'Show counters of the connected node, or those under KEY',
    run: (session, args) => showDocument(session, 'debug/vars', args),
  },
  {
    name: '.nodes',
    usage: '[all]',
    summary: "Show the voting nodes and whether they answer; 'all' shows every node",
    completes: ['all'],
    run: async (session, { optional }) => {
      const query = optional === undefined ? {} : { nonvoters: '' }
      await printTree(session, objectOf(await ask(session, 'nodes', query)))
    },
  },
  {
    name: '.leader',
    summary: 'Show the leader of the cluster',
    run: async (session) => {
      const nodes = Object.entries(objectOf(await ask(session, 'nodes')))
      const leader = nodes.find(([, node]) => objectOf(node).leader === true)
      if (leader === undefined) throw requestFailed('no leader found')
      await printTree(session, Object.fromEntries([leader]))
    },
  },
  {
    name: '.ready',
    summary: 'Show whether the connected node is ready',
    run: async (session) => {
      const { endpoint, signal } = session
      const answer = await succeeded(await endpoint.call({ path: 'readyz', signal }), [200, 503])
      const reasons = await readText(answer)
      await session.printLine(answer.status === 200 ? 'ready' : 'not ready')
      if (answer.status !== 200) await session.confirm(reasons.trimEnd())
    },
  },
  {
    name: '.extensions',
    summary: 'Show loaded SQLite extensions',
    run: async (session) => {
      const { names } = objectOf(await ask(session, 'status', { key: 'extensions' }))
      await session.print(arrayOf(names).map((name) => `${name}\n`))
    },
  },
  {
    name: '.sysdump',
    usage: 'FILE',
    summary: 'Write the diagnostics of all nodes to FILE',
    completes: 'files',
    run: async (session, args) => {
      await writeDiagnostics(session, args.file('an output file for the diagnostics'))
    },
  },
]

async function ask(
  { endpoint, signal }: Session,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return await askJson(endpoint, { path, query, signal })
}

async function printTree(session: Session, document: Readonly<Record<string, unknown>>): Promise<void> {
  await session.print([renderTree(document)])
}

/** A key may have dots: each goes a step deeper. */
async function showDocument(
  session: Session,
  path: string,
  { optional: key }: CommandArguments,
): Promise<void> {
  const document = objectOf(await ask(session, path))
  if (key === undefined) return await printTree(session, document)
  const value = Object.hasOwn(document, key)
    ? document[key]
    : key.split('.').reduce((at: unknown, name) => objectOf(at)[name], document)
  if (value === undefined)
    throw wrongUse(`there is no ${key}; there are ${Object.keys(document).sort().join(', ')}`)
  await printTree(session, { [key]: value })
}

const DIAGNOSTICS = ['status?pretty', 'nodes?pretty', 'readyz', 'debug/vars'] as const

/** What a node does not answer is said in the file, and the others' is gathered all the same. */
async function writeDiagnostics(session: Session, path: string): Promise<void> {
  const nodes = Object.values(objectOf(await ask(session, 'nodes', { nonvoters: '' }))).map(objectOf)
  await using file = await open(path, 'w')
  for (const { api_addr: api } of nodes) {
    if (typeof api !== 'string' || api === '') continue
    for (const document of DIAGNOSTICS) {
      const url = `${api}/${document}`
      await file.writeFile(`\n=========================================\nURL: ${url}\n`)
      await file.writeFile(await describe(session, url))
    }
  }
}

async function describe({ endpoint, signal }: Session, url: string): Promise<string> {
  try {
    const answer = await endpoint.get(new URL(url), signal)
    return `Status: ${answer.statusLine}\n\n${await readText(answer)}`
  } catch (error) {
    signal.throwIfAborted()
    return `Status: ${errorMessage(error)}\n\n`
  }
}
