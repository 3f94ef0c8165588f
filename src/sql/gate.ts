/**
 * Looks at SQL text before SQLite does: cuts it into its statements and refuses what must not run in a
 * replicated database. SQLite acts on some PRAGMAs while it compiles them (behind EXPLAIN, too), so
 * nothing is compiled that has not passed here.
 *
 * What is refused would leave the replicated state (files, other databases, temporary objects), change
 * a connection (PRAGMAs), or hold a transaction open between requests. Everything else, errors included,
 * is left to SQLite.
 */
import { CHANGE_FUNCTION } from './change-function.ts'
import { isDisallowedPragma, pragmaTableUse, pragmaUse } from './pragmas.ts'
import { SEMICOLON, SqlTokens, type TokenKind } from './tokens.ts'

/** One statement of a string that may hold several. */
export interface SqlSegment {
  /** Its text, with the semicolon if there is one. */
  readonly sql: string
  /** The first keyword, in lower case; what follows EXPLAIN if that is first. */
  readonly verb: string
  readonly explain: boolean
  /** `ask`: only SQLite can tell (WITH). */
  readonly effect: 'read' | 'write' | 'ask'
  /**
   * Changes what SQLite keeps in memory for as long as a connection lasts, above all the schema. Compiling
   * CREATE INDEX is enough: it corrects the planner's idea of the table's size.
   */
  readonly reshapes: boolean
}

export interface SqlText {
  /** Statements that are more than blanks and comments. */
  readonly segments: readonly SqlSegment[]
  /** Why no part of the text may run. */
  readonly refusal: string | undefined
  /** A PRAGMA for which rqlite refuses a whole request. */
  readonly disallowedPragma: string | undefined
  /** Nothing but INSERT, REPLACE, UPDATE and DELETE, of tables that SQLite does not look at for itself. */
  readonly isPlainWrite: boolean
}

/** The PRAGMA for which rqlite's `disallowed pragma` is due, anywhere in a request; else undefined. */
export function findDisallowedPragma(statements: readonly { readonly sql: string }[]): string | undefined {
  let before: string | undefined
  for (const { sql } of statements) {
    if (sql === before) continue
    before = sql
    if (!/pragma/i.test(sql)) continue
    const { disallowedPragma } = analyzeSql(sql)
    if (disallowedPragma !== undefined) return disallowedPragma
  }
  return undefined
}

export function analyzeSql(sql: string): SqlText {
  const segments: SqlSegment[] = []
  let refusal: string | undefined
  let disallowedPragma: string | undefined
  for (const { segment, verdict } of judgedSegments(sql, 'request')) {
    refusal ??= verdict.refusal
    disallowedPragma ??= verdict.disallowedPragma
    if (segment !== undefined) segments.push(segment)
  }
  const isPlainWrite = refusal === undefined && segments.every(isPlain)
  return { segments, refusal, disallowedPragma, isPlainWrite }
}

function isPlain({ verb, explain, reshapes }: SqlSegment): boolean {
  return DATA_VERBS.has(verb) && !explain && !reshapes
}

/** A statement of a text that is loaded, or why the text may not run, as soon as that is known. */
export type LoadedSegment =
  | { readonly segment: SqlSegment; readonly refusal: undefined }
  | { readonly segment: undefined; readonly refusal: string }

/**
 * The statements of a text that is loaded as a whole, one after the other: there may be very many, and the
 * text comes in parts. What may run is the same as in a request; but a dump says where its transaction begins
 * and ends, and that foreign keys are not enforced, so these statements are among them.
 */
export function* loadedSegments(parts: Iterable<string>): Generator<LoadedSegment> {
  let rest = ''
  for (const part of parts) {
    const text = rest + part
    rest = text.slice(yield* loadedFrom(text, false))
  }
  yield* loadedFrom(rest, true)
}

