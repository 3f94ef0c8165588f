/** What `/status` says of backups and of change capture. */
import { formatDuration } from '../base/index.ts'
import type { AutoBackupStatus, ChangeCaptureStatus, NodeStatus } from '../node/index.ts'

/** The members of the document; none for what is not done. */
export function describeOutbound({ outbound }: NodeStatus): Record<string, object> {
  const { autoBackup, changeCapture } = outbound
  const capture = changeCapture.capturing || changeCapture.endpoint !== undefined
  return {
    ...(autoBackup && { auto_backups: describeAutoBackup(autoBackup) }),
    ...(capture && { cdc: describeChangeCapture(changeCapture) }),
  }
}

function describeAutoBackup(status: AutoBackupStatus): object {
  const { directory, name, intervalMs, compress, timestamp, vacuum, lastIndex, last, failure } = status
  return {
    upload_destination: `dir:${directory}`,
    upload_interval: formatDuration(intervalMs),
    name,
    compress,
    timestamp,
    vacuum,
    last_index: lastIndex,
    ...(last && {
      last_upload_time: new Date(last.timeMs).toISOString(),
      last_upload_duration: formatDuration(last.durationMs),
      last_upload_bytes: last.bytes,
    }),
    ...(failure !== undefined && { last_error: failure }),
  }
}

function describeChangeCapture(status: ChangeCaptureStatus): object {
  const { capturing, endpoint, serviceId, deliveredThrough, waiting, waitingBytes, failure } = status
  return {
    enabled: endpoint !== undefined,
    capturing,
    ...(endpoint !== undefined && { endpoint }),
    ...(serviceId !== undefined && { service_id: serviceId }),
    delivered_through: deliveredThrough,
    waiting,
    waiting_bytes: waitingBytes,
    ...(failure !== undefined && { last_error: failure }),
  }
}
