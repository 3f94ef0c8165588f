import { DebrosError } from '../base/index.ts'

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** The setting, with where its value came from when that is not the file: `--data`, `DATA_DIR`. */
  readonly path: string
  readonly message: string
  /** What to do about it. */
  readonly hint?: string | undefined
}

/** `path: message; hint` */
export function formatProblem(problem: Problem): string {
  const line = `${problem.path}: ${problem.message}`
  return problem.hint ? `${line}; ${problem.hint}` : line
}

/** Code `CONFIG_INVALID`. Carries every problem found, and lists them all in its message. */
export class ConfigError extends DebrosError {
  override name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super('CONFIG_INVALID', ['invalid config:', ...problems.map((p) => `  ${formatProblem(p)}`)].join('\n'))
    this.problems = problems
  }
}