/** Returns where the statement begins that the text does not end. */
function* loadedFrom(text: string, isLast: boolean): Generator<LoadedSegment, number> {
  const judged = judgedSegments(text, 'load', isLast)
  for (;;) {
    const { done, value } = judged.next()
    if (done === true) return value
    const { segment, verdict } = value
    if (verdict.refusal !== undefined) yield { segment: undefined, refusal: verdict.refusal }
    else if (segment !== undefined) yield { segment, refusal: undefined }
  }
}

/** What statements are judged by. */
type Rules = 'request' | 'load'

interface JudgedSegment {
  /** Undefined for what is wrong with the text as a whole. */
  readonly segment: SqlSegment | undefined
  readonly verdict: Pick<Verdict, 'refusal' | 'disallowedPragma'>
}

/** Returns where the last statement begins if it may go on, which it may unless this `isLast`. */
function* judgedSegments(sql: string, rules: Rules, isLast = true): Generator<JudgedSegment, number> {
  if (sql.includes('\0')) {
    yield { segment: undefined, verdict: { refusal: 'SQL text must not contain a NUL character' } }
    return sql.length
  }
  const tokens = new SqlTokens(sql)
  const names = new NameWatch(sql)
  let from = 0
  let scan = new SegmentScan(rules)
  for (let more = true; more; ) {
    more = tokens.next()
    if (more) {
      names.see(tokens)
      if (!scan.endsAt(tokens)) {
        scan.see(tokens)
        continue
      }
    }
    if (!more && !isLast) break
    if (!scan.isEmpty) {
      const verdict = scan.judge(names.takeStatistics())
      // A statement that is loaded runs before what follows is looked at.
      if (rules === 'load') yield { segment: undefined, verdict: { refusal: names.refusal() } }
      yield { segment: { sql: sql.slice(from, tokens.end), ...verdict.traits }, verdict }
    }
    from = tokens.end
    scan = new SegmentScan(rules)
  }
  yield { segment: undefined, verdict: { refusal: names.refusal() } }
  return from
}

/** What a dump may say of its transaction; it is undone as a whole, and never in part. */
const LOADABLE_TRANSACTION_VERBS = new Set(['begin', 'commit', 'end'])
const TRANSACTION_VERBS = new Set(['begin', 'commit', 'end', 'rollback', 'savepoint', 'release'])
const SCHEMA_VERBS = new Set(['create', 'drop', 'alter', 'analyze', 'reindex', 'vacuum'])
const READ_VERBS = new Set(['select', 'values'])
const DATA_VERBS = new Set(['insert', 'replace', 'update', 'delete'])

/** `EXPLAIN QUERY PLAN CREATE UNIQUE INDEX IF NOT EXISTS schema . name` is as far as anything is read. */
const HEAD_LENGTH = 12

interface Verdict {
  readonly refusal?: string | undefined
  readonly disallowedPragma?: string | undefined
  readonly traits: Omit<SqlSegment, 'sql'>
}

/** Collects what is needed to judge one statement. */
class SegmentScan {
  readonly #rules: Rules
  readonly #kinds: TokenKind[] = []
  readonly #names: string[] = []
  #trigger = false
  /** In a trigger, whose body holds semicolons: it ends with the one after `; END`. */
  #bodyEnd: 'no' | 'semicolon' | 'end' = 'no'

  constructor(rules: Rules) {
    this.#rules = rules
  }

  get isEmpty(): boolean {
    return this.#names.length === 0
  }

  /** Whether this token is the semicolon that ends the statement. */
  endsAt(token: SqlTokens): boolean {
    if (!token.isSymbol(SEMICOLON)) return false
    return !this.#trigger || this.#bodyEnd === 'end'
  }

