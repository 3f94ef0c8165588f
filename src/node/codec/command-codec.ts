/** What a log entry of kind `command` holds. */
import type { KvCommand } from '../../kv/index.ts'
import type { SqlCommand } from '../../sql/index.ts'
import { Command as WireCommand } from '../../wire/index.ts'
import { kvCommandFromWire, kvCommandToWire } from './kv-codec.ts'
import { sqlRequestFromWire, sqlRequestToWire } from './sql-codec.ts'

/** Random bytes that name a request; every attempt at it carries the same. */
export const REQUEST_ID_BYTES = 16

export type Command =
  | { readonly kind: 'sql'; readonly requestId: Uint8Array; readonly sql: SqlCommand }
  | { readonly kind: 'kv'; readonly requestId: Uint8Array; readonly kv: KvCommand }

export function encodeCommand(command: Command): Uint8Array {
  const { requestId } = command
  if (command.kind === 'kv') {
    return WireCommand.encode({ requestId, timeMs: 0, seed: 0, kv: kvCommandToWire(command.kv) })
  }
  const { timeMs, seed } = command.sql
  return WireCommand.encode({ requestId, timeMs, seed, sql: sqlRequestToWire(command.sql) })
}

/** Throws on bytes that no version of ours wrote; the replica that meets them cannot go on. */
export function decodeCommand(bytes: Uint8Array): Command {
  const wire = WireCommand.decode(bytes)
  const { requestId, timeMs, seed } = wire
  if (wire.sql !== undefined) {
    return { kind: 'sql', requestId, sql: { ...sqlRequestFromWire(wire.sql), timeMs, seed } }
  }
  if (wire.kv !== undefined) return { kind: 'kv', requestId, kv: kvCommandFromWire(wire.kv) }
  throw new Error('a log entry holds a command of a kind this version does not know')
}
