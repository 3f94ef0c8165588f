/** What the tests use of a client that has no types of its own. */
declare module 'rqlite-js' {
  export interface DataResult {
    get(column: string): unknown
    toObject(): Record<string, unknown>
    toArray(): unknown[]
    getLastInsertId(): number | undefined
    getRowsAffected(): number
    getTime(): number
  }

  export interface DataResults {
    hasError(): boolean
    getFirstError(): Error | undefined
    get(index: number): DataResult
    getResults(): DataResult[]
    getTime(): number
    toArray(): Record<string, unknown>[]
  }

  export interface HttpResponse {
    readonly body: unknown
    readonly status: number
  }

  export interface Options {
    readonly level?: 'none' | 'weak' | 'linearizable' | 'strong'
    readonly transaction?: boolean
    readonly timings?: boolean
    readonly useLeader?: boolean
    readonly raw?: boolean
  }

  type Sql = string | readonly (string | readonly unknown[])[]

  interface ClientOptions {
    readonly authentication?: { readonly username: string; readonly password: string }
  }

  class HttpClient {
    constructor(hosts: string | readonly string[], options?: ClientOptions)
  }

  export class DataApiClient extends HttpClient {
    query(sql: Sql, options?: Options): Promise<DataResults>
    execute(sql: Sql, options?: Options): Promise<DataResults>
  }

  export class StatusApiClient extends HttpClient {
    status(options?: object): Promise<HttpResponse>
    statusAllHosts(options?: object): Promise<{ readonly host: string; readonly response: HttpResponse }[]>
  }

  export class BackupApiClient extends HttpClient {
    get(options: { uri: string; query?: Record<string, string>; useLeader?: boolean }): Promise<HttpResponse>
    backup(format?: 'sql' | 'dump'): Promise<AsyncIterable<Uint8Array>>
    load(data: Uint8Array | string, format?: 'sql' | 'dump'): Promise<AsyncIterable<Uint8Array>>
  }
}
