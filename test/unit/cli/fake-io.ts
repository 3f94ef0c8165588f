import type { Io } from '../../../src/cli/io.ts'
import { run } from '../../../src/cli/program.ts'
import type { Environment } from '../../../src/config/index.ts'

export interface FakeIo extends Io {
  /** Lines, joined by line feeds. */
  readonly output: () => string
  readonly errors: () => string
}

export function fakeIo(env: Environment = {}): FakeIo {
  const out: string[] = []
  const error: string[] = []
  return {
    env,
    colors: false,
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    output: () => out.join('\n'),
    errors: () => error.join('\n'),
  }
}

/** Runs a command line in this process. */
export async function debros(args: readonly string[], env: Environment = {}) {
  const io = fakeIo(env)
  const code = await run(args, io)
  return { code, out: io.output(), error: io.errors() }
}
