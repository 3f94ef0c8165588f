import type { Edit } from './mutant.ts'

/**
 * The texts of the edited files with all edits made, by path. Throws if a `find` does not occur exactly
 * once in the file as it was: the mutant no longer fits the sources, and whoever changed them adapts it.
 */
export function applyEdits(
  edits: readonly Edit[],
  readSource: (file: string) => string,
): ReadonlyMap<string, string> {
  const changed = new Map<string, string>()
  for (const file of new Set(edits.map((edit) => edit.file))) {
    const here = edits.filter((edit) => edit.file === file)
    changed.set(file, replaceAll(file, readSource(file), here))
  }
  return changed
}

function replaceAll(file: string, text: string, edits: readonly Edit[]): string {
  const places = edits.map(({ find, replace }) => ({ at: placeOf(file, text, find), find, replace }))
  places.sort((a, b) => a.at - b.at)
  let result = ''
  let done = 0
  for (const { at, find, replace } of places) {
    if (at < done) throw new Error(`${file}: two edits overlap at ${JSON.stringify(find)}`)
    result += text.slice(done, at) + replace
    done = at + find.length
  }
  return result + text.slice(done)
}

function placeOf(file: string, text: string, find: string): number {
  const count = text.split(find).length - 1
  if (count !== 1) throw new Error(`${file} has this ${count} times, not once: ${JSON.stringify(find)}`)
  return text.indexOf(find)
}
