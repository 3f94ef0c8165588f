/** Every bug of the list and every rule, and what of it can be put in here. */
import { CLIENTS } from './clients.ts'
import { ELECTIONS } from './elections.ts'
import { MACHINES } from './machines.ts'
import { MEMBERSHIP } from './membership.ts'
import type { Bug, BugId, Mutant } from './mutant.ts'
import { READ_BUGS } from './reads.ts'
import { REPLICATION_BUGS } from './replication.ts'
import { RULES } from './rules.ts'
import { SNAPSHOTS } from './snapshots.ts'
import { STORAGE } from './storage.ts'
import { VOTES } from './votes.ts'

/** B1 to B48. */
export const BUGS_COUNT = 48

/** In the order of their numbers. */
export const BUGS: readonly Bug[] = [
  ...VOTES,
  ...ELECTIONS,
  ...REPLICATION_BUGS,
  ...STORAGE,
  ...SNAPSHOTS,
  ...MEMBERSHIP,
  ...MACHINES,
  ...READ_BUGS,
  ...CLIENTS,
].sort((a, b) => numberOf(a.id) - numberOf(b.id))

function numberOf(id: BugId): number {
  return Number(id.slice(1))
}

/** A mutant under its name: `B18a` is the first one of B18. */
export interface NamedMutant extends Mutant {
  readonly id: string
  readonly bug: Bug
}

export const MUTANTS: readonly NamedMutant[] = [...BUGS, ...RULES].flatMap((bug) =>
  bug.mutants.map((mutant, i) => ({ ...mutant, bug, id: `${bug.id}${String.fromCharCode(97 + i)}` })),
)
