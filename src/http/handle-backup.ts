/** GET /db/backup: the database as a file, or as SQL. */
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { BackupOptions } from '../node/index.ts'
import type { RequestContext } from './context.ts'
import { failureReply } from './failures.ts'
import { redirectRequest } from './redirect.ts'
import { errorReply, type HttpReply } from './reply.ts'

/**
 * The data of the leader, or with `noleader` of this node. What is sent under way can only be cut off: a
 * caller that gets the end of the response has all of it.
 */
export async function handleBackup(context: RequestContext): Promise<HttpReply> {
  const { parameters, server } = context
  const options = backupOptions(context)
  const node = server.node()
  if (node === undefined) return errorReply(503, 'store not open')
  if (options.local !== true) {
    const redirect = await redirectRequest(context, node)
    if (redirect !== undefined) return redirect
  }
  try {
    const backup = await node.database.backup(options)
    const chunks = await begun(backup.chunks)
    return {
      status: 200,
      type: options.format === 'sql' ? 'sql' : 'binary',
      body: parameters.has('compress') ? compressed(chunks) : chunks,
      headers: { 'x-rqlite-served-by': backup.servedBy },
    }
  } catch (error) {
    return failureReply(error, false)
  }
}

/** A format that is not known is the usual one, as rqlite has it. */
function backupOptions({ parameters, signal }: RequestContext): BackupOptions {
  const format = parameters.get('fmt')?.toLowerCase()
  const tables = namesOf(parameters.get('tables'))
  return {
    signal,
    timeoutMs: parameters.timeoutMs,
    format: format === 'delete' || format === 'sql' ? format : 'binary',
    vacuum: parameters.has('vacuum'),
    local: parameters.has('noleader'),
    ...(tables.length > 0 && { tables }),
  }
}

function namesOf(list = ''): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** What fails at once shall be told as an error, which it can only be before anything is sent. */
async function begun(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  let next = async (): Promise<IteratorResult<Uint8Array>> => {
    next = () => iterator.next()
    return first
  }
  const end = async (): Promise<IteratorResult<Uint8Array>> => {
    await iterator.return?.()
    return { done: true, value: undefined }
  }
  return { [Symbol.asyncIterator]: () => ({ next: () => next(), return: end }) }
}

/** No `Content-Encoding`: the caller asked for a compressed file, and is to get one. */
function compressed(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gzip = createGzip()
  // Either's end is the other's; who reads hears of failures.
  pipeline(Readable.from(chunks, { objectMode: false }), gzip, () => {})
  return gzip
}
