import type { SystemName } from '../types.ts'
import { debros } from './debros.ts'
import { etcd } from './etcd.ts'
import { rqlite } from './rqlite.ts'
import type { System } from './types.ts'

export interface SystemPaths {
  /** Root of this working copy. */
  readonly root: string
  /** Root of another one, also built. */
  readonly against?: string | undefined
  readonly etcd?: string | undefined
  readonly rqlited?: string | undefined
}

export function systemsAt(paths: SystemPaths): ReadonlyMap<SystemName, System> {
  return new Map([
    ['debros', debros('debros', paths.root)],
    ...(paths.against === undefined ? [] : [['against', debros('against', paths.against)] as const]),
    ['etcd', etcd(paths.etcd)],
    ['rqlite', rqlite(paths.rqlited)],
  ])
}
