import type { Permission } from '../node/index.ts'
import type { Handler } from './context.ts'
import { handleBackup } from './handle-backup.ts'
import { handleLeader, handleNodes, handleReadyz } from './handle-cluster.ts'
import { handleExecute, handleQuery, handleRequest } from './handle-database.ts'
import { handleDebugVars } from './handle-debug.ts'
import { handleLicenses } from './handle-licenses.ts'
import { handleBoot, handleLoad } from './handle-load.ts'
import { handleRemove, handleStepdown } from './handle-membership.ts'
import { handleMetrics } from './handle-metrics.ts'
import { handleParse } from './handle-parse.ts'
import { handleReap, handleSnapshot } from './handle-snapshot.ts'
import { handleStatus } from './handle-status.ts'

export interface Route {
  readonly path: string
  /** `prefix`: any path that begins with it, as rqlite has it (`/status`, `/status/`, `/statusx`). */
  readonly match: 'prefix' | 'exact'
  readonly methods: readonly string[]
  /** A caller needs all of these. */
  readonly permissions: readonly Permission[]
  /** Where in group `http` of the counters requests are counted. */
  readonly counter?: string
  readonly handle: Handler
}

const POINTER = `debros, with rqlite's HTTP API: POST /db/execute, /db/query, /db/request, /db/sql, /db/load, /boot; GET /db/backup, /status, /nodes, /leader, /readyz, /metrics, /debug/vars, /licenses; POST /leader, /snapshot, /reap, DELETE /remove
`

export const ROUTES: readonly Route[] = [
  {
    path: '/db/execute',
    match: 'prefix',
    methods: ['POST'],
    permissions: ['execute'],
    counter: 'executions',
    handle: handleExecute,
  },
  {
    path: '/db/query',
    match: 'prefix',
    methods: ['GET', 'POST'],
    permissions: ['query'],
    counter: 'queries',
    handle: handleQuery,
  },
  {
    path: '/db/request',
    match: 'prefix',
    methods: ['POST'],
    permissions: ['query', 'execute'],
    counter: 'requests',
    handle: handleRequest,
  },
  {
    path: '/db/backup',
    match: 'prefix',
    methods: ['GET'],
    permissions: ['backup'],
    counter: 'backups',
    handle: handleBackup,
  },
  {
    path: '/db/load',
    match: 'prefix',
    methods: ['POST'],
    permissions: ['load'],
    counter: 'loads',
    handle: handleLoad,
  },
  {
    path: '/boot',
    match: 'exact',
    methods: ['POST'],
    permissions: ['load'],
    counter: 'boot',
    handle: handleBoot,
  },
  {
    path: '/db/sql',
    match: 'prefix',
    methods: ['GET', 'POST'],
    permissions: ['query'],
    counter: 'sql',
    handle: handleParse,
  },
  {
    path: '/status',
    match: 'prefix',
    methods: ['GET'],
    permissions: ['status'],
    counter: 'num_status',
    handle: handleStatus,
  },
  { path: '/nodes', match: 'prefix', methods: ['GET'], permissions: ['status'], handle: handleNodes },
  { path: '/metrics', match: 'exact', methods: ['GET'], permissions: ['status'], handle: handleMetrics },
  {
    path: '/debug/vars',
    match: 'exact',
    methods: ['GET'],
    permissions: ['status'],
    handle: handleDebugVars,
  },
  {
    path: '/licenses',
    match: 'exact',
    methods: ['GET'],
    permissions: ['status'],
    handle: handleLicenses,
  },
  {
    path: '/leader',
    match: 'exact',
    methods: ['GET', 'POST'],
    permissions: ['leader-ops'],
    handle: (context) => (context.method === 'POST' ? handleStepdown(context) : handleLeader(context)),
  },
  { path: '/snapshot', match: 'exact', methods: ['POST'], permissions: ['snapshot'], handle: handleSnapshot },
  { path: '/reap', match: 'exact', methods: ['POST'], permissions: ['snapshot'], handle: handleReap },
  { path: '/remove', match: 'prefix', methods: ['DELETE'], permissions: ['remove'], handle: handleRemove },
  {
    path: '/readyz',
    match: 'prefix',
    methods: ['GET'],
    permissions: ['ready'],
    counter: 'num_readyz',
    handle: handleReadyz,
  },
  {
    path: '/',
    match: 'exact',
    methods: ['GET'],
    permissions: [],
    handle: () => ({ status: 200, type: 'text', body: POINTER }),
  },
]

export function findRoute(path: string): Route | undefined {
  return ROUTES.find((route) => (route.match === 'exact' ? path === route.path : path.startsWith(route.path)))
}
