/** What commands that talk to a node's HTTP API are told about it, and about whose requests these are. */
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { DebrosError, errorMessage, formatDuration, parseDuration } from '../base/index.ts'
import type { ClientCredentials, ConnectionInit } from '../client/index.ts'
import { createTlsFetch } from './tls-fetch.ts'

export const DEFAULT_API_URL = 'http://127.0.0.1:5001'

/** What {@link withConnection} makes of the command line. */
export interface ConnectionOptions {
  readonly user?: string
  readonly userFile?: string
  readonly caCert?: string
  readonly clientCert?: string
  readonly clientKey?: string
  readonly insecure?: boolean
}

export function httpUrl(value: string): string {
  const url = /^https?:\/\//.test(value) ? value : `http://${value}`
  if (!URL.canParse(url)) throw new InvalidArgumentError('It is not a URL.')
  // It would be shown in messages, and fetch does not take it.
  const { username, password } = new URL(url)
  if (username !== '' || password !== '') throw new InvalidArgumentError('Give the user with --user.')
  return url
}

export function timeoutMs(value: string): number {
  const ms = parseDuration(value)
  if (ms === undefined || ms < 1) throw new InvalidArgumentError('Use a duration such as 500ms or 10s.')
  return ms
}

/** An option for a duration, with its default as people write it. */
export function durationOption(flags: string, description: string, defaultMs: number): Option {
  return new Option(flags, description).argParser(timeoutMs).default(defaultMs, formatDuration(defaultMs))
}

/** Adds the options that say whose requests these are, and whom to trust. */
export function withConnection(command: Command): Command {
  return command
    .option('--user <name:password>', "user of the node's credentials file (better in DEBROS_USER)")
    .addOption(new Option('--user-file <file>', 'file that holds name:password').conflicts('user'))
    .option('--ca-cert <file>', "certificates, in PEM form, to trust instead of the system's")
    .option('--client-cert <file>', 'certificate to show to a node that asks for one')
    .option('--client-key <file>', 'its private key')
    .option('--insecure', "take any certificate for the node's")
}

/** Error `CONFIG_INVALID` if a file cannot be read or what is given makes no sense together. */
export function connectionInit(
  options: ConnectionOptions,
  env: Readonly<Record<string, string | undefined>>,
): ConnectionInit {
  const { user, userFile, caCert, clientCert, clientKey, insecure = false } = options
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new DebrosError('CONFIG_INVALID', '--client-cert and --client-key must be given together')
  }
  const text = user ?? (userFile === undefined ? env.DEBROS_USER : read(userFile).toString('utf8').trim())
  const tls = caCert !== undefined || clientCert !== undefined || insecure
  return {
    ...(text !== undefined && text !== '' && { credentials: toCredentials(text) }),
    ...(tls && {
      fetch: createTlsFetch({
        insecure,
        ...(caCert !== undefined && { ca: read(caCert) }),
        ...(clientCert !== undefined && { cert: read(clientCert) }),
        ...(clientKey !== undefined && { key: read(clientKey) }),
      }),
    }),
  }
}

function toCredentials(text: string): ClientCredentials {
  const colon = text.indexOf(':')
  if (colon < 1) throw new DebrosError('CONFIG_INVALID', 'a user is given as name:password')
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new DebrosError('CONFIG_INVALID', `cannot read ${file}: ${errorMessage(cause)}`, { cause })
  }
}
