/** Which errors the source makes, and which the document describes. */
import { type SourceFile, withoutComments } from './sources.ts'

export interface ErrorFacts {
  readonly outcome: 'not-applied' | 'unknown' | 'applied' | 'either'
  readonly retry: 'yes' | 'no' | 'either'
}

/** `DebrosError` and all that extend it. */
export function errorClasses(files: readonly SourceFile[]): ReadonlySet<string> {
  const pairs = files.flatMap(({ text }) =>
    [...text.matchAll(/\bclass (\w+) extends (\w+)/g)].map(([, name = '', base = '']) => ({ name, base })),
  )
  const classes = new Set(['DebrosError'])
  for (let size = 0; size < classes.size; ) {
    size = classes.size
    for (const { name, base } of pairs) if (classes.has(base)) classes.add(name)
  }
  return classes
}

/** Every code that is written out where an error, or what becomes one, is made. */
export function madeErrors(
  files: readonly SourceFile[],
  classes: ReadonlySet<string>,
): ReadonlyMap<string, ErrorFacts> {
  const made = new Map<string, ErrorFacts>()
  const beginning = new RegExp(
    String.raw`(?:\bnew (?:${[...classes].join('|')})|\bsuper)\(\s*'([A-Z][A-Z\d_]*)'|\{[^{}]*?\bcode: '([A-Z][A-Z\d]*_[A-Z\d_]*)'`,
    'g',
  )
  for (const { text } of files) {
    const code = withoutComments(text)
    for (const { 0: begun, 1: first, 2: member, index } of code.matchAll(beginning)) {
      const name = first ?? member ?? ''
      const open = index + (first === undefined ? 0 : begun.indexOf('('))
      made.set(name, merge(made.get(name), factsOf(enclosed(code, open))))
    }
  }
  return made
}

/** Where errors are made with a code from elsewhere: the file and the expression. */
export function passedOn(files: readonly SourceFile[], classes: ReadonlySet<string>): string[] {
  // Without a second argument there is no message, so the class has a code of its own.
  const beginning = new RegExp(
    String.raw`\bnew (?:${[...classes].join('|')})\(\s*([^'\s(),][^(),]*(?:\([^()]*\))?),`,
    'g',
  )
  return files.flatMap(({ path, text }) =>
    [...withoutComments(text).matchAll(beginning)].map(([, expression = '']) => `${path}: ${expression}`),
  )
}

/** The rows `| code | … | outcome | retry | … |`. */
export function documentedErrors(markdown: string): ReadonlyMap<string, ErrorFacts> {
  const rows = [...markdown.matchAll(/^\| `([A-Z\d_]+)` \|(.*)\|$/gm)]
  return new Map(
    rows.map(([, code = '', rest = '']) => {
      const [, outcome, retry] = rest.split('|').map((cell) => cell.trim())
      return [code, { outcome, retry } as ErrorFacts] // whatever stands there, for the comparison to judge
    }),
  )
}

/** What stands between the bracket at `open` and the one that closes it. */
function enclosed(text: string, open: number): string {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    const character = text[at] ?? ''
    if ('({['.includes(character)) depth++
    else if (')}]'.includes(character) && --depth === 0) return text.slice(open, at)
  }
  return text.slice(open)
}

/** Options that are not written out depend on the call. */
function factsOf(construction: string): ErrorFacts {
  const outcome = /\boutcome\b(?:: '([\w-]+)')?/.exec(construction)
  const retryable = /\bretryable\b(?:: (true|false)\b)?/.exec(construction)
  return {
    outcome: outcome === null ? 'not-applied' : isOutcome(outcome[1]) ? outcome[1] : 'either',
    retry: retryable === null || retryable[1] === 'false' ? 'no' : retryable[1] === 'true' ? 'yes' : 'either',
  }
}

function isOutcome(text: string | undefined): text is 'unknown' | 'applied' {
  return text === 'unknown' || text === 'applied'
}

function merge(known: ErrorFacts | undefined, found: ErrorFacts): ErrorFacts {
  if (known === undefined) return found
  return {
    outcome: known.outcome === found.outcome ? found.outcome : 'either',
    retry: known.retry === found.retry ? found.retry : 'either',
  }
}
