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

export interface PacedInit {
  /** Worked in one of so many parts of the time. */
  readonly parts: number
  /** Whoever uses the chunks may be waiting for somebody far away: that is time in which others have their turn. */
  readonly usingIsWork: boolean
}

/** The same chunks, no faster than so. */
export async function* paced<T>(
  chunks: AsyncIterable<T>,
  { parts, usingIsWork }: PacedInit,
  { now = () => performance.now(), sleep: pause = sleep }: PacedComponents = {},
): AsyncGenerator<T, void> {
  let workedMs = 0
  let restedMs = 0
  let since = now()
  for await (const chunk of chunks) {
    const made = now()
    workedMs += made - since
    yield chunk
    const used = now()
    if (usingIsWork) workedMs += used - made
    else restedMs += used - made
    if (workedMs >= TURN_MS) {
      const restMs = Math.min(workedMs * (parts - 1), PAUSE_MS_MAX) - restedMs
      if (restMs > 0) await pause(restMs)
      workedMs = 0
      restedMs = 0
    }
    since = now()
  }
}
