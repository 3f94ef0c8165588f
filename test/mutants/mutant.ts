/**
 * Mutants: known bugs of consensus systems, each put into our sources on purpose, one at a time. A
 * mutant that every test survives is a missing test. See docs/testing.md.
 */

/** `B`: of the list of bugs of consensus to guard against. `R`: what breaks a rule of the API. */
export type BugId = `${'B' | 'R'}${number}`

/** A change of one file: `find` occurs there exactly once. */
export interface Edit {
  /** From the project's root, with slashes. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** What has to fail. Each one named does, and by saying that something is wrong, not by breaking. */
export type Catcher =
  /** A test, by its title: what stands last in its name, with the values of `test.each` filled in. */
  | { readonly kind: 'test'; readonly file: string; readonly title: string }
  /** Any of the simulator's seeds `[first, first + count)`; the report tells which. */
  | { readonly kind: 'seeds'; readonly first: number; readonly count: number; readonly nodes: string }

export interface Mutant {
  /** What is wrong with it, in words. */
  readonly what: string
  readonly edits: readonly Edit[]
  readonly caughtBy: readonly Catcher[]
}

export interface Bug {
  readonly id: BugId
  readonly title: string
  /** Several if the bug has several ways in. */
  readonly mutants: readonly Mutant[]
  /** Why it cannot exist here, or cannot in some part; required where there is no mutant. */
  readonly reason?: string
  /** What of it is known and not prevented. */
  readonly open?: string
}

/** How many seeds the simulator gets to find what it is there to find. */
export const SEEDS = 400

export const SCRIPT_TESTS = 'test/datadriven/raft.test.ts'
export const SCRIPT_FOLDER = 'test/datadriven/raft'
export const SCRIPT_TITLE = 'raft script - '

export function edit(file: string, find: string, replace: string): Edit {
  return { file, find, replace }
}

export function unit(file: string, title: string): Catcher {
  return { kind: 'test', file: `test/${file}.test.ts`, title }
}

/** A script of test/datadriven/raft, by its name without `.txt`. */
export function script(name: string): Catcher {
  return { kind: 'test', file: SCRIPT_TESTS, title: `${SCRIPT_TITLE}${name}.txt` }
}

/** For what only a whole simulated cluster shows. Never one seed: seeds change with the simulator. */
export function seeds(count = SEEDS, nodes = '3-5'): Catcher {
  return { kind: 'seeds', first: 1, count, nodes }
}
