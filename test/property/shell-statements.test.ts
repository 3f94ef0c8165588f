/** Statements in lines, told apart again: whatever is quoted, commented or nested in them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StatementCollector } from '../../src/cli/shell/statement-collector.ts'

/** Text that would end or open something, if it were not inside of something else. */
const inside = fc.string({
  unit: fc.constantFrom(';', '(', ')', ' ', 'a', 'END', '\n', '\r', '日', '"', "'", '`', '[', '-- ', '/*'),
  maxLength: 8,
})

const quoted = fc.oneof(
  inside.map((text) => `'${text.replaceAll("'", "''")}'`),
  inside.map((text) => `"${text.replaceAll('"', '""')}"`),
  inside.map((text) => `\`${text.replaceAll('`', '``')}\``),
  inside.map((text) => `[${text}]`),
  inside.map((text) => `/* ${text.replaceAll('*', '')} */`),
)

const word = fc.constantFrom('SELECT', 'x', '1.5', '=', '-', '*', 'END', 'CREATE', 'TRIGGERS', 'ä_1$', '.')

const piece = fc.letrec<{ piece: string; nested: string }>((tie) => ({
  piece: fc.oneof({ weight: 3, arbitrary: word }, { weight: 3, arbitrary: quoted }, tie('nested')),
  // A line ends nothing here, and neither does a comment to its end.
  nested: fc
    .array(tie('piece'), { maxLength: 4 })
    .map((pieces) => `(${pieces.join(' -- ;)\n')}${pieces.length > 1 ? '\n' : ''})`),
})).piece

const statement = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => ['VALUES', ...pieces].join(' ')),
  fc
    .array(fc.array(piece, { maxLength: 3 }), { maxLength: 3 })
    .map((bodies) => bodies.map((pieces) => `SELECT ${pieces.join('\n')};`))
    .map((body) => `CREATE TRIGGER t AFTER INSERT ON x\nBEGIN\n${body.join('\n')} SELECT 1;\nEND`),
)

test('statements of lines - are those that were written', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(statement, fc.constantFrom(' ', '\n', '\n\n-- ;\n'))), (written) => {
      const collector = new StatementCollector()
      const found: string[] = []
      for (const line of written
        .map(([sql, gap]) => `${sql};${gap}`)
        .join('')
        .split('\n')) {
        collector.push(line)
        if (!collector.open) found.push(...collector.take())
      }
      expect(collector.empty).toBe(true)
      expect(found.map(withoutComment)).toEqual(written.map(([sql]) => `${sql};`))
    }),
  )
})

/** A comment between statements belongs to the one behind it. */
function withoutComment(sql: string): string {
  return sql.replace(/^(?:-- ;\n)+/, '')
}
