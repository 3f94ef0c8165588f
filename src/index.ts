/** The library's door: a node inside your own process. For clusters in tests see `debros/testing`. */

import { Counters, silentLogger } from './base/index.ts'
import { createHttpServer, type HttpLimits, type HttpTlsInit } from './http/index.ts'
import { createNode as createBareNode, type DebrosNode, type NodeInit } from './node/index.ts'

export interface HttpOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 takes a free one. @default 0 */
  readonly port?: number
  /** `host:port` under which clients reach it. @default where it listens */
  readonly advertise?: string
  readonly allowOrigin?: string
  /** Serve HTTPS. @default plain HTTP */
  readonly tls?: HttpTlsInit
  readonly limits?: Partial<HttpLimits>
  readonly build?: { readonly version: string; readonly commit: string; readonly buildTime: string }
}

export interface NodeOptions extends Omit<NodeInit, 'door'> {
  /** Serve the rqlite-compatible HTTP API. @default not at all */
  readonly http?: HttpOptions
}

/** Starts a node; see {@link NodeInit} for what it can be told, and what it rejects with. */
export function createNode(
  options: NodeOptions,
  call: { readonly signal?: AbortSignal } = {},
): Promise<DebrosNode> {
  const { http, ...init } = options
  if (http === undefined) return createBareNode(init, call)
  const { host = '127.0.0.1', port = 0, ...rest } = http
  const logger = (init.logger ?? silentLogger).child({ component: 'HTTP' })
  const { authorizer, counters = new Counters() } = init
  const door: NodeInit['door'] = (node) =>
    createHttpServer(
      { node, logger, counters },
      { host, port, ...(authorizer !== undefined && { authorizer }), ...rest },
    )
  return createBareNode({ ...init, counters, door }, call)
}

export { DebrosError, type Logger, type Outcome } from './base/index.ts'
export type { KvEntry, KvExpectation, KvListOptions, KvOperation, KvPage, KvResult } from './kv/index.ts'
export {
  type Authorizer,
  type AutoBackupConfig,
  type AutoRestoreConfig,
  type CallOptions,
  type ChangeCaptureConfig,
  type ChangeCaptureTls,
  type ClusterService,
  type Credentials,
  createAuthorizer,
  createAutoBackupConfig,
  createAutoRestoreConfig,
  createChangeCaptureConfig,
  type DatabaseResponse,
  type DatabaseService,
  type DebrosNode,
  type Detached,
  type LeaderAddress,
  MemoryDataDir,
  type NodeDescription,
  type NodeStatus,
  type ReadLevel,
  type ReadOptions,
  type Removed,
  readCredentialsFile,
  type StatementInput,
  type StorageReadOptions,
  type StorageService,
  type TransferOptions,
  type Transferred,
  type WriteOptions,
} from './node/index.ts'
export type { SqlParameter, SqlResult, SqlStatement, SqlValue } from './sql/index.ts'
