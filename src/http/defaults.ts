import type { HttpLimits } from './types.ts'

export const DEFAULT_RQLITE_VERSION = '10'

export const DEFAULT_LIMITS: HttpLimits = Object.freeze({
  bodyBytesMax: 64 * 2 ** 20,
  loadBytesMax: 2 * 2 ** 30,
  bodyBytesInFlightMax: 256 * 2 ** 20,
  answerBytesInFlightMax: 512 * 2 ** 20,
  headerBytesMax: 64 * 2 ** 10,
  connectionsMax: 10_000,
  requestsInFlightMax: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  loadTimeoutMs: 3_600_000,
  bodyIdleTimeoutMs: 60_000,
  keepAliveTimeoutMs: 75_000,
  sendTimeoutMs: 60_000,
  lingerMs: 2_000,
  authFailuresMax: 50,
  authFailuresPerSecond: 1,
  authMemoryMax: 10_000,
  certificatePollMs: 10_000,
  stopGraceMs: 10_000,
})

/** So many callers are told in a second that more comes than can be done; others wait for that. */
export const REFUSALS_PER_SECOND = 4_000

/** Results of an answer that are counted among those that are being sent. */
export const LARGE_ANSWER_BYTES = 64 * 1024

/** Longer bodies, in characters, are read bit by bit; see `large-body.ts`. */
export const LARGE_BODY_LENGTH = 256 * 1024

/** Statements of a large body; as many as the database takes. */
export const BODY_STATEMENTS_MAX = 10_000

/**
 * Parameters of all statements of a large body. Each costs every replica's main thread about a microsecond when
 * it goes through the log, and heartbeats wait meanwhile.
 */
export const BODY_PARAMETERS_MAX = 500_000

/** A named one costs as much as so many. */
export const NAMED_PARAMETER_WEIGHT = 4

/** What `timeout` and `linearizable_timeout` are when a request does not say. */
export const DEFAULT_TIMEOUT_MS = 30_000
export const DEFAULT_LINEARIZABLE_TIMEOUT_MS = 10_000
