/** What stands behind a dot command. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { DebrosError } from '../../base/index.ts'

export class CommandArguments {
  /** Everything behind the command, without blanks around it. */
  readonly text: string

  constructor(text: string) {
    this.text = text.trim()
  }

  /** Split at blanks that are not quoted; quotes are taken away. */
  get words(): readonly string[] {
    return [...this.text.matchAll(/'([^']*)'|"([^"]*)"|\S+/g)].map(
      ([word, single, double]) => single ?? double ?? word,
    )
  }

  /** The only one; undefined without any. */
  get optional(): string | undefined {
    const { words } = this
    if (words.length > 1) throw wrongUse(`too many arguments: ${this.text}`)
    return words[0]
  }

  required(what: string): string {
    const { optional } = this
    if (optional === undefined) throw wrongUse(`please specify ${what}`)
    return optional
  }

  /** All of it, blanks included, as the name of a file. */
  file(what: string): string {
    if (this.text === '') throw wrongUse(`please specify ${what}`)
    return expandPath(unquoted(this.text))
  }
}

export function wrongUse(message: string): DebrosError {
  return new DebrosError('SHELL_INPUT_INVALID', message)
}

/** `~/` is the home directory, as a command line has it. */
export function expandPath(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path
}

function unquoted(text: string): string {
  return /^(?:'[^']*'|"[^"]*")$/.test(text) ? text.slice(1, -1) : text
}
