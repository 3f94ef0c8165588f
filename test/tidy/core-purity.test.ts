/**
 * The core is a function of its inputs. Clocks, timers, chance, promises and the outside world are
 * therefore banned from it by name.
 */
import { describe, expect, test } from 'vitest'
import { codeOf, type SourceFile, sourceFiles } from './sources.ts'

const BANNED =
  /\b(?:Date|Intl|Promise|async|await|setTimeout|setInterval|setImmediate|queueMicrotask|process|performance|crypto|console|globalThis|fetch|Buffer|require|WeakRef|FinalizationRegistry)\b|\bMath\s*\.\s*random\b|\bimport\s*\(/g

function bannedIn({ path, text }: SourceFile): string[] {
  return codeOf(text)
    .split('\n')
    .flatMap((line, i) => [...line.matchAll(BANNED)].map(([name]) => `${path}:${i + 1} uses ${name}`))
}

describe('this tree', () => {
  test('raft core - nothing but its inputs', () => {
    const files = sourceFiles('src/raft/core')
    expect(files.length).toBeGreaterThan(5)
    expect(files.flatMap(bannedIn)).toEqual([])
  })
})

describe('the check itself', () => {
  const banned = (text: string): string[] => bannedIn({ path: 'x.ts', text })

  test.each([
    'const now = Date.now()',
    'const at = new Date()',
    'const x = Math.random()',
    'setTimeout(run, 1)',
    'const t = setInterval(run, 1)',
    'process.nextTick(run)',
    'performance.now()',
    'function run(): Promise<void> {}',
    '  await run()',
    'console.log(1)',
    "const fs = await import('fs')",
    'const x = 1 // fine\nDate.now()',
    '/* fine */ Date.now()',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the code to be checked
    'const text = `at ${Date.now()}`',
  ])('raft core - caught: %s', (text) => {
    expect(banned(text)).not.toEqual([])
  })

  test.each([
    '/** No Date, no Promise, no setTimeout. */',
    '// Math.random is banned',
    "const text = 'the Date of a Promise'",
    'const update = datePicker.awaiting(processed)',
    'Math.max(1, 2)',
  ])('raft core - let through: %s', (text) => {
    expect(banned(text)).toEqual([])
  })
})
