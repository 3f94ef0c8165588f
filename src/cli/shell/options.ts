/** The flags of the shell, which are those of rqlite's. */
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { DebrosError, formatHostPort, hostKind, parseHostPort } from '../../base/index.ts'
import type { Environment } from '../../config/index.ts'
import { durationOption } from '../api-options.ts'
import { Endpoint } from './endpoint.ts'

export type ShellName = 'debros shell' | 'rqlite'

const DEFAULT_PORTS: Readonly<Record<ShellName, number>> = { 'debros shell': 5001, rqlite: 4001 }

export interface ShellOptions {
  readonly host: string
  readonly port: number
  readonly scheme: 'http' | 'https'
  readonly prefix: string
  readonly user?: string
  readonly userFile?: string
  readonly alternatives?: readonly string[]
  readonly insecure?: boolean
  readonly caCert?: string
  readonly clientCert?: string
  readonly clientKey?: string
  /** Milliseconds. */
  readonly httpTimeout: number
  readonly bail?: boolean
}

const ENVIRONMENT_HELP = `
Environment:
  DEBROS_USER          user:password, where nobody sees it in the list of processes
  RQLITE_HOST          [http[s]:]//host[:port], if neither host, port nor scheme is given
  RQLITE_HISTFILESIZE  lines of history that are kept (default: 100; 0 keeps none)
`

/** Adds the flags, and what the environment may say instead. */
export function addShellOptions(command: Command, name: ShellName): Command {
  return command
    .option('-H, --host <host>', 'host of a node', hostName, '127.0.0.1')
    .option('-p, --port <port>', "port of the node's HTTP API", portNumber, DEFAULT_PORTS[name])
    .addOption(
      new Option('-s, --scheme <scheme>', 'http or https').choices(['http', 'https']).default('http'),
    )
    .option('-P, --prefix <path>', 'path before that of every request', pathPrefix, '/')
    .option('-u, --user <user:password>', 'for HTTP Basic authentication', credentials)
    .addOption(new Option('--user-file <file>', 'file that holds user:password').conflicts('user'))
    .option('-a, --alternatives <host:port,...>', 'nodes to ask if the first cannot be reached', hostList)
    .option('-i, --insecure', "do not verify the server's certificate")
    .option('-c, --ca-cert <file>', 'trusted X.509 root certificates (PEM)')
    .option('-d, --client-cert <file>', 'certificate of this client (PEM), for mutual TLS')
    .option('-k, --client-key <file>', 'its private key (PEM)')
    .addOption(durationOption('-t, --http-timeout <duration>', 'time limit of a request', 30_000))
    .option('-b, --bail', 'stop at the first failure, with exit code 1')
    .addHelpText('after', ENVIRONMENT_HELP)
}

/** With what the environment adds. Error `SHELL_INPUT_INVALID` if that makes no sense. */
export function resolveShellOptions(command: Command, env: Environment): ShellOptions {
  const options = command.opts<ShellOptions>()
  const user = options.user ?? (options.userFile === undefined ? env.DEBROS_USER : readUser(options.userFile))
  if (user !== undefined && !user.includes(':'))
    throw new DebrosError('SHELL_INPUT_INVALID', 'a user is given as user:password')
  const given = ['host', 'port', 'scheme'].some((name) => command.getOptionValueSource(name) === 'cli')
  return {
    ...options,
    ...(!given && env.RQLITE_HOST && hostFromEnvironment(env.RQLITE_HOST)),
    ...(user !== undefined && { user }),
  }
}

/** Error of the file system if a certificate or key cannot be read. */
export function createEndpoint(options: ShellOptions): Endpoint {
  const { host, port, scheme, prefix, user, alternatives = [], insecure = false } = options
  const read = (path: string | undefined): string | undefined => path && readFileSync(path, 'utf8')
  const [ca, cert, key] = [read(options.caCert), read(options.clientCert), read(options.clientKey)]
  return new Endpoint({
    scheme,
    hosts: [formatHostPort({ host, port }), ...alternatives],
    prefix,
    timeoutMs: options.httpTimeout,
    ...(user !== undefined && { credentials: user }),
    tls: { insecure, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  })
}

function readUser(file: string): string {
  return readFileSync(file, 'utf8').trim()
}

function hostFromEnvironment(text: string): Partial<ShellOptions> {
  const match = /^(?:(?:(https?):)?\/\/)?([^/]+)\/?$/.exec(text)
  const [, scheme, address = ''] = match ?? []
  const withPort = parseHostPort(address)
  const host = withPort?.host ?? address.replace(/^\[(.*)\]$/, '$1')
  if (hostKind(host) === undefined)
    throw new DebrosError('SHELL_INPUT_INVALID', 'RQLITE_HOST must be [http[s]:]//host[:port]')
  return {
    host,
    ...(withPort && { port: withPort.port }),
    ...(scheme && { scheme: scheme as ShellOptions['scheme'] }), // the pattern has no others
  }
}

/** rqlite's flags also take `-p=4001`. */
function plain(value: string): string {
  return value.replace(/^=/, '')
}

function hostName(value: string): string {
  const host = plain(value).replace(/^\[(.*)\]$/, '$1')
  if (hostKind(host) === undefined) throw new InvalidArgumentError('Use a name or an address.')
  return host
}

function portNumber(value: string): number {
  const port = plain(value)
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    throw new InvalidArgumentError('Use a whole number from 1 to 65535.')
  return Number(port)
}

function pathPrefix(value: string): string {
  const inside = plain(value).replace(/^\/+|\/+$/g, '')
  return inside === '' ? '/' : `/${inside}/`
}

function credentials(value: string): string {
  if (!value.includes(':')) throw new InvalidArgumentError('Use user:password.')
  return value
}

function hostList(value: string): string[] {
  return plain(value)
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '')
    .map((host) => {
      if (parseHostPort(host) === undefined) throw new InvalidArgumentError(`"${host}" is not host:port.`)
      return host
    })
}
