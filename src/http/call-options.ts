/** What a request's parameters mean to the node's services. */
import type { ReadOptions, WriteOptions } from '../node/index.ts'
import type { RequestContext } from './context.ts'

export function writeOptions({ credentials, parameters, signal, requestId }: RequestContext): WriteOptions {
  return {
    credentials,
    signal,
    timeoutMs: parameters.timeoutMs,
    transaction: parameters.has('transaction'),
    executionTimeoutMs: parameters.executionTimeoutMs,
    ...(requestId !== undefined && { requestId }),
  }
}

export function readOptions(context: RequestContext): ReadOptions {
  const { parameters } = context
  return {
    ...writeOptions(context),
    level: parameters.level,
    qualifyColumns: parameters.has('qualify_columns'),
    freshnessMs: parameters.freshnessMs,
    freshnessStrict: parameters.has('freshness_strict'),
    linearizableTimeoutMs: parameters.linearizableTimeoutMs,
  }
}
