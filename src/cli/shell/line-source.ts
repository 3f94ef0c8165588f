/** Where lines of input come from. */
import type { Readable } from 'node:stream'
import { readLines } from './lines.ts'

/** The user gave up the line, and what was open before it. */
export const CANCELED = Symbol('canceled')

export interface LineSource {
  /** The next line; undefined when there are no more. */
  next(prompt: string): Promise<string | typeof CANCELED | undefined>
  close(): Promise<void>
}

/** A pipe or file: no prompts. */
export function pipeSource(input: Readable): LineSource {
  const lines = readLines(input)
  return {
    next: async () => (await lines.next()).value ?? undefined,
    close: async () => {
      // Not lines.return(): that would wait for a read that waits for input.
      input.destroy()
    },
  }
}
