/** What the HTTP API itself does, counted while it does it, for Prometheus. */
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Counters } from '../base/index.ts'
import { EventLoopDelay } from './event-loop-delay.ts'
import type { HttpBuildInfo } from './types.ts'

export interface ServedRequest {
  /** Path of the route, never what a caller wrote: label values must be few. */
  readonly route: string
  readonly method: string
  readonly status: number
  readonly seconds: number
  readonly socket: Socket
}

interface CountedBytes {
  received: number
  sent: number
}

export interface HttpMetricsComponents {
  readonly counters: Counters
  readonly build: HttpBuildInfo
  readonly inFlight: () => number
}

/** The caller went away before the answer was complete; nginx has made this status known. */
export const CALLER_LEFT = 499

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PUT'])
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export class HttpMetrics {
  readonly #registry = new Registry()
  readonly #requests: Counter<'route' | 'method' | 'status'>
  readonly #duration: Histogram<'route'>
  readonly #received: Counter
  readonly #sent: Counter
  /** Bytes of a connection that are counted already: it serves many requests. */
  readonly #counted = new WeakMap<Socket, CountedBytes>()

  constructor({ counters, build, inFlight }: HttpMetricsComponents) {
    const registers = [this.#registry]
    new Gauge({
      name: 'debros_build_info',
      help: 'Always 1; what runs here is in the labels',
      labelNames: ['version', 'commit', 'node_version'],
      registers,
    }).set({ version: build.version, commit: build.commit, node_version: process.version }, 1)
    this.#requests = new Counter({
      name: 'debros_http_requests_total',
      help: `Requests answered; status ${CALLER_LEFT}: the caller left before`,
      labelNames: ['route', 'method', 'status'],
      registers,
    })
    this.#duration = new Histogram({
      name: 'debros_http_request_duration_seconds',
      help: 'Time from the head of a request to the last byte of its answer',
      labelNames: ['route'],
      buckets: BUCKETS_SECONDS,
      registers,
    })
    this.#received = new Counter({
      name: 'debros_http_received_bytes_total',
      help: 'Bytes that clients sent',
      registers,
    })
    this.#sent = new Counter({
      name: 'debros_http_sent_bytes_total',
      help: 'Bytes that clients were sent',
      registers,
    })
    new Gauge({
      name: 'debros_http_requests_in_flight',
      help: 'Requests being served, this one included',
      registers,
      collect() {
        this.set(inFlight())
      },
    })
    this.#addCounters(counters)
    this.#addProcess()
  }

  observe({ route, method, status, seconds, socket }: ServedRequest): void {
    this.#requests.inc({ route, method: METHODS.has(method) ? method : 'other', status })
    this.#duration.observe({ route }, seconds)
    const counted = this.#countedOf(socket)
    // A socket that is closed already may have forgotten them.
    const received = Math.max(counted.received, socket.bytesRead)
    const sent = Math.max(counted.sent, socket.bytesWritten)
    this.#received.inc(received - counted.received)
    this.#sent.inc(sent - counted.sent)
    counted.received = received
    counted.sent = sent
  }

  #countedOf(socket: Socket): CountedBytes {
    const known = this.#counted.get(socket)
    if (known !== undefined) return known
    const counted = { received: 0, sent: 0 }
    this.#counted.set(socket, counted)
    return counted
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** The same numbers as in `/debug/vars`. */
  #addCounters(counters: Counters): void {
    new Counter({
      name: 'debros_events_total',
      help: 'What has happened since the start, by group and name as in /debug/vars',
      labelNames: ['group', 'name'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const [group, counts] of Object.entries(counters.toJSON())) {
          for (const [name, count] of Object.entries(counts)) this.inc({ group, name }, count)
        }
      },
    })
  }

  /** Under the names that Prometheus' clients in all languages use. */
  #addProcess(): void {
    const registers = [this.#registry]
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    }
    const total = (name: string, help: string, read: () => number): void => {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(read())
        },
      })
    }
    gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss())
    gauge('process_start_time_seconds', 'Start of the process since the epoch', () =>
      Math.round(performance.timeOrigin / 1_000),
    )
    total('process_cpu_seconds_total', 'CPU time of all threads', () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    })
    total('debros_event_loop_active_seconds_total', 'Time the main thread was busy', () => {
      return performance.eventLoopUtilization().active / 1_000
    })
    this.#addEventLoopDelay()
  }

  #addEventLoopDelay(): void {
    const delay = new EventLoopDelay()
    new Gauge({
      name: 'debros_event_loop_delay_seconds',
      help: 'How late the main thread got to what was due, since this was last asked for',
      labelNames: ['quantile'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { quantile, seconds } of delay.take()) this.set({ quantile }, seconds)
      },
    })
  }
}
