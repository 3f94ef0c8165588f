/** What the load generator is told, and what it tells. */

/** A request of which only a running number changes, so that making the next one costs almost nothing. */
export interface RequestTemplate {
  /** The whole HTTP request, as latin1. */
  readonly text: string
  /** Where twelve digits (or, in base64, what stands for them) are, from the start; undefined if nothing changes. */
  readonly numberAt?: number
  readonly base64?: boolean
  /** The number runs through [0, numbers). @default all that twelve digits can hold */
  readonly numbers?: number
}

export interface LoadPlan {
  /** `host:port`; connections are spread over them evenly. */
  readonly addresses: readonly string[]
  /** Connections, each with one request at a time. */
  readonly clients: number
  readonly seconds: number
  /** Load before it that does not count. */
  readonly warmUpSeconds: number
  /** One is drawn for every request, by weight. */
  readonly requests: readonly WeightedTemplate[]
  /** First number, so that a later run writes other keys. @default 0 */
  readonly firstNumber?: number
  /** Requests a second at even intervals, whether the earlier ones were answered or not; left out: each as soon as the one before it on its connection was answered. */
  readonly perSecond?: number
}

export interface WeightedTemplate {
  readonly template: RequestTemplate
  readonly weight: number
}

export interface LoadResult {
  /** Measured time. */
  readonly seconds: number
  /** Requests answered as they should be. */
  readonly done: number
  readonly perSecond: number
  /** As `done`, with those of the warm-up. */
  readonly doneInAll: number
  /** CPU time of all nodes for each of these, in microseconds; undefined where nobody counts it. */
  readonly cpuMicroseconds?: number
  readonly latency: Latency
  /** Answers that were no success, by what they were: `HTTP 503`, `"error"`, `ECONNRESET`. */
  readonly errors: Readonly<Record<string, number>>
  /** The first bad answer, to look at. */
  readonly firstError?: string
  /** CPU seconds of the generator itself, of `seconds`: near 1 a second it is what limits. */
  readonly generatorCpuSeconds: number
}

/** In milliseconds. Of an open loop, from when the request was due. */
export interface Latency {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}
