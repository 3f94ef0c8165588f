/**
 * Which states of the databases somebody still reads. The state is numbered; what belongs to a version that was
 * closed is never changed, and its place is used again once no version that holds it is in use.
 *
 * In use are versions that were pinned here (snapshots), those that readers in other threads are at, and the
 * newest one that they may begin with. What readers do is told by whoever gives them their work.
 */

/** What readers in other threads may look at. */
export interface ReaderVersions {
  /** They begin with this version, or a newer one. */
  readonly newest: number
  /** Older ones that some are still at. */
  readonly inUse: readonly number[]
}

const NO_READERS: ReaderVersions = { newest: Number.POSITIVE_INFINITY, inUse: [] }

export class Versions {
  #now = 1
  #isTouched = false
  /** How many hold a version, here. */
  readonly #pins = new Map<number, number>()
  #readers = NO_READERS
  #releases = 0

  /** The version that is being written. */
  get now(): number {
    return this.#now
  }

  /** Counts the times that something may have come out of use. */
  get releases(): number {
    return this.#releases
  }

  /** To be called before anything is written. */
  touch(): void {
    this.#isTouched = true
  }

  /** Nothing is changed any more of what is there. Returns the version that it is. */
  close(): number {
    if (this.#isTouched) this.#now++
    this.#isTouched = false
    return this.#now - 1
  }

  pin(version: number): void {
    this.#pins.set(version, (this.#pins.get(version) ?? 0) + 1)
  }

  unpin(version: number): void {
    const holders = this.#pins.get(version) ?? 0
    if (holders > 1) this.#pins.set(version, holders - 1)
    else this.#pins.delete(version)
    this.#releases++
  }

  set readers(readers: ReaderVersions) {
    this.#readers = readers
    this.#releases++
  }

  isPinned(version: number): boolean {
    return this.#pins.has(version) || this.#readers.inUse.includes(version)
  }

  /** Whether readers may yet begin with a version before this one. */
  isReachable(version: number): boolean {
    return version > this.#readers.newest
  }

  /** A pinned version from `born` on and before `died`. */
  holder(born: number, died: number): number | undefined {
    for (const version of this.#pins.keys()) if (born <= version && version < died) return version
    return this.#readers.inUse.find((version) => born <= version && version < died)
  }
}
