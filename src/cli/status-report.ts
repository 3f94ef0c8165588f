/** What `debros status` asks a node, and how it shows the answers. */
import { DebrosError, errorMessage } from '../base/index.ts'
import { type ConnectionInit, connectionOf } from '../client/index.ts'
import { type Io, paint } from './io.ts'
import { formatTable } from './table.ts'

export interface StatusReport {
  readonly url: string
  readonly ready: boolean
  /** The lines of `/readyz`. */
  readonly readiness: string
  readonly status: Record<string, unknown>
  /** Members as `/nodes` describes them; empty if the node could not tell. */
  readonly nodes: readonly Record<string, unknown>[]
}

/** Errors: `NODE_UNREACHABLE` if nothing, or nothing of ours, answers at `url`; `NODE_ACCESS_DENIED`. */
export async function fetchStatus(
  url: string,
  timeoutMs: number,
  connection: ConnectionInit = {},
): Promise<StatusReport> {
  const fetch = connectionOf(connection)
  const base = url.replace(/\/+$/, '')
  const ask = async (path: string) => {
    const response = await fetch(base + path, { signal: AbortSignal.timeout(timeoutMs) })
    return { ok: response.ok, status: response.status, text: await response.text() }
  }
  try {
    const [status, nodes, readyz] = await Promise.all([
      ask('/status'),
      ask('/nodes?ver=2&nonvoters'),
      ask('/readyz'),
    ])
    if (status.status === 401) {
      const message = `${base} tells its status to users with the permission only; give one with --user`
      throw new DebrosError('NODE_ACCESS_DENIED', message)
    }
    return {
      url: base,
      ready: readyz.ok,
      readiness: readyz.status === 401 ? '[+]not allowed to ask' : readyz.text,
      status: object(JSON.parse(status.text)),
      nodes: nodes.ok ? list(object(JSON.parse(nodes.text)).nodes).map(object) : [],
    }
  } catch (cause) {
    if (cause instanceof DebrosError) throw cause
    const detail =
      cause instanceof Error && cause.cause !== undefined ? errorMessage(cause.cause) : errorMessage(cause)
    throw new DebrosError('NODE_UNREACHABLE', `no node answers at ${base}: ${detail}`, {
      cause,
      retryable: true,
    })
  }
}

export function formatStatus(report: StatusReport, io: Pick<Io, 'colors'>): string {
  const { status } = report
  const at = (path: string): unknown =>
    path.split('.').reduce((value: unknown, key) => object(value)[key], status)
  const state = report.ready ? paint(io, 'green', 'ready') : paint(io, 'red', 'not ready')
  const facts: readonly (readonly [string, unknown])[] = [
    ['Node', `${text(at('store.node_id')) || '(not open yet)'} at ${report.url}: ${state}`],
    ['Version', text(at('build.version'))],
    ['Leader', text(at('store.leader.node_id')) || paint(io, 'red', 'none')],
    ['Raft', raftLine(at)],
    ['Database', text(at('store.sqlite3.db_size_friendly'))],
    ['Data', text(at('store.dir'))],
    ['Up for', text(at('node.uptime'))],
  ]
  const lines = facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${`${name}:`.padEnd(10)}${value}`)
  if (!report.ready)
    lines.push(`${'Not ready:'.padEnd(10)} ${report.readiness.split('\n').at(-1)?.replace('[+]', '')}`)
  if (report.nodes.length > 0) lines.push('', nodesTable(report.nodes, io))
  return lines.join('\n')
}

function raftLine(at: (path: string) => unknown): string {
  const state = text(at('store.raft.state'))
  if (state === '') return ''
  const [term, commit, applied] = ['term', 'commit_index', 'applied_index'].map((key) =>
    text(at(`store.raft.${key}`)),
  )
  return `${state}, term ${term}, committed ${commit}, applied ${applied}`
}

function nodesTable(nodes: readonly Record<string, unknown>[], io: Pick<Io, 'colors'>): string {
  return formatTable(
    ['NODE', 'ROLE', 'REACHABLE', 'HTTP API', 'NODE TO NODE', 'VERSION', 'ANSWERED IN'],
    nodes.map((node) => {
      const role = node.leader ? paint(io, 'green', 'leader') : node.voter ? 'follower' : 'read replica'
      const reachable = node.reachable ? 'yes' : paint(io, 'red', `no: ${text(node.error)}`)
      const { id, api_addr: api, addr, version, time } = node
      return [
        text(id),
        role,
        reachable,
        text(api),
        text(addr),
        text(version),
        typeof time === 'number' ? `${(time * 1_000).toFixed(1)}ms` : '',
      ]
    }),
  )
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {} // read by key only
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Control characters from a stranger's answer stay off the terminal. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).replace(/\p{Cc}/gu, ' ') : ''
}
