/** Something that must not be, was. */
export class Violation extends Error {
  override name = 'Violation'
  /** A fixed name for what was broken. */
  readonly invariant: string

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.invariant = invariant
  }
}
