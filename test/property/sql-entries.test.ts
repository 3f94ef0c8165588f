/** Commands in the log, written and read by hand, are what the generated codec makes of `proto/command.proto`. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sqlRequestFromWire, sqlRequestToWire } from '../../src/node/codec/sql-codec.ts'
import {
  encodeSqlEntry,
  readSqlEntryHead,
  type SqlEntry,
  SqlEntryDecoder,
  type SqlParameter,
  type SqlStatement,
} from '../../src/sql/index.ts'
import { Command } from '../../src/wire/index.ts'

// Half a surrogate pair is no text: each codec makes something else of it, and SQLite sees none of these.
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ maxLength: 200 }))
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const parameter: fc.Arbitrary<SqlParameter> = fc.oneof(
  fc.constantFrom(null, true, false, 0, -1, 2 ** 51, -(2 ** 51), 2 ** 53, 2 ** 32, -(2n ** 63n), 2n ** 53n),
  fc.maxSafeInteger(),
  fc.double(),
  fc.record({ real: fc.integer() }),
  int64,
  text,
  fc.uint8Array({ maxLength: 300 }),
)
const statement = fc.record({
  sql: fc.oneof(fc.constantFrom('', 'INSERT INTO t VALUES (?)', 'SELECT 1'), text),
  positional: fc.array(parameter, { maxLength: 4 }),
  named: fc.dictionary(text, parameter, { maxKeys: 3, noNullPrototype: true }),
})
const entry: fc.Arbitrary<SqlEntry> = fc
  .record({
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    since: fc.maxSafeNat(),
    timeMs: fc.nat(2 ** 43),
    seed: fc.nat(2 ** 32 - 1),
    namespace: text,
    mode: fc.constantFrom('execute' as const, 'query' as const, 'request' as const),
    transaction: fc.boolean(),
    statements: fc.array(statement, { maxLength: 5 }),
    stepsMax: fc.maxSafeNat(),
    qualifyColumns: fc.boolean(),
  })
  .map(({ id, since, timeMs, ...command }) => ({
    request: { id: Buffer.from(id).toString('latin1'), since, timeMs },
    command: { ...command, timeMs },
  }))

function generated({ request, command }: SqlEntry): Uint8Array {
  const requestId = Buffer.from(request.id, 'latin1')
  const { timeMs, seed } = command
  return Command.encode({
    requestId,
    timeMs,
    seed,
    sinceIndex: request.since,
    sql: sqlRequestToWire(command),
  })
}

const textOf = ({ sql }: SqlStatement): string => sql

describe('sql entries', () => {
  it('have the bytes, and the meaning, of the generated codec', () => {
    const decoder = new SqlEntryDecoder()
    fc.assert(
      fc.property(entry, fc.nat(9), (one, offset) => {
        const bytes = encodeSqlEntry(one)
        expect(Buffer.from(bytes).equals(generated(one))).toBe(true)

        const shifted = new Uint8Array(offset + bytes.length)
        shifted.set(bytes, offset)
        const { sql, timeMs, seed } = Command.decode(bytes)
        if (sql === undefined) throw new Error('an entry without its command')
        const { request, command } = decoder.decode(shifted.subarray(offset))
        expect(request).toEqual(one.request)
        expect(command).toEqual({ ...sqlRequestFromWire(sql), timeMs, seed })
        expect(command.statements.map(textOf)).toEqual(one.command.statements.map(textOf))

        const { mode } = command
        const requestId = mode === 'query' ? request.id : ''
        expect(readSqlEntryHead(shifted.subarray(offset))).toEqual({ timeMs, mode, requestId })
      }),
      { numRuns: 1_000 },
    )
  })

  it('have a text that comes again and again once', () => {
    const entryOf = (count: number): SqlEntry => ({
      request: { id: '0123456789abcdef', since: 3, timeMs: 7 },
      command: {
        ...{ namespace: 'n', mode: 'execute', transaction: false, timeMs: 7, seed: 1 },
        statements: Array.from({ length: count }, (_, i) => ({
          sql: i < 100 ? 'INSERT INTO t VALUES (?)' : 'DELETE FROM t WHERE x = ?',
          positional: [1],
          named: {},
        })),
      },
    })
    expect(encodeSqlEntry(entryOf(200)).length).toBeLessThan(200 * 10)
    const { command } = new SqlEntryDecoder().decode(encodeSqlEntry(entryOf(200)))
    expect(command.statements.map(textOf)).toEqual(entryOf(200).command.statements.map(textOf))
  })

  it('that are cut off, or changed, are refused or something else, and never read beyond their end', () => {
    fc.assert(
      fc.property(entry, fc.nat(), fc.nat(255), (one, at, byte) => {
        const bytes = encodeSqlEntry(one)
        const changed = new Uint8Array(bytes)
        changed[at % bytes.length] = byte
        for (const broken of [bytes.subarray(0, at % bytes.length), changed]) {
          try {
            new SqlEntryDecoder().decode(broken)
          } catch (error) {
            expect(error).toBeInstanceOf(Error)
          }
        }
      }),
    )
  })

  it('have nothing of one before that could not be written', () => {
    const entryWith = (value: SqlParameter): SqlEntry => ({
      request: { id: '0123456789abcdef', since: 3, timeMs: 7 },
      command: {
        ...{ namespace: 'n', mode: 'execute', transaction: false, timeMs: 7, seed: 1 },
        statements: [{ sql: 'INSERT INTO t VALUES (?)', positional: [value], named: {} }],
      },
    })
    const expected = encodeSqlEntry(entryWith(1))
    expect(() => encodeSqlEntry(entryWith(undefined as unknown as null))).toThrow()
    expect(encodeSqlEntry(entryWith(1))).toEqual(expected)
  })

  it('of other kinds have no head', () => {
    const rest = { requestId: new Uint8Array(0), timeMs: 1, seed: 0, sinceIndex: 5 }
    expect(readSqlEntryHead(Command.encode({ ...rest, digest: {} }))).toBeUndefined()
    const put = { put: { key: Uint8Array.of(34), value: new Uint8Array(300) } }
    expect(
      readSqlEntryHead(Command.encode({ ...rest, kv: { namespace: 'n', operations: [put] } })),
    ).toBeUndefined()
  })

  it('may hold fields that a later version has added', () => {
    const added = {
      number: [0x38, 0x96, 0x01],
      bytes: [0x82, 0x01, 0x02, 0x22, 0x00],
      fixed: [0x39, 1, 2, 3, 4, 5, 6, 7, 8],
    }
    const entry = encodeSqlEntry({
      request: { id: '0123456789abcdef', since: 3, timeMs: 7 },
      command: { namespace: 'n', mode: 'request', transaction: false, statements: [], timeMs: 7, seed: 1 },
    })
    const extended = Uint8Array.from([...added.number, ...added.bytes, ...added.fixed, ...entry])
    expect(readSqlEntryHead(extended)).toEqual(readSqlEntryHead(entry))
    expect(new SqlEntryDecoder().decode(extended)).toEqual(new SqlEntryDecoder().decode(entry))
  })
})