  see(token: SqlTokens): void {
    if (this.#names.length < HEAD_LENGTH) {
      this.#kinds.push(token.kind)
      this.#names.push(token.end - token.start <= NAME_LENGTH_MAX ? token.name() : '')
      this.#trigger ||= this.#beginsTrigger()
    }
    if (!this.#trigger) return
    if (token.isSymbol(SEMICOLON)) this.#bodyEnd = 'semicolon'
    else if (this.#bodyEnd === 'semicolon' && token.kind === 'word' && token.name() === 'end') {
      this.#bodyEnd = 'end'
    } else this.#bodyEnd = 'no'
  }

  judge(mentionsStatistics: boolean): Verdict {
    const at = this.#verbAt()
    const verb = this.#word(at)
    const explain = at > 0
    const traits = (effect: SqlSegment['effect'], reshapes: boolean): Verdict['traits'] => ({
      verb,
      explain,
      effect: explain ? 'read' : effect,
      reshapes,
    })
    const refuse = (refusal: string): Verdict => ({ refusal, traits: traits('write', false) })

    if (READ_VERBS.has(verb)) return { traits: traits('read', false) }
    // The planner reads its statistics from these tables once a connection.
    if (DATA_VERBS.has(verb)) return { traits: traits('write', mentionsStatistics && !explain) }
    if (verb === 'pragma') return this.#judgePragma(at + 1, traits)
    if (TRANSACTION_VERBS.has(verb)) {
      if (this.#rules === 'load') {
        if (LOADABLE_TRANSACTION_VERBS.has(verb)) return { traits: traits('write', false) }
        return refuse(
          `${verb.toUpperCase()} is not supported in what is loaded: that is done as a whole, or not at all`,
        )
      }
      return refuse(
        `${verb.toUpperCase()} is not supported: use the transaction option to make a request all or nothing`,
      )
    }
    if (verb === 'attach' || verb === 'detach') {
      return refuse(`${verb.toUpperCase()} is not supported: a namespace is one database`)
    }
    if (verb === 'vacuum' && this.#hasWord('into')) {
      return refuse('VACUUM INTO is not supported: take a backup instead')
    }
    if (verb === 'create') {
      if (this.#isTemporary(at + 1)) {
        return refuse('temporary objects are not supported: they would exist on one replica only')
      }
      if (this.#trigger && mentionsStatistics) return refuse('a trigger must not use the statistics tables')
    }
    if (SCHEMA_VERBS.has(verb)) return { traits: traits('write', true) }
    return { traits: traits('ask', mentionsStatistics) }
  }

  #judgePragma(
    at: number,
    traits: (effect: 'read' | 'write', reshapes: boolean) => Verdict['traits'],
  ): Verdict {
    const nameAt = this.#isSymbol(at + 1, '.') ? at + 2 : at
    const name = this.#names[nameAt]
    if (name === undefined) return { traits: traits('read', false) } // an error SQLite will tell
    const hasValue = this.#isSymbol(nameAt + 1, '=') || this.#isSymbol(nameAt + 1, '(')
    const isLoadSetting = this.#rules === 'load' && hasValue && name === 'foreign_keys'
    const use = isLoadSetting ? 'write' : pragmaUse(name, hasValue)
    return {
      refusal:
        use === 'refused' ? `PRAGMA ${name} is not supported${hasValue ? ' with a value' : ''}` : undefined,
      disallowedPragma: isDisallowedPragma(name, hasValue) ? name : undefined,
      traits: traits(use === 'read' ? 'read' : 'write', use !== 'read'),
    }
  }

  /** EXPLAIN [QUERY PLAN] may come first. */
  #verbAt(): number {
    if (this.#word(0) !== 'explain') return 0
    return this.#word(1) === 'query' && this.#word(2) === 'plan' ? 3 : 1
  }

  #beginsTrigger(): boolean {
    const at = this.#verbAt()
    if (this.#word(at) !== 'create') return false
    const next = this.#word(at + 1)
    return (
      next === 'trigger' || ((next === 'temp' || next === 'temporary') && this.#word(at + 2) === 'trigger')
    )
  }

  /** CREATE TEMP …, and CREATE TABLE temp.… */
  #isTemporary(at: number): boolean {
    const first = this.#word(at)
    if (first === 'temp' || first === 'temporary') return true
    let nameAt = first === 'unique' || first === 'virtual' ? at + 2 : at + 1
    if (this.#word(nameAt) === 'if') nameAt += 3
    return this.#names[nameAt] === 'temp' && this.#isSymbol(nameAt + 1, '.')
  }

  /** The keyword at a position; "" if it is none. */
  #word(at: number): string {
    return this.#kinds[at] === 'word' ? (this.#names[at] as string) : ''
  }

  #isSymbol(at: number, symbol: string): boolean {
    return this.#kinds[at] === 'symbol' && this.#names[at] === symbol
  }

