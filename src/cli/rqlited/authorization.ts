/** What the file of `-auth` says, for callers and for joining. */
import { DebrosError, type Logger } from '../../base/index.ts'
import type { NodeInit } from '../../node/index.ts'
import type { RqlitedCommandLine } from './command-line.ts'

/** Errors: `CREDENTIALS_FILE_*`; `RQLITED_REFUSED` if the user to join as is not in the file. */
export async function readAuthorization(
  { values }: RqlitedCommandLine,
  logger: Logger,
): Promise<Pick<NodeInit, 'authorizer' | 'joinCredentials'>> {
  const file = values.auth
  if (file === '') return {}
  // Loaded here, so that a command line is refused without waiting for libp2p and the engine.
  const { readCredentialsFile } = await import('../../node/index.ts')
  const { authorizer, warnings } = await readCredentialsFile(file)
  for (const warning of warnings) logger.warn({}, warning)
  const user = values['join-as']
  if (user === '') return { authorizer }
  const joinCredentials = authorizer.credentialsOf(user)
  if (joinCredentials === undefined) {
    throw new DebrosError('RQLITED_REFUSED', `-join-as: there is no user ${JSON.stringify(user)} in ${file}`)
  }
  return { authorizer, joinCredentials }
}
