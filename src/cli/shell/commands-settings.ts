/** Dot commands that show and change how the shell behaves. */
import { wrongUse } from './arguments.ts'
import type { DotCommand } from './command.ts'
import { MODES } from './render.ts'
import { LEVELS, type Settings } from './session.ts'

const SWITCH = ['on', 'off'] as const

/** The settings that are on or off. */
type Switch = { [Name in keyof Settings]: Settings[Name] extends boolean ? Name : never }[keyof Settings]

export const SETTING_COMMANDS: readonly DotCommand[] = [
  choice('consistency', LEVELS, 'Show or set read consistency of .tables, .indexes and .schema'),
  choice('mode', MODES, 'Show or set how rows are written'),
  toggle('blobarray', 'Show or set whether BLOBs are shown as arrays of bytes'),
  toggle('changes', 'Show or set whether the last insert ID follows each write'),
  toggle('forcewrites', 'Show or set whether every statement goes to /db/execute'),
  toggle('timer', 'Show or set whether run times are shown'),
  {
    name: '.output',
    usage: '[FILE]',
    summary: 'Write results to FILE from now on, or to stdout again',
    completes: 'files',
    run: async ({ output }, args) => {
      if (args.text === '' || args.text === 'stdout') return await output.redirect(undefined)
      await output.redirect({ path: args.file('an output file'), name: args.text })
    },
  },
  {
    name: '.show',
    summary: 'Show the current values of all settings',
    run: async (session) => {
      const { settings, output } = session
      const values = { ...settings, output: output.name }
      const lines = Object.entries(values)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `  ${name}: ${typeof value === 'boolean' ? onOff(value) : value}\n`)
      await session.print(lines)
    },
  },
]

function toggle(name: Switch, summary: string): DotCommand {
  return {
    name: `.${name}`,
    usage: '[on|off]',
    summary,
    completes: SWITCH,
    run: async (session, { optional }) => {
      const value = optional?.toLowerCase()
      if (value === undefined) return await session.printLine(onOff(session.settings[name]))
      if (value !== 'on' && value !== 'off')
        throw wrongUse(`invalid option '${optional}'. Use 'on' or 'off' (default)`)
      session.settings[name] = value === 'on'
    },
  }
}

function choice<Name extends 'consistency' | 'mode'>(
  name: Name,
  values: readonly Settings[Name][],
  summary: string,
): DotCommand {
  return {
    name: `.${name}`,
    usage: `[${values.join('|')}]`,
    summary,
    completes: values,
    run: async (session, { optional }) => {
      if (optional === undefined) return await session.printLine(session.settings[name])
      const value = values.find((one) => one === optional.toLowerCase())
      if (value === undefined) throw wrongUse(`invalid ${name} '${optional}'. Use ${list(values)}`)
      session.settings[name] = value
    },
  }
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off'
}

function list(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`)
  return `${quoted.slice(0, -1).join(', ')}, or ${quoted.at(-1)}`
}
