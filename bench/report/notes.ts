/** The notes of docs/performance: a file a bottleneck, in the order of their numbers. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Note {
  readonly file: string
  readonly title: string
}

export function readNotes(directory: string): readonly Note[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => ({ file, title: titleOf(readFileSync(join(directory, file), 'utf8')) ?? file }))
}

/** Its first heading; some repeat the number of their file there. */
export function titleOf(markdown: string): string | undefined {
  return /^# +(?:\d+\. +)?(.+)$/m.exec(markdown)?.[1]
}
