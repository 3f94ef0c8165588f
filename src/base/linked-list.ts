/**
 * A list whose items carry the links, so that one can be taken out of its midst at no cost. For short-lived things
 * that something long-lived has to find (requests in flight): a Map or Set keeps many of those alive long after they
 * were deleted, see transit-map.ts.
 */
export class Linked {
  /** Of the list; undefined at its ends and outside of one. */
  before: Linked | undefined
  after: Linked | undefined
  isLinked = false
}

/** An item is in one list at most. */
export class LinkedList<T extends Linked> {
  #first: Linked | undefined
  #last: Linked | undefined

  get first(): T | undefined {
    return this.#first as T | undefined // only those are added
  }

  /** At the end. */
  add(item: T): void {
    item.isLinked = true
    item.before = this.#last
    if (this.#last === undefined) this.#first = item
    else this.#last.after = item
    this.#last = item
  }

  /** False if it was not there. */
  delete(item: T): boolean {
    if (!item.isLinked) return false
    const { before, after } = item
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    // Nor may it keep its neighbours alive.
    item.before = undefined
    item.after = undefined
    item.isLinked = false
    return true
  }

  /** Those that are there now; whoever goes through them may take out any. */
  all(): T[] {
    const items: T[] = []
    for (let item = this.#first; item !== undefined; item = item.after) items.push(item as T) // only those are added
    return items
  }
}
