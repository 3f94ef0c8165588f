import type { Handler } from './context.ts'
import { handleLeader, handleNodes, handleReadyz } from './handle-cluster.ts'
import { handleExecute, handleQuery, handleRequest } from './handle-database.ts'
import { handleRemove, handleStepdown } from './handle-membership.ts'
import { handleMetrics } from './handle-metrics.ts'
import { handleStatus } from './handle-status.ts'

export interface Route {
  readonly path: string
  /** `prefix`: any path that begins with it, as rqlite has it (`/status`, `/status/`, `/statusx`). */
  readonly match: 'prefix' | 'exact'
  readonly methods: readonly string[]
  readonly handle: Handler
}

const POINTER = `debros, with rqlite's HTTP API: POST /db/execute, /db/query, /db/request; GET /status, /nodes, /leader, /readyz, /metrics; POST /leader, DELETE /remove
`

export const ROUTES: readonly Route[] = [
  { path: '/db/execute', match: 'prefix', methods: ['POST'], handle: handleExecute },
  { path: '/db/query', match: 'prefix', methods: ['GET', 'POST'], handle: handleQuery },
  { path: '/db/request', match: 'prefix', methods: ['POST'], handle: handleRequest },
  { path: '/status', match: 'prefix', methods: ['GET'], handle: handleStatus },
  { path: '/nodes', match: 'prefix', methods: ['GET'], handle: handleNodes },
  { path: '/metrics', match: 'exact', methods: ['GET'], handle: handleMetrics },
  {
    path: '/leader',
    match: 'exact',
    methods: ['GET', 'POST'],
    handle: (context) => (context.method === 'POST' ? handleStepdown(context) : handleLeader(context)),
  },
  { path: '/remove', match: 'prefix', methods: ['DELETE'], handle: handleRemove },
  { path: '/readyz', match: 'prefix', methods: ['GET'], handle: handleReadyz },
  {
    path: '/',
    match: 'exact',
    methods: ['GET'],
    handle: () => ({ status: 200, type: 'text', body: POINTER }),
  },
]

export function findRoute(path: string): Route | undefined {
  return ROUTES.find((route) => (route.match === 'exact' ? path === route.path : path.startsWith(route.path)))
}
