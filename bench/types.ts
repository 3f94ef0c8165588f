/** What a scenario is given, and what it gives back. Everything it gives back is kept as JSON. */
import type { Cluster, ClusterInit } from './systems/types.ts'

export type SystemName = 'debros' | 'against' | 'etcd' | 'rqlite'

/** A door or a question. One file of scenarios/ each, and a line in scenarios/index.ts. */
export interface Scenario {
  /** As the command line names it. */
  readonly name: string
  readonly title: string
  /** What is measured and how, in a sentence or two: it stands above the numbers. */
  readonly method: string
  /** Those it applies to; the ones that are not there are reported as not measured. */
  readonly systems: readonly SystemName[]
  /** What it is to show, in words, for when it was not measured. @default none */
  readonly targets?: readonly string[]
  /** Whether it is part of the short run of `make bench`. */
  readonly short: boolean
  run(bench: Bench): Promise<Findings>
}

export interface Findings {
  readonly rows: readonly Row[]
  readonly plots?: readonly Plot[]
}

/** A number that was asked for, with all its samples. */
export interface Row {
  /** Stable, and unique in its scenario: `leader-64`. */
  readonly id: string
  /** What a reader is told it is: `64 clients, leader`. */
  readonly label: string
  /** `/s`, `ms`, `MB`, `s`, or nothing for a bare number. */
  readonly unit: string
  readonly better: 'higher' | 'lower'
  /** In the order they were taken: the samples at one index were taken one after the other. */
  readonly samples: Readonly<Partial<Record<SystemName, readonly number[]>>>
  readonly target?: Target
  /** What each request took of the CPU, on all nodes together, in microseconds; in the same order. */
  readonly cpu?: Readonly<Partial<Record<SystemName, readonly number[]>>>
  /** What else the samples tell: `p50 1.9 ms, p99 4.1 ms, no errors`, by system. */
  readonly details?: Readonly<Partial<Record<SystemName, string>>>
  /** Why there are no samples, if there are none. */
  readonly notMeasured?: string
}

/** `debros` alone, or divided by a peer, pair by pair. */
export interface Target {
  readonly of: 'debros' | { readonly ratioTo: SystemName }
  readonly statistic: 'median' | 'p99' | 'max'
  readonly at: 'least' | 'most'
  readonly bound: number
}

export interface Plot {
  /** Unique in its scenario; names the file. */
  readonly name: string
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  /** `bars` has a group at every x, written as it is. @default lines */
  readonly kind?: 'lines' | 'bars'
  readonly series: readonly Series[]
  /** Lines across, such as a target. */
  readonly marks?: readonly { readonly y: number; readonly label: string }[]
}

export interface Axis {
  readonly label: string
  readonly log?: boolean
}

export interface Series {
  readonly name: string
  /** Gives it its colour. @default debros */
  readonly system?: SystemName
  /** Set apart from another one of the same system. @default false */
  readonly dashed?: boolean
  /** With `low` and `high`, the spread of the samples is drawn, too. */
  readonly points: readonly Point[]
}

export interface Point {
  readonly x: number | string
  readonly y: number
  readonly low?: number
  readonly high?: number
}

export interface BenchOptions {
  /** Of each sample, after its warm-up. */
  readonly seconds: number
  /** Load before each sample, which does not count. */
  readonly warmUpSeconds: number
  /** Samples of each system. */
  readonly pairs: number
  readonly clients: readonly number[]
  /** Scenarios that have sizes take their small ones. */
  readonly short: boolean
}

/** What scenarios work with. */
export interface Bench {
  readonly options: BenchOptions
  readonly signal: AbortSignal
  /** Starts three nodes of it, that are ended with the scenario; undefined if the system is not there. */
  start(system: SystemName, init?: ClusterInit): Promise<Cluster | undefined>
  /** Those of the scenario's systems that are there, each started. */
  startAll(init?: ClusterInit): Promise<readonly Cluster[]>
  /** A line for whoever watches. */
  note(text: string): void
}
