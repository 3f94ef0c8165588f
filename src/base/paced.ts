/**
 * Long work beside short: whoever goes through all of a database competes with every write for the processors
 * and the disk, on each machine for as long as it goes on. Work that is in no hurry leaves them free for most of the
 * time. It is measured rather than given as a rate, so that what has become slow because others are busy makes way
 * all the more.
 */

/** Worked in one go. */
const TURN_MS = 3
/** However long a turn was kept waiting, there is a next one. */
const PAUSE_MS_MAX = 250

export interface PacedComponents {
  /** @default performance.now */
  readonly now?: () => number
  /** @default of the system */
  readonly sleep?: (ms: number) => Promise<unknown>
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The same chunks. Making and using them takes no more than one part of the time in `parts`. */
export async function* paced<T>(
  chunks: AsyncIterable<T>,
  parts: number,
  { now = () => performance.now(), sleep: pause = sleep }: PacedComponents = {},
): AsyncGenerator<T, void> {
  let since = now()
  for await (const chunk of chunks) {
    yield chunk
    // Whoever takes the chunks is done with this one.
    const workedMs = now() - since
    if (workedMs < TURN_MS) continue
    await pause(Math.min(workedMs * (parts - 1), PAUSE_MS_MAX))
    since = now()
  }
}
