/**
 * What has happened since the process started, counted by name: `/debug/vars` shows it. Counters come in
 * groups, as rqlite's do, so that a client that looks for `store.num_snapshots` finds it under that name.
 */
export class Counters {
  readonly #groups = new Map<string, Map<string, number>>()

  /** Makes names known, so that they are shown as 0 before anything was counted. */
  declare(group: string, names: readonly string[]): void {
    for (const name of names) this.add(group, name, 0)
  }

  add(group: string, name: string, count = 1): void {
    const counts = this.#groups.get(group) ?? new Map<string, number>()
    counts.set(name, (counts.get(name) ?? 0) + count)
    this.#groups.set(group, counts)
  }

  get(group: string, name: string): number {
    return this.#groups.get(group)?.get(name) ?? 0
  }

  /** A copy: groups of counts by name. */
  toJSON(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.#groups].map(([group, counts]) => [group, Object.fromEntries(counts)]))
  }
}
