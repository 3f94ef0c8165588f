/** Logs through pino: readable lines for people, JSON for programs. */
import { mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pino from 'pino'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import type { LoggingSettings } from '../config/index.ts'
import { formatLogLine } from './log-format.ts'

export interface Logging {
  readonly logger: Logger
  /** Writes out what is still waiting. */
  close(): Promise<void>
}

/** Beyond this much waiting text lines are dropped: a stalled reader must not stall the node. */
const WAITING_BYTES_MAX = 16 * 2 ** 20

const CLOSE_TIMEOUT_MS = 2_000

/** Names of fields that could hold secrets; they are masked wherever they stand. */
const SECRET_FIELDS = [
  'secret',
  'clusterSecret',
  'privateKey',
  'password',
  'authorization',
  'apiKey',
  'token',
]

const STREAMS = { stdout: 1, stderr: 2 } as const

/** To the stream, if the settings name no file. Error `LOG_FILE_UNUSABLE` if that cannot be opened for writing. */
export function openLogging(
  settings: LoggingSettings,
  colors: boolean,
  stream: keyof typeof STREAMS = 'stdout',
): Logging {
  const { file, format, level } = settings
  const destination = pino.destination({
    dest: file === undefined ? STREAMS[stream] : openFile(file),
    sync: false,
    maxLength: WAITING_BYTES_MAX,
  })
  // A full disk or a reader that went away costs the log, not the node.
  destination.on('error', () => {})
  const options: pino.LoggerOptions = {
    level,
    base: null,
    serializers: { error: (error: unknown) => describeError(error, level === 'debug') },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '********' },
    ...(format === 'json' && {
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
    }),
  }
  const painted = colors && file === undefined
  const sink: pino.DestinationStream =
    format === 'json'
      ? destination
      : { write: (line) => void destination.write(formatLogLine(line, painted)) }
  return {
    logger: toLogger(pino(options, sink)),
    close: async () => {
      const over = new Promise<void>((resolve) => {
        for (const event of ['close', 'error']) destination.once(event, () => resolve())
      })
      destination.end()
      // Whoever reads may have stopped; then there is nobody to wait for.
      const patience = new AbortController()
      const { signal } = patience
      await Promise.race([over, setTimeout(CLOSE_TIMEOUT_MS, undefined, { signal }).catch(() => {})])
      patience.abort()
    },
  }
}

function openFile(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true })
    return openSync(file, 'a', 0o640)
  } catch (cause) {
    throw new DebrosError('LOG_FILE_UNUSABLE', `cannot log to ${file}: ${errorMessage(cause)}`, { cause })
  }
}

function describeError(error: unknown, withStack: boolean): object | string {
  if (!(error instanceof Error)) return String(error)
  return {
    ...(error instanceof DebrosError && { code: error.code }),
    message: error.message,
    ...(error.cause !== undefined && { cause: describeError(error.cause, withStack) }),
    ...(withStack && { stack: error.stack }),
  }
}

function toLogger(target: pino.Logger): Logger {
  return {
    debug: (fields, message) => target.debug(fields, message),
    info: (fields, message) => target.info(fields, message),
    warn: (fields, message) => target.warn(fields, message),
    error: (fields, message) => target.error(fields, message),
    child: (fields) => toLogger(target.child(fields)),
  }
}
