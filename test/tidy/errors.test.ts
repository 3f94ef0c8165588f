/**
 * The codes of errors are API, and docs/reference/errors.md is where they are looked up. So each code
 * that the source can give an error has its row there, with the outcome and the retryability it has in
 * the source, and there is no row besides.
 */
import { describe, expect, test } from 'vitest'
import { SETTING_PATHS, settingAt } from '../../src/config/index.ts'
import { documentedErrors, type ErrorFacts, errorClasses, madeErrors, passedOn } from './errors.ts'
import { documentText, sourceFiles } from './sources.ts'

const sources = sourceFiles().filter(({ path }) => !/^src\/(testing\/sim|wire\/generated)\//.test(path))
const classes = errorClasses(sources)
const made = madeErrors(sources, classes)
const documented = documentedErrors(documentText('docs/reference/errors.md'))

/** Codes of others that we look out for. */
const FOREIGN = /^(?:LEVEL|HPE|ERR)_/

describe('this tree', () => {
  test('errors - the codes in the source are those in the document', () => {
    expect(made.size).toBeGreaterThan(50)
    expect([...documented.keys()].sort()).toEqual([...made.keys()].sort())
  })

  test('errors - outcome and retryability are as documented', () => {
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(made))
  })

  test('errors - a code that is no literal comes from another error', () => {
    expect(passedOn(sources, classes)).toEqual([
      'src/node/storage-service.ts: answer.code',
      'src/sql/protocol.ts: code',
      'src/wire/errors.ts: code',
    ])
  })

  test('errors - every code that the source names is one there is', () => {
    const variables = new Set(SETTING_PATHS.flatMap((path) => settingAt(path).env ?? []))
    const named = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/['`]([A-Z][A-Z\d]*(?:_[A-Z\d]+)+)['`]|^ {2}([A-Z][A-Z\d]*(?:_[A-Z\d]+)+): /gm)].map(
        ([, quoted, key]) => ({ path, code: quoted ?? key ?? '' }),
      ),
    )
    expect(named.length).toBeGreaterThan(made.size)
    const strange = named.filter(({ code }) => !made.has(code) && !variables.has(code) && !FOREIGN.test(code))
    expect(strange).toEqual([])
  })
})

describe('the check itself', () => {
  const file = (text: string) => [{ path: 'src/x.ts', text }]
  const facts = (text: string): ErrorFacts | undefined =>
    madeErrors(file(text), new Set(['DebrosError', 'SubError'])).get('A_B')

  test.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the code to be checked
    ["new DebrosError('A_B', `text (${why})`)", 'not-applied', 'no'],
    ["new DebrosError('A_B', text, { retryable: true, cause })", 'not-applied', 'yes'],
    ["new SubError(\n  'A_B',\n  text,\n  { outcome: 'unknown' },\n)", 'unknown', 'no'],
    ["new DebrosError('A_B', text, { outcome, retryable: outcome === 'not-applied' })", 'either', 'either'],
    [
      "new DebrosError('A_B', 'x')\nnew DebrosError('A_B', 'x', { retryable: true })",
      'not-applied',
      'either',
    ],
    ["super('A_B', text)", 'not-applied', 'no'],
    ["return { kind: 'invalid', code: 'A_B', message }", 'not-applied', 'no'],
    ["return { code: 'A_B', message, retryable: false, outcome: 'unknown' }", 'unknown', 'no'],
  ])('errors - %s', (text, outcome, retry) => {
    expect(facts(text)).toEqual({ outcome, retry })
  })

  test('errors - an error of another kind is not ours', () => {
    expect(facts("new TypeError('A_B')")).toBeUndefined()
    expect(facts("// new DebrosError('A_B', text)")).toBeUndefined()
  })

  test('errors - a code that is computed is found', () => {
    const text =
      'new DebrosError(codeOf(x), text)\nnew SubError(\n  problem.code,\n  text)\nnew SubError(all)'
    expect(passedOn(file(text), new Set(['DebrosError', 'SubError']))).toEqual([
      'src/x.ts: codeOf(x)',
      'src/x.ts: problem.code',
    ])
  })

  test('errors - subclasses of subclasses are found', () => {
    const text = 'class A extends DebrosError {}\nexport class B extends A {}\nclass C extends Error {}'
    expect([...errorClasses(file(text))].sort()).toEqual(['A', 'B', 'DebrosError'])
  })
})
