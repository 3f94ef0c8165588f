/**
 * What has happened since the process started, counted by name: `/debug/vars` shows it. Counters come in
 * groups, as rqlite's do, so that a client that looks for `store.num_snapshots` finds it under that name.
 */
export class Counters {
  readonly #groups = new Map<string, Map<string, number>>()

  /** Makes a group and its names known, so that they are shown as 0 before anything was counted. */
  declare(group: string, names: readonly string[]): void {
    this.#group(group)
    for (const name of names) this.add(group, name, 0)
  }

  add(group: string, name: string, count = 1): void {
    const counts = this.#group(group)
    counts.set(name, (counts.get(name) ?? 0) + count)
  }

  get(group: string, name: string): number {
    return this.#groups.get(group)?.get(name) ?? 0
  }

  #group(name: string): Map<string, number> {
    let counts = this.#groups.get(name)
    if (counts === undefined) {
      counts = new Map()
      this.#groups.set(name, counts)
    }
    return counts
  }

  /** A copy: groups of counts by name. */
  toJSON(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.#groups].map(([group, counts]) => [group, Object.fromEntries(counts)]))
  }
}
