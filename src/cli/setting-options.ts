/** The settings as options of a command, and back. */
import { type Command, Option } from 'commander'
import { type FlagValues, SETTING_PATHS, type Setting, settingAt } from '../config/index.ts'

export interface ConfigFlags {
  /** `--config` */
  readonly file: string | undefined
  readonly flags: FlagValues
}

/** Adds `--config` and a flag for every setting, in groups. */
export function addSettingOptions(command: Command): Command {
  for (const option of OPTIONS) command.addOption(option)
  return command
}

/** What the command line said; only what was given, so that the other sources can tell. */
export function configFlags(command: Command): ConfigFlags {
  const given = command.opts<Record<string, string | boolean | string[] | undefined>>()
  const flags = Object.fromEntries(
    OPTIONS.map((option) => [option.long?.slice(2) ?? '', given[option.attributeName()]]),
  )
  const { config, ...rest } = flags
  return { file: typeof config === 'string' ? config : undefined, flags: rest }
}

const OPTIONS: readonly Option[] = [
  new Option('-c, --config <file>', 'YAML file with settings').helpGroup('General:'),
  ...SETTING_PATHS.flatMap((path) => {
    const setting = settingAt(path)
    return setting.flag === undefined ? [] : [settingOption(setting.flag, setting)]
  }),
  new Option(
    '--p2p-port <port>',
    'Port of the libp2p listener; short for a --listen-address that differs in its port only',
  ).helpGroup('Network:'),
  new Option(
    '--adv-addr <host>',
    'Name or address of this machine as other nodes and clients reach it; short for --http-adv-address and --raft-adv-address (default: 127.0.0.1)',
  ).helpGroup('Network:'),
]

function settingOption(flag: string, setting: Setting): Option {
  const value = setting.kind === 'boolean' ? ' [true|false]' : ` <${setting.value ?? 'value'}>`
  const notes = [shownDefault(setting), setting.env?.length ? `env: ${setting.env.join(', ')}` : ''].filter(
    Boolean,
  )
  const description = notes.length > 0 ? `${setting.help} (${notes.join('; ')})` : setting.help
  return new Option(`--${flag}${value}`, description).helpGroup(`${setting.group}:`)
}

function shownDefault({ fallback }: Setting): string {
  if (fallback === undefined || fallback === '' || fallback === false) return ''
  return `default: ${Array.isArray(fallback) ? fallback.join(', ') : String(fallback)}`
}
