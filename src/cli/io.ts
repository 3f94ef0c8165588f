/** The world as commands see it, so that tests can stand in for it. */
import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { Environment } from '../config/index.ts'

export interface Io {
  /** Writes lines to standard output. */
  out(text: string): void
  /** Writes lines to standard error. */
  error(text: string): void
  readonly env: Environment
  /** Whether standard output shows colours. */
  readonly colors: boolean
  /** For commands that talk with their user. @default those of the process */
  readonly streams?: Streams
}

/** Each a terminal, a pipe or a file. */
export interface Streams {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Writable & { readonly isTTY?: boolean }
  readonly error: Writable & { readonly isTTY?: boolean }
}

export function processIo(): Io {
  const { env, stdout } = process
  return {
    out: (text) => void stdout.write(`${text}\n`),
    error: (text) => void process.stderr.write(`${text}\n`),
    env,
    // https://no-color.org and its counterpart; a terminal otherwise.
    colors: env.NO_COLOR ? false : env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : stdout.isTTY === true,
  }
}

export type Style = Parameters<typeof styleText>[0]

export function paint(io: Pick<Io, 'colors'>, style: Style, text: string): string {
  return io.colors ? styleText(style, text, { validateStream: false }) : text
}
