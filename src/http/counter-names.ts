import type { Counters } from '../base/index.ts'

/**
 * What programs made for rqlite look for in `/debug/vars`, there from the first moment. What a node does
 * not have, such as nothing to upload to, stays at 0; further names are declared by the parts that count.
 */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  cluster: ['num_join_req', 'num_client_force_new_conn'],
  'cdc.service': [],
  db: [],
  downloader: [],
  http: [
    'auth_fail',
    'auth_ok',
    'auth_throttled',
    'backups',
    'boot',
    'executions',
    'loads',
    'num_readyz',
    'num_status',
    'queries',
    'requests',
    'user_reaps',
    'user_snapshots',
  ],
  mux: [],
  proto: [],
  proxy: [],
  queue: [],
  snapshot: ['upgrade_ok'],
  'sql.processor': [],
  store: [
    'num_ignored_joins',
    'num_removed_before_joins',
    'num_restores',
    'num_restores_start',
    'num_restores_start_skipped',
    'num_snapshots',
  ],
  uploader: ['num_uploads_fail', 'num_uploads_ok', 'num_uploads_skipped', 'num_uploads_skipped_id'],
}

export function declareCounters(counters: Counters): void {
  for (const [group, names] of Object.entries(NAMES)) counters.declare(group, names)
}
