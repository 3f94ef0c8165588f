/**
 * Captured changes as bytes, a part of a capture. Integers are big-endian.
 *
 *   4  length of the settings
 *   …  settings, JSON
 *   8  index through which everything was delivered
 *   1  1 if messages were dropped, else 0; if so:
 *     8  index of the first of them   8  of the last   8  its time   8  how many
 *   4  number of messages
 *   per message, oldest first:
 *     8  index of the log entry   8  its time   2  length of the namespace's name   4  number of events
 *     4  length of the events
 *     …  name, UTF-8
 *     …  events
 */
import type { CapturedChanges, ChangeMessage, ChangeSettings, LostChanges } from './change-log.ts'
import { snapshotInvalid } from './errors.ts'

/** Asks for so many bytes, and gets them. */
export type TakeBytes = (length: number) => Generator<undefined, Uint8Array, Uint8Array>

const MESSAGE_HEADER_BYTES = 8 + 8 + 2 + 4 + 4
/** Far above all limits; keeps a damaged length from asking for that much memory. */
const LENGTH_MAX = 64 * 1024 * 1024

export function* encodeChanges(changes: CapturedChanges): Generator<Uint8Array> {
  const { settings, deliveredThrough, lost, messages } = changes
  const text = Buffer.from(JSON.stringify(settings))
  yield numbers([4, text.length])
  yield text
  yield numbers([8, deliveredThrough], [1, lost === undefined ? 0 : 1])
  if (lost !== undefined) {
    yield numbers([8, lost.from], [8, lost.through], [8, lost.timeMs], [8, lost.messages])
  }
  yield numbers([4, messages.length])
  for (const { index, timeMs, namespace, count, events } of messages) {
    const name = Buffer.from(namespace)
    yield numbers([8, index], [8, timeMs], [2, name.length], [4, count], [4, events.length])
    yield name
    yield events
  }
}

/** Throws `SQL_SNAPSHOT_INVALID`. */
export function* decodeChanges(take: TakeBytes): Generator<undefined, CapturedChanges, Uint8Array> {
  const settings = parseSettings(yield* take(lengthOf(yield* take(4))))
  const deliveredThrough = Number(viewOf(yield* take(8)).getBigUint64(0))
  const hasLost = (yield* take(1))[0] === 1
  let lost: LostChanges | undefined
  if (hasLost) {
    const view = viewOf(yield* take(4 * 8))
    const [from = 0, through = 0, timeMs = 0, messages = 0] = [0, 8, 16, 24].map((at) =>
      Number(view.getBigUint64(at)),
    )
    lost = { from, through, timeMs, messages }
  }
  const messages: ChangeMessage[] = []
  const total = viewOf(yield* take(4)).getUint32(0)
  for (let i = 0; i < total; i++) {
    const header = viewOf(yield* take(MESSAGE_HEADER_BYTES))
    const length = header.getUint32(22)
    if (length > LENGTH_MAX) throw snapshotInvalid('a captured change is too long')
    messages.push({
      index: Number(header.getBigUint64(0)),
      timeMs: Number(header.getBigUint64(8)),
      namespace: Buffer.from(yield* take(header.getUint16(16))).toString(),
      count: header.getUint32(18),
      events: yield* take(length),
    })
  }
  return { settings, deliveredThrough, lost, messages }
}

function lengthOf(bytes: Uint8Array): number {
  const length = viewOf(bytes).getUint32(0)
  if (length > LENGTH_MAX) throw snapshotInvalid('the settings of change capture are too long')
  return length
}

function parseSettings(bytes: Uint8Array): ChangeSettings {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as ChangeSettings // written by us; its checksum is checked
  } catch {
    throw snapshotInvalid('the settings of change capture are damaged')
  }
}

/** Unsigned, each as wide as it says in bytes. */
function numbers(...fields: readonly (readonly [width: 1 | 2 | 4 | 8, value: number])[]): Uint8Array {
  const bytes = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0))
  let at = 0
  for (const [width, value] of fields) {
    if (width === 8) bytes.writeBigUInt64BE(BigInt(value), at)
    else bytes.writeUIntBE(value, at, width)
    at += width
  }
  return bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
