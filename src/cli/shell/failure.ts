/** What was thrown, in words for whoever types. */
import { getSystemErrorMap } from 'node:util'
import { errorMessage } from '../../base/index.ts'

/** Errors of files are told by the file and what is wrong with it, without codes and calls of the system. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return errorMessage(error)
  const { errno, path } = error as NodeJS.ErrnoException // members that may be missing
  const reason = typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined
  return path !== undefined && reason !== undefined ? `${path}: ${reason}` : errorMessage(error)
}
