/** Dot commands that change who is a member, who leads, and what of the log is kept. */
import { askJson, askText, objectOf, readText, succeeded } from './answers.ts'
import { wrongUse } from './arguments.ts'
import type { DotCommand } from './command.ts'
import { numberText } from './result.ts'

const JSON_BODY = { 'Content-Type': 'application/json' }

export const CLUSTER_COMMANDS: readonly DotCommand[] = [
  {
    name: '.remove',
    usage: 'NODEID',
    summary: 'Remove node NODEID from the cluster',
    run: async (session, args) => {
      const { endpoint, signal } = session
      const id = args.required('the ID of the node to remove')
      const body = JSON.stringify({ id })
      await askText(endpoint, { method: 'DELETE', path: 'remove', headers: JSON_BODY, body, signal })
      await session.confirm(`node ${id} is no member any more`)
    },
  },
  {
    name: '.stepdown',
    usage: '[NODEID]',
    summary: 'Let the leader hand over its lead, to node NODEID if that is given',
    run: async (session, { optional: id }) => {
      const { endpoint, signal } = session
      const target = id === undefined ? {} : { headers: JSON_BODY, body: JSON.stringify({ id }) }
      await askText(endpoint, { method: 'POST', path: 'leader', query: { wait: 'true' }, ...target, signal })
      await session.confirm(id === undefined ? 'the leader has handed over' : `node ${id} leads`)
    },
  },
  {
    name: '.snapshot',
    usage: '[TRAILINGLOGS]',
    summary: 'Take a Raft snapshot on the connected node; keep TRAILINGLOGS entries of its log',
    run: async (session, { optional }) => {
      const { endpoint, signal } = session
      const trailing = optional ?? '0'
      if (!/^\d+$/.test(trailing)) throw wrongUse(`invalid trailing logs value: ${trailing}`)
      const query = { trailing_logs: trailing }
      const answer = await endpoint.call({ method: 'POST', path: 'snapshot', query, signal })
      const { status } = await succeeded(answer, [200, 204])
      await readText(answer)
      await session.confirm(status === 204 ? 'nothing is new since the last snapshot' : 'snapshot taken')
    },
  },
  {
    name: '.reap',
    summary: 'Delete old snapshots of the connected node',
    run: async (session) => {
      const { endpoint, signal } = session
      const reaped = objectOf(await askJson(endpoint, { method: 'POST', path: 'reap', signal }))
      const [snapshots, wals] = [numberText(reaped.snapshots_reaped), numberText(reaped.wals_checkpointed)]
      await session.printLine(`snapshots reaped: ${snapshots}, WALs checkpointed: ${wals}`)
    },
  },
]
