/** Captured changes as rqlite sends them. */
import { DEFAULT_NAMESPACE } from '../../base/index.ts'
import type { ChangeMessage } from '../../sql/index.ts'

export interface EnvelopeInit {
  readonly serviceId: string
  readonly nodeId: string
}

/** `index` is unlike that of any other message, wherever it is sent from, and how often. */
export function encodeEnvelope(
  { serviceId, nodeId }: EnvelopeInit,
  messages: readonly ChangeMessage[],
): Buffer {
  const service = serviceId === '' ? '' : `"service_id":${JSON.stringify(serviceId)},`
  const parts: Uint8Array[] = [Buffer.from(`{${service}"node_id":${JSON.stringify(nodeId)},"payload":[`)]
  for (const [i, { index, timeMs, namespace, events }] of messages.entries()) {
    const place =
      namespace === '' || namespace === DEFAULT_NAMESPACE ? '' : `,"namespace":${JSON.stringify(namespace)}`
    parts.push(
      Buffer.from(`${i === 0 ? '' : ','}{"index":${index},"commit_timestamp":${timeMs}${place},"events":`),
      events,
      Buffer.from('}'),
    )
  }
  parts.push(Buffer.from(']}'))
  return Buffer.concat(parts)
}
