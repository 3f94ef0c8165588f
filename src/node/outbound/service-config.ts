/** What the JSON files of automatic backup, automatic restore and change capture have in common. */
import { z } from 'zod'
import { DebrosError, errorMessage, parseDuration, TIMER_MS_MAX } from '../../base/index.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const DURATION_WANTED = 'must be a duration such as "300ms", "15s" or "1h30m", or a number of nanoseconds'
const NANOSECONDS_PER_MS = 1e6

/** A Go duration, as text or in nanoseconds; the value is in whole milliseconds, as long as a timer can run. */
export const duration = () =>
  z.union([z.string(), z.number()], { error: DURATION_WANTED }).transform((value, context) => {
    const ms = typeof value === 'number' ? value / NANOSECONDS_PER_MS : parseDuration(value)
    if (ms !== undefined && ms >= 0) return Math.min(Math.ceil(ms), TIMER_MS_MAX)
    context.addIssue({ code: 'custom', message: DURATION_WANTED })
    return z.NEVER
  })

/** Version 1 is the only one there is; none means it. */
export const version = () => z.literal([0, 1], { error: 'must be 1' }).optional()

/** A storage that is a directory. Others need services that this program does not talk to. */
export const fileStorage = () =>
  z.string({ error: 'must be "file"' }).superRefine((type, context) => {
    if (type === 'file') return
    const isKnown = type === 's3' || type === 'gcs'
    context.addIssue({
      code: 'custom',
      message: isKnown
        ? `${type} is not supported: use "file", with a directory that is copied to ${type} or mounted from it`
        : `unsupported storage type ${JSON.stringify(type)}: use "file"`,
    })
  })

export const directory = () =>
  z.string({ error: 'must be a directory' }).regex(/^\//, { error: 'must be an absolute path' })

/** The name of a file in that directory. */
export const fileName = () =>
  z
    .string({ error: 'must be the name of a file' })
    .refine((name) => !/[/\\\0]/.test(name) && name !== '' && name !== '.' && name !== '..', {
      error: 'must be a plain file name, without directories',
    })

/**
 * Reads a JSON document. `what` names it in messages. Members that are not known are ignored, as other
 * versions may know them. Throws `SERVICE_CONFIG_INVALID`, with all that is wrong.
 */
export function parseServiceConfig<T extends z.ZodType>(what: string, text: string, schema: T): z.output<T> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw invalid(what, `it is not JSON: ${errorMessage(error)}`)
  }
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')} ${message}`,
  )
  throw invalid(what, problems.join('; '))
}

export function invalid(what: string, why: string): DebrosError {
  return new DebrosError('SERVICE_CONFIG_INVALID', `the ${what} configuration cannot be used: ${why}`)
}
