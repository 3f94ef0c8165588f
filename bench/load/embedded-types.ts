/** What a program that embeds a node is asked to do, over its control port. */

export const EMBEDDED_OPERATIONS = ['sql-insert', 'kv-put', 'kv-get'] as const
export type EmbeddedOperation = (typeof EMBEDDED_OPERATIONS)[number]

export interface EmbeddedPlan {
  readonly operation: EmbeddedOperation
  /** Operations that wait for their answer at any time. */
  readonly inFlight: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** First number of a key or name. */
  readonly firstNumber: number
  /** Keys of `kv-get` run through [0, numbers). @default unbounded */
  readonly numbers?: number
  /** Of `kv-get`. @default linearizable */
  readonly level?: 'none' | 'weak' | 'linearizable'
  /** Writes go to so many namespaces in turns, `n0` and so on; 0: to the default one. @default 0 */
  readonly namespaces?: number
}

/** What it is started with, as JSON. */
export interface EmbeddedInit {
  /** The module of the library that is measured. */
  readonly library: string
  readonly controlPort: number
  /** Of its `createNode`. */
  readonly options: object
}
