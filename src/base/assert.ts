/**
 * Raised when an invariant of ours is broken: a bug, never a user's mistake. Whoever owns the
 * component that raised it stops the node, because its state can no longer be trusted.
 */
export class AssertionError extends Error {
  override name = 'AssertionError'
}

/** Throws {@link AssertionError} unless `condition` holds. On in production, by design. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Ends an exhaustive `switch`: the compiler proves it unreachable, the runtime checks it. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected value: ${JSON.stringify(value)}`)
}
