import type { Command } from 'commander'
import { type ConfigEntry, loadConfig, settingAt } from '../config/index.ts'
import type { Io } from './io.ts'
import { addSettingOptions, configFlags } from './setting-options.ts'
import { formatTable } from './table.ts'

export function addConfigCommand(program: Command, io: Io): void {
  const command = program
    .command('config')
    .summary('show and check the configuration of a node')
    .description('Shows and checks the configuration of a node.')
  addPrint(command, io)
  addValidate(command, io)
}

function addPrint(parent: Command, io: Io): void {
  const command = parent
    .command('print')
    .summary('show every setting and where it came from')
    .description(
      'Shows every setting a node started with the same flags would have, and where each came from.',
    )
    .option('--json', 'as JSON, with the settings that have no effect too')
  addSettingOptions(command).action((options: { json?: boolean }) => {
    const { file, flags } = configFlags(command)
    const { entries, warnings } = loadConfig({ file, flags, env: io.env })
    if (options.json) {
      io.out(JSON.stringify({ settings: entries, warnings }, undefined, 2))
      return
    }
    io.out(settingsTable(entries))
    for (const warning of warnings) io.error(`warning: ${warning}`)
  })
}

function settingsTable(entries: readonly ConfigEntry[]): string {
  const shownEntries = entries.filter(({ path, source }) => !(settingAt(path).inert && source === 'default'))
  return formatTable(
    ['SETTING', 'VALUE', 'FROM'],
    shownEntries.map(({ path, value, source, origin }) => [path, shown(value), origin ?? source]),
  )
}

function shown(value: ConfigEntry['value']): string {
  if (Array.isArray(value)) return value.join(', ')
  return value === undefined ? '' : String(value)
}

function addValidate(parent: Command, io: Io): void {
  parent
    .command('validate')
    .summary('check a configuration file')
    .description(
      'Checks a file as a node started here with --config would read it. Lists all problems at once.',
    )
    .argument('<file>', 'YAML file')
    .action((file: string) => {
      const { warnings } = loadConfig({ file, env: io.env })
      for (const warning of warnings) io.error(`warning: ${warning}`)
      io.out(`${file}: valid`)
    })
}
