import { randomBytes } from 'node:crypto'
import { assert, DebrosError, type Logger } from '../base/index.ts'
import {
  decodeFrame,
  JoinChallengeRequest,
  JoinChallengeResponse,
  JoinProofRequest,
  JoinProofResponse,
  malformed,
  JoinResponse as WireJoinResponse,
} from '../wire/index.ts'
import { JOIN_DEFAULTS } from './defaults.ts'
import {
  encodeJoinRequest,
  type JoinRequest,
  type JoinResponse,
  joinRequestFromWire,
  joinResponseFromWire,
  joinResponseToWire,
  type WaitingNode,
} from './join-codec.ts'
import { ChallengeTable, FailureLimiter } from './join-guard.ts'
import { type JoinExchange, joinerProof, memberProof, NONCE_BYTES, proofsEqual } from './join-proof.ts'
import { openCredentials, sealCredentials } from './join-seal.ts'
import type { RpcService } from './rpc.ts'
import type { Rpc, RpcContext } from './types.ts'

export interface JoinServerComponents {
  readonly rpc: Rpc
  /** Our own; part of every proof. */
  readonly host: { readonly peerId: string }
  readonly logger: Logger
}

export interface JoinServerInit {
  /** The cluster's secret: not empty, and better long and random. */
  readonly secret: string
  /** Handles a request whose sender has proven that it knows the secret. Its DebrosErrors reach the joiner. */
  readonly onJoin: (request: JoinRequest, context: RpcContext) => Promise<JoinResponse>
}

const CHALLENGE_METHOD = 'join/challenge'
const REQUEST_METHOD = 'join/request'

/**
 * Answers nodes that want to join, once they have proven that they know the secret. Wrong proofs are
 * answered `JOIN_SECRET_WRONG`, and too many of them, from one peer or address, `JOIN_RATE_LIMITED`.
 */
export function createJoinServer(components: JoinServerComponents, init: JoinServerInit): void {
  const server = new JoinServer(components, init)
  components.rpc.handle(CHALLENGE_METHOD, 'anyone', (request, context) => server.challenge(request, context))
  components.rpc.handle(REQUEST_METHOD, 'anyone', (request, context) => server.request(request, context))
}

class JoinServer {
  readonly #components: JoinServerComponents
  readonly #init: JoinServerInit
  readonly #challenges = new ChallengeTable({
    lifetimeMs: JOIN_DEFAULTS.challengeLifetimeMs,
    challengesMax: JOIN_DEFAULTS.challengesMax,
    challengesPerHostMax: JOIN_DEFAULTS.challengesPerHostMax,
  })
  readonly #peerFailures = new FailureLimiter({
    failuresMax: JOIN_DEFAULTS.failuresPerPeerMax,
    windowMs: JOIN_DEFAULTS.failureWindowMs,
  })
  readonly #hostFailures = new FailureLimiter({
    failuresMax: JOIN_DEFAULTS.failuresPerHostMax,
    windowMs: JOIN_DEFAULTS.failureWindowMs,
  })

  constructor(components: JoinServerComponents, init: JoinServerInit) {
    assert(init.secret.length > 0, 'the cluster secret is empty')
    this.#components = components
    this.#init = init
  }

  async challenge(bytes: Uint8Array, context: RpcContext): Promise<Uint8Array> {
    this.#checkRate(context)
    const { joinerNonce } = decodeFrame('join challenge', () => JoinChallengeRequest.decode(bytes))
    if (joinerNonce.length !== NONCE_BYTES) throw malformed('the length of a nonce')
    const memberNonce = this.#challenges.issue(context.peerId, context.remoteHost, joinerNonce)
    if (memberNonce === undefined) {
      throw new DebrosError('RPC_BUSY', 'too many nodes are joining', { retryable: true })
    }
    return JoinChallengeResponse.encode({ memberNonce })
  }

  async request(bytes: Uint8Array, context: RpcContext): Promise<Uint8Array> {
    this.#checkRate(context)
    const { joinerNonce, memberNonce, proof, request } = decodeFrame('join proof', () =>
      JoinProofRequest.decode(bytes),
    )
    const { secret } = this.#init
    const exchange: JoinExchange = {
      joinerNonce,
      memberNonce,
      joinerPeerId: context.peerId,
      memberPeerId: this.#components.host.peerId,
      request,
    }
    if (!this.#challenges.take(context.peerId, joinerNonce, memberNonce)) {
      this.#countFailure(context)
      throw new DebrosError('JOIN_CHALLENGE_EXPIRED', 'the challenge is unknown, used or too old', {
        retryable: true,
      })
    }
    if (!proofsEqual(proof, joinerProof(secret, exchange))) {
      this.#countFailure(context)
      const { peerId, remoteHost } = context
      this.#components.logger.warn({ peerId, remoteHost }, 'refused a join: wrong cluster secret')
      throw new DebrosError('JOIN_SECRET_WRONG', 'the cluster secret is wrong')
    }
    const asked = joinRequestFromWire(request, context.peerId, (sealed) =>
      openCredentials(secret, exchange, sealed),
    )
    const answer = await this.#init.onJoin(asked, context)
    const response = WireJoinResponse.encode(joinResponseToWire(answer))
    return JoinProofResponse.encode({ response, proof: memberProof(secret, exchange, response) })
  }

  #checkRate({ peerId, remoteHost }: RpcContext): void {
    if (!this.#peerFailures.refuses(peerId) && !this.#hostFailures.refuses(remoteHost)) return
    throw new DebrosError('JOIN_RATE_LIMITED', 'too many failed attempts to join; try again later', {
      retryable: true,
    })
  }

  #countFailure({ peerId, remoteHost }: RpcContext): void {
    this.#peerFailures.fail(peerId)
    this.#hostFailures.fail(remoteHost)
  }
}

