import type { Logger } from '../../../src/base/index.ts'

export interface Logged {
  readonly level: string
  readonly message: string
  readonly fields: object
}

/** Keeps what is logged. */
export function recordingLogger(lines: Logged[] = [], base: object = {}): Logger & { lines: Logged[] } {
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: { ...base, ...fields } })
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => recordingLogger(lines, { ...base, ...fields }),
  }
}
