import { assertNever } from '../base/index.ts'
import type { Message } from '../raft/index.ts'
import { ControlFrame, checkInteger, decodeFrame, malformed } from '../wire/index.ts'

/** Every message that is neither entries nor a snapshot. */
export type ControlMessage = Exclude<Message, { type: 'append' | 'snapshot' }>

/** What every frame of a stream has in common: its Raft group, and the two nodes its Hello named. */
export interface StreamContext {
  readonly group: number
  readonly from: string
  readonly to: string
}

export function encodeControl(message: ControlMessage, group: number): Uint8Array {
  return ControlFrame.encode({ group, term: message.term, ...controlBody(message) })
}

export function encodePing(ping: number): Uint8Array {
  return ControlFrame.encode({ ping })
}

function controlBody(message: ControlMessage): Partial<ControlFrame> {
  switch (message.type) {
    case 'pre-vote':
      return { preVote: message }
    case 'vote':
      return { vote: message }
    case 'pre-vote-response':
      return { preVoteResponse: message }
    case 'vote-response':
      return { voteResponse: message }
    case 'append-response':
      return { appendResponse: message }
    case 'heartbeat':
      return { heartbeat: message }
    case 'heartbeat-response':
      return { heartbeatResponse: message }
    case 'timeout-now':
      return { timeoutNow: {} }
    case 'read-index':
      return { readIndex: message }
    case 'read-index-response':
      return { readIndexResponse: message }
    default:
      return assertNever(message)
  }
}

/** The message in a frame, or the number of a ping. Throws `WIRE_MALFORMED`. */
export function decodeControl(
  bytes: Uint8Array,
  context: StreamContext,
): ControlMessage | { readonly ping: number } {
  const frame = decodeFrame('control frame', () => ControlFrame.decode(bytes))
  if (frame.ping !== undefined) return { ping: checkInteger(frame.ping, 'ping') }
  checkGroup(frame.group, context)
  const header = { from: context.from, to: context.to, term: checkInteger(frame.term, 'term') }
  const request = frame.preVote ?? frame.vote
  if (request !== undefined) {
    return {
      ...header,
      type: frame.vote === undefined ? 'pre-vote' : 'vote',
      lastIndex: checkInteger(request.lastIndex, 'last index'),
      lastTerm: checkInteger(request.lastTerm, 'last term'),
      transfer: request.transfer,
    }
  }
  const response = frame.preVoteResponse ?? frame.voteResponse
  if (response !== undefined) {
    const type = frame.voteResponse === undefined ? 'pre-vote-response' : 'vote-response'
    return { ...header, type, granted: response.granted }
  }
  if (frame.appendResponse !== undefined) {
    const { index, reject, hintIndex, hintTerm } = frame.appendResponse
    return {
      ...header,
      type: 'append-response',
      index: checkInteger(index, 'index'),
      reject,
      hintIndex: checkInteger(hintIndex, 'hint index'),
      hintTerm: checkInteger(hintTerm, 'hint term'),
    }
  }
  if (frame.heartbeat !== undefined) {
    const { commit, round } = frame.heartbeat
    return {
      ...header,
      type: 'heartbeat',
      commit: checkInteger(commit, 'commit'),
      round: checkInteger(round, 'round'),
    }
  }
  if (frame.heartbeatResponse !== undefined) {
    return {
      ...header,
      type: 'heartbeat-response',
      round: checkInteger(frame.heartbeatResponse.round, 'round'),
    }
  }
  if (frame.timeoutNow !== undefined) return { ...header, type: 'timeout-now' }
  if (frame.readIndex !== undefined) {
    return { ...header, type: 'read-index', id: checkInteger(frame.readIndex.id, 'read id') }
  }
  if (frame.readIndexResponse !== undefined) {
    const { id, index, reject } = frame.readIndexResponse
    return {
      ...header,
      type: 'read-index-response',
      id: checkInteger(id, 'read id'),
      index: checkInteger(index, 'index'),
      reject,
    }
  }
  throw malformed('a control frame without a body')
}

export function checkGroup(group: number, context: StreamContext): void {
  if (group !== context.group) throw malformed(`group ${group} where ${context.group} is expected`)
}
