/** From the configuration to who may do what, and what this node shows where it asks to join. */
import { DebrosError, type Logger } from '../base/index.ts'
import type { NodeConfig } from '../config/index.ts'
import type { NodeInit } from '../node/index.ts'

/** Errors: `CREDENTIALS_FILE_*`; `CONFIG_INVALID` if the user to join as is not in the file. */
export async function readAuthorization(
  { http: { authFile }, joinAs }: NodeConfig,
  logger: Logger,
): Promise<Pick<NodeInit, 'authorizer' | 'joinCredentials'>> {
  if (authFile === undefined) return {}
  // Loaded here, so that `debros --help` need not wait for libp2p and the engine.
  const { readCredentialsFile } = await import('../node/index.ts')
  const { authorizer, warnings } = await readCredentialsFile(authFile)
  for (const warning of warnings) logger.warn({}, warning)
  if (joinAs === undefined) return { authorizer }
  const joinCredentials = authorizer.credentialsOf(joinAs)
  if (joinCredentials !== undefined) return { authorizer, joinCredentials }
  throw new DebrosError('CONFIG_INVALID', `cluster.join_as: ${joinAs} is no user of ${authFile}`)
}
