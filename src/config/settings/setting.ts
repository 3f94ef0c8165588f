/** What is told of a setting in the table. */
import type { z } from 'zod'

export type SettingGroup = 'Node' | 'Network' | 'Database' | 'Raft' | 'HTTP API' | 'Cluster' | 'Logging'

/** How text from a flag or the environment becomes the value the file would hold. */
export type SettingKind = 'text' | 'path' | 'integer' | 'boolean' | 'list'

export interface Setting {
  readonly schema: z.ZodType
  readonly kind: SettingKind
  /** As it would stand in the file. `undefined`: nothing is set, and what follows from that is in the help. */
  readonly fallback: unknown
  readonly group: SettingGroup
  /** One sentence without its full stop. */
  readonly help: string
  /** Name of the value in the help of the flag; none for a switch. */
  readonly value?: string
  readonly flag?: string
  /** The first one that is set and not blank counts. */
  readonly env?: readonly string[]
  /** Other places in the file that mean this setting; `path` wins over them. */
  readonly aliases?: readonly string[]
  readonly hint?: string
  /** Has no effect yet, unless the value is `neutral`, which asks for what is done anyway. */
  readonly inert?: { readonly neutral?: unknown; readonly note?: string }
  readonly secret?: boolean
}
