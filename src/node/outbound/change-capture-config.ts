/** rqlite's configuration of change capture: a URL, `stdout`, or a JSON file. */

import { z } from 'zod'
import { expandEnvironment } from '../../base/index.ts'
import { checkTableFilter } from '../../sql/index.ts'
import { duration, type Environment, invalid, parseServiceConfig } from './service-config.ts'

export interface ChangeCaptureTls {
  /** PEM files. @default the system's certificate authorities; no certificate of its own */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** The name the endpoint's certificate must have. @default the host of its URL */
  readonly serverName?: string
  /** Take any certificate. @default false */
  readonly insecureSkipVerify?: boolean
}

export interface ChangeCaptureConfig {
  /** `http:` or `https:` URL, or `stdout`. */
  readonly endpoint: string
  /** Told to the endpoint with every batch. */
  readonly serviceId?: string
  /** Leave out what the rows hold. @default false */
  readonly rowIdsOnly: boolean
  /** A regular expression; only tables whose name it matches somewhere are captured. @default all */
  readonly tableFilter?: string
  readonly tls?: ChangeCaptureTls
  /** Messages sent together, one for each log entry. @default 10 */
  readonly batchSizeMax: number
  /** How long a message waits for others. @default 200 */
  readonly batchDelayMs: number
  /** For one attempt at sending. @default 5_000 */
  readonly transmitTimeoutMs: number
  /** Repetitions of a failed attempt, after which a batch is given up. @default Infinity */
  readonly retriesMax: number
  /** Before the first repetition, and before the longest after. @default 1_000 and 30_000 */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
}

const DEFAULTS = {
  rowIdsOnly: false,
  batchSizeMax: 10,
  batchDelayMs: 200,
  transmitTimeoutMs: 5_000,
  retriesMax: Number.POSITIVE_INFINITY,
  backoffMinMs: 1_000,
  backoffMaxMs: 30_000,
} as const satisfies Partial<ChangeCaptureConfig>

/** A batch must fit the endpoint's patience and this node's memory. */
const BATCH_SIZE_MAX = 10_000

const text = () => z.string({ error: 'must be text' })
const path = () => text().min(1, { error: 'must be the path of a file' }).optional()
const flag = () => z.boolean({ error: 'must be true or false' }).optional()
const count = (from: number, to: number) => {
  const error = `must be a whole number from ${from} to ${to}`
  return z.int({ error }).min(from, { error }).max(to, { error })
}

const TLS_MEMBERS = {
  ca_cert_file: path(),
  cert_file: path(),
  key_file: path(),
  server_name: text().optional(),
  insecure_skip_verify: flag(),
}

const SCHEMA = z
  .object(
    {
      endpoint: text().default(''),
      log_only: flag(),
      service_id: text().optional(),
      row_ids_only: flag(),
      table_filter: text().optional(),
      tls: z.object(TLS_MEMBERS, { error: 'must be an object' }).nullish(),
      ...TLS_MEMBERS, // where older versions have them
      max_batch_size: count(0, BATCH_SIZE_MAX).optional(),
      max_batch_delay: duration().optional(),
      transmit_timeout: duration().optional(),
      transmit_max_retries: count(0, Number.MAX_SAFE_INTEGER).nullish(),
      transmit_min_backoff: duration().optional(),
      transmit_max_backoff: duration().optional(),
    },
    { error: 'it must be an object' },
  )
  .superRefine(({ endpoint, log_only, table_filter, tls, cert_file, key_file }, context) => {
    const problem = (member: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [member], message })
    if (log_only !== true && !isDestination(endpoint)) problem('endpoint', ENDPOINT_WANTED)
    const filterProblem = table_filter === undefined ? undefined : checkTableFilter(table_filter)
    if (filterProblem !== undefined) problem('table_filter', filterProblem)
    if (((tls?.cert_file ?? cert_file) === undefined) !== ((tls?.key_file ?? key_file) === undefined)) {
      problem('tls', 'must have both cert_file and key_file, or neither')
    }
  })

const STDOUT = 'stdout'
const ENDPOINT_WANTED = 'must be an http or https URL, or "stdout"'

/** Whether a value given for the configuration is itself where to send, and not the name of a file. */
export function isDestination(value: string): boolean {
  return value === STDOUT || (/^https?:\/\/./.test(value) && URL.canParse(value))
}

/** Takes a URL, `stdout`, or the text of a JSON file. Throws `SERVICE_CONFIG_INVALID`. */
export function createChangeCaptureConfig(source: string, env: Environment = {}): ChangeCaptureConfig {
  const what = 'change capture'
  if (isDestination(source)) return { ...DEFAULTS, endpoint: source }
  if (/^https?:/.test(source)) throw invalid(what, `${JSON.stringify(source)} is not a URL`)
  const file = parseServiceConfig(what, expandEnvironment(source, env), SCHEMA)
  const tls = tlsOf({ ...file, ...definedOf(file.tls ?? {}) })
  const backoffMinMs = file.transmit_min_backoff || DEFAULTS.backoffMinMs
  return {
    endpoint: file.log_only === true ? STDOUT : file.endpoint,
    ...(file.service_id && { serviceId: file.service_id }),
    rowIdsOnly: file.row_ids_only ?? DEFAULTS.rowIdsOnly,
    ...(file.table_filter && { tableFilter: file.table_filter }),
    ...(tls && { tls }),
    batchSizeMax: file.max_batch_size || DEFAULTS.batchSizeMax,
    batchDelayMs: file.max_batch_delay ?? DEFAULTS.batchDelayMs,
    transmitTimeoutMs: file.transmit_timeout || DEFAULTS.transmitTimeoutMs,
    retriesMax: file.transmit_max_retries ?? DEFAULTS.retriesMax,
    backoffMinMs,
    backoffMaxMs: Math.max(backoffMinMs, file.transmit_max_backoff || DEFAULTS.backoffMaxMs),
  }
}

type TlsMembers = z.output<z.ZodObject<typeof TLS_MEMBERS>>

function tlsOf(members: TlsMembers): ChangeCaptureTls | undefined {
  const tls: ChangeCaptureTls = {
    ...(members.ca_cert_file && { caFile: members.ca_cert_file }),
    ...(members.cert_file && { certFile: members.cert_file }),
    ...(members.key_file && { keyFile: members.key_file }),
    ...(members.server_name && { serverName: members.server_name }),
    ...(members.insecure_skip_verify && { insecureSkipVerify: true }),
  }
  return Object.keys(tls).length === 0 ? undefined : tls
}

function definedOf<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T> // the same members, but for some that are undefined
}
