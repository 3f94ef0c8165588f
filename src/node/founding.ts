/**
 * Nodes that are started together found a cluster together: exactly one of them founds it, alone, and the
 * others join it. In rounds each asks all addresses it knows, given or told by others, who is there:
 *
 *   somebody is a member            join through that one
 *   enough others wait, too         the one with the lowest id claims the founding: it asks the others, one
 *                                   after the other, to consent to its founding, under an id made up for it
 *   enough of them have consented   it writes down that it founds, and does
 *
 * A node consents to one founding at a time, on disk, and not while it claims one itself; not to another one
 * of the same claimer either, since what that said first may arrive last. Enough are at least as many as
 * are expected, and always a majority of the addresses given, in which a node counts itself only if its own
 * is among them, so that any two foundings would need the consent of one same node. A claim that failed is
 * dead: its id is never used again. Whoever had consented to it learns that from the claimer's own mouth, in
 * answer to a question asked after it consented, and is free again. A claimer that crashed before it wrote
 * down that it founds has claimed nothing.
 * See docs/decisions/0013-starting-together.md.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError, errorMessage, formatDuration, type Logger } from '../base/index.ts'
import type { JoinRequest, WaitingNode } from '../p2p/index.ts'
import type { FoundingRecord, Member } from '../raft/index.ts'
import { joinNotAuthorized } from './admission.ts'
import type { Authorizer } from './authorization.ts'
import { type Accepted, isHopeless } from './join-cluster.ts'

/** Addresses that nodes told of which none was listed here. */
const TOLD_ADDRESSES_MAX = 64

/** Rounds that a node waits for one with a lower id to claim the founding, before it does so itself. */
const PATIENCE_ROUNDS = 5

/** What an address said. */
export interface Heard {
  /** Its key, proven. */
  readonly peerId: string
  readonly waiting: WaitingNode
}

interface Present extends Heard {
  readonly address: string
  /** At one of the addresses given, rather than one that it told. */
  readonly listed: boolean
}

export type FoundingQuestion =
  | { readonly founding: 'notify' }
  | { readonly founding: 'claim'; readonly foundingId: string }

export interface FoundingComponents {
  readonly store: {
    readFounding(): Promise<FoundingRecord | undefined>
    writeFounding(record: FoundingRecord | undefined): Promise<void>
  }
  readonly ask: (address: string, question: FoundingQuestion) => Promise<Heard>
  /** Joins through members at these addresses, or rejects. */
  readonly join: (addresses: readonly string[]) => Promise<Accepted>
  readonly authorizer: Authorizer
  readonly logger: Logger
}

export interface FoundingInit {
  readonly self: Member
  /** Of all nodes, looked up anew for each round; its own may be among them. */
  readonly addresses: () => Promise<readonly string[]>
  readonly expect: number
  readonly timeoutMs: number
  /** Between two rounds. */
  readonly roundMs: number
  readonly signal: AbortSignal
  /** @default random ones */
  readonly newId?: () => string
  /** @default a timer */
  readonly pause?: (ms: number) => Promise<unknown>
}

export type FoundingOutcome =
  | { readonly type: 'founds'; readonly clusterId: string }
  | { readonly type: 'joined'; readonly accepted: Accepted }

export class Founding {
  readonly #components: FoundingComponents
  readonly #init: FoundingInit
  /** Given, as of this round. */
  #listed: readonly string[] = []
  /** Told by others that wait. */
  readonly #told = new Set<string>()
  /** Its address, and those under which it has just reached itself: a name may lead elsewhere next time. */
  #own = new Set<string>()
  /** What it has consented to; the same object for as long as that is not changed. */
  #consent: FoundingRecord | undefined
  #claim: string | undefined
  /** Consents are written down one after the other. */
  #last: Promise<unknown> = Promise.resolve()
  #roundsInVain = 0
  /** Why a member that was found did not take this node in, the last time. */
  #refusal: string | undefined

  constructor(components: FoundingComponents, init: FoundingInit) {
    this.#components = components
    this.#init = init
  }

