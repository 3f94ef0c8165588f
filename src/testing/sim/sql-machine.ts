/** The SQL engine without its worker: every call does its work before it returns. */
import {
  decodedItem,
  type EngineCapture,
  loadSqliteBinary,
  type SqlCapture,
  SqlEngine,
  SqlEntryDecoder,
  type SqliteBinary,
  type SqlMachine,
} from '../../sql/index.ts'

/** Compiled once; every engine makes its instances from it. */
let binary: SqliteBinary | undefined

/** An engine whose clock can be set. */
interface LentEngine {
  readonly engine: SqlEngine
  readonly clock: { now: () => number }
}

/** Engines of processes that are dead, empty again: to empty one is much cheaper than to make one. */
const idle: LentEngine[] = []
/** What an engine without databases captures. */
let emptiness: readonly Uint8Array[] | undefined

function lend(now: () => number): LentEngine {
  const lent = idle.pop()
  if (lent !== undefined) {
    lent.clock.now = now
    return lent
  }
  binary ??= loadSqliteBinary()
  const clock = { now }
  // Statements take no time, or results would differ from run to run.
  const engine = new SqlEngine({ binary, now: () => clock.now(), elapsedMs: () => 0 })
  const made = { engine, clock }
  emptiness ??= chunksOf(made.engine)
  return made
}

function chunksOf(engine: SqlEngine): Uint8Array[] {
  const capture = engine.capture()
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  return chunks
}

function takeBack(lent: LentEngine): void {
  try {
    const restore = lent.engine.restore()
    for (const chunk of emptiness ?? []) restore.push(chunk)
    restore.finish()
    idle.push(lent)
  } catch {
    // It has failed, and is of no use any more.
  }
}

export interface SimSqlMachine extends SqlMachine {
  /** Its process is dead. */
  died(): void
}

/** `now`: milliseconds since the epoch, which reads see as the time. */
export function createSimSqlMachine(now: () => number): SimSqlMachine {
  let lent: LentEngine | undefined
  const entries = new SqlEntryDecoder()
  const running = (): SqlEngine => {
    if (lent === undefined) throw new Error('the machine is used before it is started, or after its end')
    return lent.engine
  }
  return {
    start: async () => {
      lent = lend(now)
    },
    died: () => {
      if (lent !== undefined) takeBack(lent)
      lent = undefined
    },
    stop: () => Promise.resolve(),
    apply: async (items) => running().apply(items.map((item) => decodedItem(item, entries))),
    query: async (namespace, statements, options) => running().query(namespace, statements, options),
    hasReaders: true,
    classify: async (namespace, statements) => running().classify(namespace, statements),
    parse: async (namespace, statements) => running().parse(namespace, statements),
    capture: async () => readerOf(running().capture()),
    captureDatabase: async (namespace) => readerOf(running().captureDatabase(namespace)),
    configureChanges: async (settings, index) => running().configureChanges(settings, index),
    trimChanges: async (through) => running().trimChanges(through),
    changes: async (after, limits) => running().changes(after, limits),
    restore: async (chunks) => {
      const restore = running().restore()
      for await (const chunk of chunks) restore.push(chunk)
      restore.finish()
    },
    stats: async () => running().stats(),
    digest: async () => {
      const digest = running().digest()
      for (;;) {
        const done = digest.step()
        if (done !== undefined) return done
      }
    },
  }
}

function readerOf(capture: EngineCapture): SqlCapture {
  return {
    async *chunks() {
      for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) yield chunk
    },
    release: () => capture.release(),
  }
}

/** Stands in for it in worlds without SQL, where making an engine for every start would cost the most. */
export function createNoSqlMachine(): SimSqlMachine {
  const none = (): never => {
    throw new Error('this world has no SQL')
  }
  return {
    start: () => Promise.resolve(),
    died: () => {},
    stop: () => Promise.resolve(),
    apply: none,
    query: none,
    hasReaders: true,
    classify: none,
    parse: none,
    capture: async () => ({ chunks: nothing, release: () => {} }),
    captureDatabase: none,
    restore: async (chunks) => {
      for await (const _ of chunks) none()
    },
    stats: none,
    configureChanges: none,
    trimChanges: none,
    changes: none,
    digest: none,
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