  #hasWord(word: string): boolean {
    return this.#names.some((name, at) => name === word && this.#kinds[at] === 'word')
  }
}

const FORBIDDEN_FUNCTIONS = new Set(['load_extension', 'fts3_tokenizer'])
const STATISTICS_TABLE = /^sqlite_stat\d/
/** No name looked for is longer. */
const NAME_LENGTH_MAX = 48
const LEFT_PARENTHESIS = 40
const RIGHT_PARENTHESIS = 41

/** A function that must not be called, or a table that must not be given an argument. */
type Expectation = 'function' | 'own function' | 'argumentless' | 'argumentless('

/** Looks for names that matter wherever they stand. */
class NameWatch {
  readonly #sql: string
  #refusal: string | undefined
  #statistics = false
  /** What the token before was. */
  #before: Expectation | undefined
  #argumentless = false
  #namesArgument: boolean | undefined

  constructor(sql: string) {
    this.#sql = sql
  }

  see(token: SqlTokens): void {
    const before = this.#before
    this.#before = undefined
    if (before !== undefined) this.#seeNext(token, before)
    if (token.kind === 'symbol' || token.kind === 'value' || token.kind === 'illegal') return
    const length = token.end - token.start
    if (length < 8 || length > NAME_LENGTH_MAX) return
    if (!this.#mayMatter(token)) return
    this.#judge(token.name(), token.kind)
  }

  /** Whether the statement that ends here named a table of statistics. */
  takeStatistics(): boolean {
    const statistics = this.#statistics
    this.#statistics = false
    return statistics
  }

  refusal(): string | undefined {
    this.#namesArgument ??= this.#argumentless ? hasName(this.#sql, 'arg') : undefined
    if (this.#namesArgument === true) this.#refuse(`pragma_page_size must not be given an argument`)
    return this.#refusal
  }

  #mayMatter(token: SqlTokens): boolean {
    const code = this.#sql.charCodeAt(token.kind === 'word' ? token.start : token.start + 1) | 32
    return code === 112 || code === 115 || code === 108 || code === 102 // p, s, l, f
  }

  #judge(name: string, kind: TokenKind): void {
    if (STATISTICS_TABLE.test(name)) this.#statistics = true
    if (kind !== 'string' && FORBIDDEN_FUNCTIONS.has(name)) this.#before = 'function'
    if (kind !== 'string' && name === CHANGE_FUNCTION) this.#before = 'own function'
    if (!name.startsWith('pragma_')) return
    const use = pragmaTableUse(name.slice('pragma_'.length))
    if (use === 'refused') this.#refuse(`${name} is not supported`)
    if (use === 'argumentless') {
      this.#argumentless = true
      this.#before = 'argumentless'
    }
  }

  #seeNext(token: SqlTokens, before: Expectation): void {
    if (before === 'argumentless(') {
      if (!token.isSymbol(RIGHT_PARENTHESIS)) this.#refuse('pragma_page_size must not be given an argument')
    } else if (token.isSymbol(LEFT_PARENTHESIS)) {
      if (before === 'own function') this.#refuse(`${CHANGE_FUNCTION}() is not supported`)
      else if (before === 'function') this.#refuse('load_extension() and fts3_tokenizer() are not supported')
      else this.#before = 'argumentless('
    }
  }

  #refuse(reason: string): void {
    this.#refusal ??= reason
  }
}

function hasName(sql: string, name: string): boolean {
  const tokens = new SqlTokens(sql)
  while (tokens.next()) {
    if (
      (tokens.kind === 'word' || tokens.kind === 'quoted' || tokens.kind === 'string') &&
      tokens.name() === name
    ) {
      return true
    }
  }
  return false
}