  /** Reads what was consented to before a restart; to be called before anything else. */
  async open(): Promise<void> {
    this.#consent = await this.#components.store.readFounding()
  }

  /** Rejects with `BOOTSTRAP_TIMEOUT`, or at once if it is hopeless. */
  async run(): Promise<FoundingOutcome> {
    const { timeoutMs, roundMs, signal, pause = (ms) => sleep(ms, undefined, { signal }) } = this.#init
    const deadlineMs = performance.now() + timeoutMs
    for (;;) {
      const consent = this.#consent
      this.#listed = await this.#init.addresses()
      const present = await this.#askAll()
      const members = present.filter(({ waiting }) => waiting.member)
      if (members.length > 0) {
        const accepted = await this.#join(members)
        if (accepted !== undefined) return { type: 'joined', accepted }
      } else {
        await this.#release(consent, present)
        const clusterId = await this.#claimIfDue(present)
        if (clusterId !== undefined) return { type: 'founds', clusterId }
      }
      signal.throwIfAborted()
      if (performance.now() > deadlineMs) throw this.#timedOut(present)
      await pause(roundMs)
    }
  }

  /** What others that wait are told. */
  async answer(request: JoinRequest): Promise<WaitingNode> {
    const { credentials, nodeId, address, founding, foundingId } = request
    if (!this.#components.authorizer.allows(credentials, 'join')) {
      throw joinNotAuthorized(nodeId, 'in founding a cluster')
    }
    this.#hearOf(address)
    if (founding === 'claim' && foundingId !== undefined) {
      await this.#exclusive(() =>
        this.#consentTo({ clusterId: foundingId, founder: request.peerId, address }),
      )
    }
    const id = this.#claim ?? this.#consent?.clusterId
    return { type: 'waiting', nodeId: this.#init.self.id, foundingId: id, member: false }
  }

  #hearOf(address: string): void {
    if (this.#told.size < TOLD_ADDRESSES_MAX) this.#told.add(address)
  }

  async #consentTo(wanted: FoundingRecord): Promise<void> {
    if (this.#claim !== undefined || this.#consent !== undefined) return
    await this.#components.store.writeFounding(wanted)
    this.#consent = wanted
  }

