export {
  type ClusterClient,
  type ClusterClientInit,
  type ClusterMember,
  createClusterClient,
} from './cluster-client.ts'
export {
  type ClientCredentials,
  type ConnectionInit,
  connectionOf,
  type Fetch,
  type FetchInit,
} from './connection.ts'
export {
  createDatabaseClient,
  type DatabaseClient,
  DatabaseClientError,
  type DatabaseClientInit,
  type QueryCallOptions,
  type StatementInput,
  type StatementParameter,
  type StatementResult,
  type WriteCallOptions,
} from './database-client.ts'
