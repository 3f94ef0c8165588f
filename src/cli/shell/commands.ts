/** All dot commands, and what a line of input is. */
import { CommandArguments, wrongUse } from './arguments.ts'
import type { DotCommand } from './command.ts'
import { CLUSTER_COMMANDS } from './commands-cluster.ts'
import { DATA_COMMANDS } from './commands-data.ts'
import { DIAGNOSTIC_COMMANDS } from './commands-diagnostics.ts'
import { SCHEMA_COMMANDS } from './commands-schema.ts'
import { SETTING_COMMANDS } from './commands-settings.ts'
import type { Session } from './session.ts'

const READ: DotCommand = {
  name: '.read',
  usage: 'FILE',
  summary: 'Run the statements and commands in FILE',
  completes: 'files',
  run: (session, args) => session.readFile(args.file('an input file to read from')),
}

const HELP: DotCommand = {
  name: '.help',
  summary: 'Show this message',
  run: (session) => session.print([helpText()]),
}

const ENDS: readonly DotCommand[] = ['.exit', '.quit'].map((name) => ({
  name,
  summary: 'Exit this program',
  run: async (session) => {
    session.quit = true
  },
}))

export const COMMANDS: readonly DotCommand[] = [
  ...SCHEMA_COMMANDS,
  ...SETTING_COMMANDS,
  ...DIAGNOSTIC_COMMANDS,
  ...CLUSTER_COMMANDS,
  ...DATA_COMMANDS,
  READ,
  HELP,
  ...ENDS,
].sort((a, b) => (a.name < b.name ? -1 : 1))

/** In the manner of people who are used to other shells. */
const END_WORDS = /^(?:quit|exit)\s*;?\s*$/i

/** Whether a line, where no statement is open, is for the shell itself rather than SQL. */
export function isCommand(line: string): boolean {
  return /^\s*\./.test(line) || END_WORDS.test(line.trim())
}

/** Error `SHELL_INPUT_INVALID` for a command that does not exist, or not in this form. */
export async function runCommand(session: Session, line: string): Promise<void> {
  const text = line.trim()
  const [, word = '', rest = ''] = /^(\S+)(.*)$/s.exec(text) ?? []
  const name = END_WORDS.test(text) ? '.quit' : word.toLowerCase().replace(/;+$/, '')
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) throw wrongUse(`unknown command ${word}; .help lists them`)
  const args = new CommandArguments(rest)
  if (command.usage === undefined && args.text !== '') throw wrongUse(`${command.name} takes no argument`)
  await command.run(session, args)
}

function helpText(): string {
  const rows = COMMANDS.map(
    ({ name, usage, summary }) => [usage ? `${name} ${usage}` : name, summary] as const,
  )
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, summary]) => `${left.padEnd(width)}  ${summary}\n`).join('')
}