  #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run)
    this.#last = done.catch(() => {})
    return done
  }

  async #askAll(): Promise<Present[]> {
    const byKey = new Map<string, Present>()
    const self = normal(this.#init.self.address)
    const own = new Set([self])
    const listed = new Set(this.#listed.map(normal))
    // Only the founder itself can free it, or take it in.
    const founder = this.#consent === undefined ? [] : [this.#consent.address]
    const known = new Set([...this.#listed, ...founder, ...this.#told])
    const addresses = [...known].filter((address) => normal(address) !== self)
    const asked = addresses.map(async (address) => {
      try {
        const heard = await this.#components.ask(address, { founding: 'notify' })
        if (heard.peerId === this.#init.self.peerId) {
          own.add(normal(address))
          return
        }
        const isListed = listed.has(normal(address))
        if (isListed || !byKey.has(heard.peerId)) {
          byKey.set(heard.peerId, { ...heard, address, listed: isListed })
        }
      } catch (error) {
        this.#init.signal.throwIfAborted()
        if (isHopeless(error)) throw error
        this.#components.logger.debug(
          { address, error: errorMessage(error) },
          'nobody to found with there yet',
        )
      }
    })
    await Promise.all(asked)
    this.#own = own
    return [...byKey.values()]
  }

  async #join(members: readonly Present[]): Promise<Accepted | undefined> {
    try {
      return await this.#components.join(members.map(({ address }) => address))
    } catch (error) {
      this.#init.signal.throwIfAborted()
      if (isHopeless(error)) throw error
      this.#refusal = errorMessage(error)
      this.#components.logger.info({ error: this.#refusal }, 'not taken in yet; trying again')
      return undefined
    }
  }

  /**
   * `before`: what it had consented to before it asked; an older answer says nothing about that. Nothing else
   * takes back a consent, so that is what there still is.
   */
  async #release(before: FoundingRecord | undefined, present: readonly Present[]): Promise<void> {
    if (before === undefined) return
    const founder = present.find(({ peerId }) => peerId === before.founder)
    if (founder === undefined || founder.waiting.foundingId === before.clusterId) return
    await this.#exclusive(async () => {
      await this.#components.store.writeFounding(undefined)
      this.#consent = undefined
    })
  }

  async #claimIfDue(present: readonly Present[]): Promise<string | undefined> {
    const free = present.filter(({ waiting }) => waiting.foundingId === undefined)
    if (this.#consent !== undefined || !this.#isEnough(free)) {
      this.#roundsInVain = 0
      return undefined
    }
    free.sort((a, b) => compare(a.waiting.nodeId, b.waiting.nodeId) || compare(a.peerId, b.peerId))
    const lowest = free[0]?.waiting.nodeId
    const isLowest = lowest === undefined || this.#init.self.id <= lowest
    if (!isLowest && this.#roundsInVain++ < PATIENCE_ROUNDS) return undefined
    this.#roundsInVain = 0
    return await this.#claimFounding(free)
  }

  /** With this node itself, which is one of those given only if its address is. */
  #isEnough(others: readonly Present[]): boolean {
    const given = new Set(this.#listed.map(normal))
    const elsewhere = [...given].filter((address) => !this.#own.has(address)).length
    const itself = given.size > elsewhere ? 1 : 0
    const consenting = others.filter((other) => other.listed).length + itself
    return others.length + 1 >= this.#init.expect && 2 * consenting > elsewhere + itself
  }

  async #claimFounding(others: readonly Present[]): Promise<string | undefined> {
    const { newId = randomUUID, self } = this.#init
    const clusterId = newId()
    const began = await this.#exclusive(async () => {
      if (this.#consent !== undefined) return false
      this.#claim = clusterId
      return true
    })
    if (!began) return undefined
    // If this fails on the way, nothing is founded under this id, or, if it failed while that was written
    // down, after a restart.
    const consenting: Present[] = []
    for (const other of others) {
      if (await this.#consents(other, clusterId)) consenting.push(other)
    }
    this.#init.signal.throwIfAborted()
    if (!this.#isEnough(consenting)) {
      this.#claim = undefined
      return undefined
    }
    await this.#components.store.writeFounding({ clusterId, founder: self.peerId, address: self.address })
    this.#components.logger.info(
      { clusterId, nodes: consenting.length + 1 },
      'founds the cluster, with the consent of the others',
    )
    return clusterId
  }

  async #consents({ address, peerId }: Present, foundingId: string): Promise<boolean> {
    try {
      const answer = await this.#components.ask(address, { founding: 'claim', foundingId })
      return answer.peerId === peerId && answer.waiting.foundingId === foundingId
    } catch (error) {
      this.#components.logger.debug({ address, error: errorMessage(error) }, 'no consent to the founding')
      return false
    }
  }

  #timedOut(present: readonly Present[]): DebrosError {
    const { timeoutMs, expect } = this.#init
    const names = present.map(({ waiting }) => waiting.nodeId).sort()
    const waited = `waited ${formatDuration(timeoutMs)} for ${expect} nodes to found a cluster with`
    const heard = names.length === 0 ? 'no other answered' : `${names.join(', ')} answered`
    const member = present.find(({ waiting }) => waiting.member)?.waiting.nodeId
    const refused =
      member === undefined || this.#refusal === undefined
        ? ''
        : `. ${member} is a member of a cluster already, but that did not take this node in: ${this.#refusal}`
    const bound =
      this.#consent === undefined
        ? ''
        : `. This node has consented to the founding by the node with the key ${this.#consent.founder}; if that ` +
          'one is lost for good, empty this data directory'
    return new DebrosError('BOOTSTRAP_TIMEOUT', `${waited}; ${heard}${refused}${bound}`, { retryable: true })
  }
}

/** Two ways to write one address. */
function normal(address: string): string {
  return address.replace(/^localhost:/i, '127.0.0.1:').toLowerCase()
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
