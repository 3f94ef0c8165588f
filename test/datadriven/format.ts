/** How scripts show what the core says. `5/2` is the entry at index 5 with term 2. */
import type { CoreStatus } from '../../src/raft/core/core.ts'
import type { ClusterConfig, Entry, Message, SnapshotMeta } from '../../src/raft/core/types.ts'

export function formatConfig(config: ClusterConfig): string {
  const halves = [`voters=${config.voters.join(',')}`]
  if (config.outgoing.length > 0) halves.push(`outgoing=${config.outgoing.join(',')}`)
  if (config.learners.length > 0) halves.push(`learners=${config.learners.join(',')}`)
  return halves.join(' ')
}

export function commandText(entry: Entry): string {
  return new TextDecoder().decode(entry.data)
}

export function formatEntry(entry: Entry): string {
  const place = `${entry.index}/${entry.term}`
  if (entry.kind === 'config') return `${place} config(${formatConfig(entry.config as ClusterConfig)})`
  if (entry.kind === 'noop') return `${place} noop`
  return `${place} "${commandText(entry)}"`
}

export function formatEntries(entries: readonly Entry[]): string {
  return entries.map(formatEntry).join(', ')
}

export function formatSnapshot(snapshot: SnapshotMeta): string {
  return `${snapshot.index}/${snapshot.term} (${formatConfig(snapshot.config)} from entry ${snapshot.configIndex})`
}

export function formatMessage(message: Message): string {
  return `${message.type} term=${message.term} ${formatBody(message)}`.trimEnd()
}

function formatBody(message: Message): string {
  switch (message.type) {
    case 'pre-vote':
    case 'vote':
      return `last=${message.lastIndex}/${message.lastTerm}${message.transfer ? ' transfer' : ''}`
    case 'pre-vote-response':
    case 'vote-response':
      return message.granted ? 'granted' : 'refused'
    case 'append': {
      const { prevIndex, prevTerm, commit, entries } = message
      return `prev=${prevIndex}/${prevTerm} commit=${commit} [${formatEntries(entries)}]`
    }
    case 'append-response':
      return message.reject
        ? `rejected ${message.index} hint=${message.hintIndex}/${message.hintTerm}`
        : `accepted ${message.index}`
    case 'heartbeat':
      return `commit=${message.commit} round=${message.round}`
    case 'heartbeat-response':
      return `round=${message.round}`
    case 'snapshot':
      return formatSnapshot(message.snapshot)
    case 'timeout-now':
      return ''
    case 'read-index':
      return `id=${message.id}`
    case 'read-index-response':
      return message.reject ? `id=${message.id} rejected` : `id=${message.id} index=${message.index}`
  }
}

/** One line for a node, and one for each replica that a leader keeps track of. */
export function formatStatus(status: CoreStatus): string[] {
  const { role, term, vote, leader, firstIndex, lastIndex, lastTerm, stable, commit, applied } = status
  const parts = [
    `${status.id}: ${role} term=${term} vote=${vote ?? '-'} leader=${leader ?? '-'}`,
    `log=${firstIndex}..${lastIndex}/${lastTerm}`,
  ]
  if (stable !== lastIndex) parts.push(`stable=${stable}`)
  parts.push(`commit=${commit}`)
  if (applied !== commit) parts.push(`applied=${applied}`)
  if (status.snapshot !== undefined) parts.push(`snapshot=${status.snapshot.index}/${status.snapshot.term}`)
  if (status.transferTarget !== undefined) parts.push(`transfer-to=${status.transferTarget}`)
  const replicas = [...status.progress].map(
    ([id, { state, match, active }]) => `   ${id}: ${state} match=${match}${active ? '' : ' silent'}`,
  )
  return [parts.join(' '), ...replicas]
}
