/** GET /status: the keys rqlite's clients read, as far as they have a true value here. */
import { errorMessage, exactInteger, formatDuration, formatHostPort } from '../base/index.ts'
import type { WriteQueueStatus } from '../node/index.ts'
import type { RequestContext, ServerContext } from './context.ts'
import { describeOutbound } from './describe-outbound.ts'
import { describeProcess } from './describe-process.ts'
import { describeLeader, describeStore } from './describe-store.ts'
import { type HttpReply, jsonReply } from './reply.ts'
import type { HttpTlsInit } from './types.ts'
import { within } from './within.ts'

/** Always 200, also before the node is open: this is where one looks when something is wrong. */
export async function handleStatus(context: RequestContext): Promise<HttpReply> {
  const { server, parameters } = context
  const { store, ...others } = await describeNode(server, parameters.timeoutMs)
  const document = {
    build: describeBuild(server),
    ...others,
    http: describeHttp(server),
    ...(server.discovery && { disco: server.discovery() }),
    ...describeProcess(server),
    // None can be loaded: what a replica computes must not hang on what is installed beside it.
    extensions: { names: [] },
    store,
  }
  return jsonReply(subDocument(document, parameters.get('key') ?? ''), parameters.has('pretty'))
}

/** `a.b.c`: what stands there. Nothing there is `{}`; going on below a scalar stays at the scalar. */
function subDocument(document: unknown, key: string): unknown {
  if (key === '') return document
  let current = document
  for (const name of key.split('.')) {
    if (typeof current !== 'object' || current === null) return current
    if (!Object.hasOwn(current, name)) return {}
    current = (current as Record<string, unknown>)[name] // it is an object
  }
  return current
}

function describeBuild({ build }: ServerContext): object {
  return {
    version: build.version,
    commit: build.commit,
    build_time: build.buildTime,
    compiler: 'node',
    compiler_toolchain: process.version,
  }
}

function describeHttp({ boundAddress, allowOrigin, authorizer, node, tls }: ServerContext): object {
  const queue = node()?.queuedWrites.status
  const bound = boundAddress()
  return {
    ...(bound && { bind_addr: formatHostPort(bound) }),
    ...(queue && { queue: { _default: describeQueue(queue) } }),
    // By this, clients know that a write whose answer was lost may be made again under its Idempotency-Key.
    idempotent_writes: true,
    auth: authorizer?.enabled === true ? 'enabled' : 'disabled',
    tls: describeTls(tls),
    ...(allowOrigin !== undefined && { allow_origin: allowOrigin }),
  }
}

function describeTls(tls: HttpTlsInit | undefined): object {
  if (tls === undefined) return { enabled: 'false' }
  const { certFile, keyFile, caFile, verifyClient, verifyCommonName } = tls
  return {
    enabled: 'true',
    cert_file: certFile,
    key_file: keyFile,
    ...(caFile !== undefined && { ca_file: caFile }),
    client_verification: verifyClient === true || verifyCommonName !== undefined ? 'enabled' : 'disabled',
    ...(verifyCommonName !== undefined && { client_common_name: verifyCommonName }),
  }
}

function describeQueue({ capacity, batchSize, timeoutMs, length, sequenceNumber }: WriteQueueStatus): object {
  return {
    max_size: capacity,
    batch_size: batchSize,
    timeout: formatDuration(timeoutMs),
    length,
    sequence_number: exactInteger(sequenceNumber),
  }
}

async function describeNode(
  server: ServerContext,
  timeoutMs: number,
): Promise<{ store: object } & Record<string, object>> {
  const node = server.node()
  if (node === undefined) return { store: { open: false } }
  try {
    const [status, pragmas] = await within(
      timeoutMs,
      Promise.all([node.cluster.status(), server.pragmas.read(node)]),
    )
    const cluster = {
      addr: status.address,
      api_addr: status.apiAddress,
      https: String(server.tls !== undefined),
    }
    return { store: describeStore(status, pragmas), cluster, ...describeOutbound(status) }
  } catch (error) {
    // Clients read the leader's members without asking whether they are there.
    const leader = describeLeader(node.cluster.leader())
    return { store: { open: true, error: errorMessage(error), leader } }
  }
}
