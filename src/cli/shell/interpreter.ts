/** Lines of input into commands and statements, one after the other. */
import { createReadStream } from 'node:fs'
import { wrongUse } from './arguments.ts'
import { isCommand, runCommand } from './commands.ts'
import { goesOn, isBlank } from './continuation.ts'
import { readLines } from './lines.ts'
import type { Session } from './session.ts'
import { StatementCollector } from './statement-collector.ts'
import { TransactionBuffer } from './transaction.ts'

/** Files that read files that read files. */
const READ_DEPTH_MAX = 10

export class Interpreter {
  readonly #session: Session
  readonly #collector = new StatementCollector()
  readonly #transaction: TransactionBuffer

  constructor(session: Session, transaction = new TransactionBuffer(), depth = 0) {
    this.#session = session
    this.#transaction = transaction
    session.readFile = (path) => readFile(session, transaction, path, depth)
  }

  /** The next line goes on with an open statement. */
  get open(): boolean {
    return this.#collector.open
  }

  get inTransaction(): boolean {
    return this.#transaction.open
  }

  /** A line that was typed, or came through a pipe. Failures are told, not thrown. */
  async line(line: string): Promise<void> {
    if (await this.#command(line)) return
    await this.#push(line)
    if (!this.open) await this.end()
  }

  /**
   * A line of a file, where a statement may go on without anything being open: whether it does is seen by
   * the line after.
   */
  async fileLine(line: string): Promise<void> {
    if (!this.#collector.empty && !this.open) {
      if (isBlank(line)) return
      if (!goesOn(line, () => this.#collector.unfinished)) await this.end()
    }
    if (await this.#command(line)) return
    await this.#push(line)
    if (!this.open && !this.#collector.hasUnfinished) await this.end()
  }

  /** Runs what is there, whole or not: the server says what is wrong with it. */
  async end(): Promise<void> {
    const statements = this.#collector.take()
    await this.#session.attempt(async () => {
      // What follows a failure on its line was written in the hope that it would succeed.
      for (const sql of statements) if (!(await this.#transaction.take(this.#session, sql))) return
    })
  }

  /** Nothing more comes. A transaction that was begun is not committed by that. */
  async finish(): Promise<void> {
    await this.end()
    if (!this.#transaction.open) return
    this.#transaction.clear()
    await this.#session.complain('the input ended before COMMIT: nothing of the transaction was done')
  }

  /** Drops the statement that is open. */
  clear(): void {
    this.#collector.clear()
  }

  async #push(line: string): Promise<void> {
    await this.#session.attempt(async () => this.#collector.push(line))
  }

  async #command(line: string): Promise<boolean> {
    if (!this.#collector.empty || !isCommand(line)) return false
    await this.#session.attempt(() => runCommand(this.#session, line))
    return true
  }
}

async function readFile(
  session: Session,
  transaction: TransactionBuffer,
  path: string,
  depth: number,
): Promise<void> {
  if (depth === READ_DEPTH_MAX) throw wrongUse(`${path} is read by too many files that read each other`)
  const outer = session.readFile
  const interpreter = new Interpreter(session, transaction, depth + 1)
  try {
    for await (const line of readLines(createReadStream(path))) {
      session.signal.throwIfAborted()
      await interpreter.fileLine(line)
      if (session.ended) return
    }
    await interpreter.end()
  } finally {
    session.readFile = outer
  }
}