export interface JoinClientComponents {
  readonly rpc: Pick<RpcService, 'call' | 'callAddress'>
  /** Our own; part of every proof. */
  readonly host: { readonly peerId: string }
}

export interface JoinOptions {
  /** `host:port` of any member. */
  readonly address: string
  readonly secret: string
  readonly request: Omit<JoinRequest, 'peerId'>
  /** Told the key of each node that is asked: whatever comes back, an error too, is from the last of them. */
  readonly onAsked?: (peerId: string) => void
  /** For the whole, redirects included. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/**
 * Asks a member, and by its redirects the leader, to be taken into the cluster. The answer comes from a
 * node that has proven to know the secret. Joining twice under the same ids is harmless, so any
 * retryable failure, and any of unknown outcome, may simply be tried again.
 *
 * Errors: `JOIN_SECRET_WRONG` (either side's), `JOIN_RATE_LIMITED`, `JOIN_CHALLENGE_EXPIRED`,
 * `JOIN_TOO_MANY_REDIRECTS`, what the leader's `onJoin` says, and those of an RPC call.
 */
export async function requestJoin(
  components: JoinClientComponents,
  options: JoinOptions,
): Promise<Extract<JoinResponse, { type: 'accepted' }>> {
  const deadlineMs = performance.now() + options.timeoutMs
  let target: { readonly address: string; readonly peerId?: string } = { address: options.address }
  for (let redirects = 0; redirects <= JOIN_DEFAULTS.redirectsMax; redirects += 1) {
    const response = await askMember(components, options, target, deadlineMs)
    if (response.type === 'accepted') return response
    if (response.type === 'waiting') throw malformed('a join response that neither accepts nor redirects')
    target = response.leader
  }
  throw new DebrosError('JOIN_TOO_MANY_REDIRECTS', 'the members do not agree on who leads', {
    retryable: true,
  })
}

/** Asks one node what it waits for; errors as {@link requestJoin}. The request has `founding`. */
export async function askWaiting(
  components: JoinClientComponents,
  options: JoinOptions,
): Promise<WaitingNode> {
  const deadlineMs = performance.now() + options.timeoutMs
  const response = await askMember(components, options, { address: options.address }, deadlineMs)
  if (response.type !== 'waiting') throw malformed('the answer to a node that waits')
  return response
}

async function askMember(
  { rpc, host }: JoinClientComponents,
  options: JoinOptions,
  target: { readonly address: string; readonly peerId?: string },
  deadlineMs: number,
): Promise<JoinResponse> {
  const { address } = target
  const callOptions = (): { timeoutMs: number; signal?: AbortSignal } => ({
    timeoutMs: Math.max(1, Math.ceil(deadlineMs - performance.now())),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const joinerNonce = randomBytes(NONCE_BYTES)
  const ask = JoinChallengeRequest.encode({ joinerNonce })
  const challenged =
    target.peerId === undefined
      ? await rpc.callAddress(address, CHALLENGE_METHOD, ask, callOptions())
      : {
          peerId: target.peerId,
          response: await rpc.call({ address, peerId: target.peerId }, CHALLENGE_METHOD, ask, callOptions()),
        }
  const { memberNonce } = decodeFrame('join challenge', () =>
    JoinChallengeResponse.decode(challenged.response),
  )
  if (memberNonce.length !== NONCE_BYTES) throw malformed('the length of a nonce')

  const { peerId } = challenged
  options.onAsked?.(peerId)
  const { secret } = options
  const parties = { joinerNonce, memberNonce, joinerPeerId: host.peerId, memberPeerId: peerId }
  const request = encodeJoinRequest({ ...options.request, peerId: host.peerId }, (credentials) =>
    sealCredentials(secret, parties, credentials),
  )
  const exchange: JoinExchange = { ...parties, request }
  const proof = joinerProof(secret, exchange)
  const bytes = JoinProofRequest.encode({ joinerNonce, memberNonce, proof, request })
  const answer = await rpc.call({ peerId, address }, REQUEST_METHOD, bytes, callOptions())
  const { response, proof: theirProof } = decodeFrame('join proof', () => JoinProofResponse.decode(answer))
  if (!proofsEqual(theirProof, memberProof(secret, exchange, response))) {
    throw new DebrosError('JOIN_SECRET_WRONG', `the node at ${address} does not know the cluster secret`)
  }
  return joinResponseFromWire(response)
}
