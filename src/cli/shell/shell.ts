/** A run of the shell, from the welcome to `bye~`. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { EXIT_FAILURE, EXIT_OK } from '../exit-codes.ts'
import { type Io, paint, type Streams } from '../io.ts'
import { answerInvalid, objectOf, readText } from './answers.ts'
import { Completion } from './completion.ts'
import type { Endpoint } from './endpoint.ts'
import { describeFailure } from './failure.ts'
import type { HistoryFile } from './history.ts'
import { Interpreter } from './interpreter.ts'
import { CANCELED, type LineSource, pipeSource } from './line-source.ts'
import { createEndpoint, type ShellName, type ShellOptions } from './options.ts'
import { Output } from './output.ts'
import { Session } from './session.ts'
import { terminalSource } from './terminal-source.ts'

const HISTORY_LINES = 100

const WELCOME: Readonly<Record<ShellName, string>> = {
  'debros shell': 'Welcome to the debros shell.',
  rqlite: 'Welcome to the rqlite CLI.',
}

/**
 * Returns the exit code: 0 whatever failed inside, as with rqlite's shell, unless the first failure is to
 * end it, or `stop` does.
 */
export async function runShell(
  name: ShellName,
  options: ShellOptions,
  io: Pick<Io, 'env' | 'colors'>,
  { input, output: stdout, error: stderr }: Streams,
  stop: AbortSignal,
): Promise<number> {
  const output = new Output(stdout)
  const say = (style: Parameters<typeof paint>[1], text: string): string => paint(io, style, text)
  const failCode = options.bail ? EXIT_FAILURE : EXIT_OK
  let endpoint: Endpoint
  try {
    endpoint = createEndpoint(options)
  } catch (error) {
    await output.say(`${say('red', 'ERR!')} ${describeFailure(error)}\n`)
    return failCode
  }
  const interactive = input.isTTY === true && stdout.isTTY === true
  const session = new Session({
    endpoint,
    output,
    interactive,
    bail: options.bail === true,
    paint: say,
    ...(interactive &&
      stderr.isTTY === true && { showProgress: (text: string) => void stderr.write(`\r\x1b[K${text}`) }),
  })
  const interrupt = (): void => void session.interrupt()
  stop.addEventListener('abort', interrupt)
  try {
    await session.attempt(() => welcome(session, name))
    if (stop.aborted) return EXIT_FAILURE
    if (session.failed) return failCode
    const completion = new Completion(endpoint)
    const source = interactive
      ? await terminalSource({
          input,
          output: stdout,
          history: historyFile(name, io.env),
          complete: (line) => completion.complete(line),
          interrupt: () => session.interrupt(),
        })
      : pipeSource(input)
    await converse(session, source, stop, (line) => completion.entered(line))
    if (stop.aborted) return EXIT_FAILURE
    await output.close()
    await output.say('bye~\n')
    return session.failed ? failCode : EXIT_OK
  } finally {
    stop.removeEventListener('abort', interrupt)
    await output.close()
    endpoint.close()
  }
}

async function welcome(session: Session, name: ShellName): Promise<void> {
  const { endpoint, output, signal } = session
  const answer = await endpoint.call({ path: 'status', signal })
  // Whoever may not see the status may still use the rest.
  const text = await readText(answer)
  if (answer.status === 404) throw answerInvalid(`${endpoint.host} has no such API under this prefix`)
  if (answer.status === 200) endpoint.knowsKeys = promisesIdempotency(text)
  const version = answer.headers['x-rqlite-version'] ?? 'unknown'
  await output.say(
    `${WELCOME[name]}\nEnter ".help" for usage hints.\n` +
      `Connected to ${endpoint.scheme}://${endpoint.host} running version ${version}\n`,
  )
}

/** rqlite's status has no such member, and rqlite does not know such keys. */
function promisesIdempotency(status: string): boolean {
  try {
    return objectOf(objectOf(JSON.parse(status)).http).idempotent_writes === true
  } catch {
    return false
  }
}

async function converse(
  session: Session,
  source: LineSource,
  stop: AbortSignal,
  entered: (line: string) => void,
): Promise<void> {
  const interpreter = new Interpreter(session)
  const close = (): void => void source.close()
  stop.addEventListener('abort', close)
  try {
    while (!session.ended && !stop.aborted) {
      const line = await source.next(promptOf(session, interpreter))
      if (line === undefined) break
      if (line === CANCELED) interpreter.clear()
      else {
        entered(line)
        await interpreter.line(line)
      }
    }
    if (!session.ended && !stop.aborted) await interpreter.finish()
  } catch (error) {
    // Input that is closed under a read fails it.
    if (!stop.aborted) throw error
  } finally {
    stop.removeEventListener('abort', close)
    await source.close()
  }
}

function promptOf({ endpoint }: Session, { open, inTransaction }: Interpreter): string {
  const prompt = `${endpoint.host}${inTransaction ? ' (transaction)' : ''}> `
  return open ? '...> '.padStart(prompt.length) : prompt
}

function historyFile(name: ShellName, env: Io['env']): HistoryFile {
  const file = name === 'rqlite' ? '.rqlite_history' : '.debros_history'
  const size = env.RQLITE_HISTFILESIZE ?? ''
  return {
    path: join(env.HOME || homedir(), file),
    size: /^-?\d{1,9}$/.test(size) ? Math.max(0, Number(size)) : HISTORY_LINES,
  }
}
