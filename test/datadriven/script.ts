/**
 * Data-driven tests, after the idea of etcd-io/raft's testdata: a script is a text that people read.
 *
 *   # A comment, copied as it is.
 *   command
 *   another command
 *   ----
 *   the output of both
 *
 * A block ends with a blank line, so output never holds one. Playing a script gives the text as it
 * should be; a test compares it with the text as it is, or (UPDATE=1) writes it for review.
 */

/** Runs one command and returns its output, one element a line. Throws on a command it does not know. */
export type RunCommand = (command: string) => readonly string[]

/** The text with every block's output replaced by what its commands say now. */
export function playScript(text: string, run: RunCommand): string {
  const output: string[] = []
  const lines = text.split('\n')
  let commands: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    if (line === '----') {
      if (commands.length === 0) throw new Error(`line ${at + 1}: output without a command`)
      output.push(line, ...runBlock(commands, at, run))
      commands = []
      while (at + 1 < lines.length && lines[at + 1] !== '') at++
      continue
    }
    if (line === '' || line.startsWith('#')) {
      if (commands.length > 0) throw new Error(`line ${at + 1}: a block ends with ---- and its output`)
    } else {
      commands.push(line)
    }
    output.push(line)
  }
  if (commands.length > 0) throw new Error('the script ends inside a block')
  return output.join('\n')
}

function runBlock(commands: readonly string[], endsAt: number, run: RunCommand): readonly string[] {
  const said = commands.flatMap((command, i) => {
    try {
      return run(command)
    } catch (error) {
      const line = endsAt - commands.length + i + 1
      throw new Error(`line ${line}: ${command}: ${(error as Error).message}`, { cause: error })
    }
  })
  return said.length > 0 ? said : ['ok']
}

/** A command's words: `verb a b key=value` as positional and named arguments. */
export interface Arguments {
  readonly verb: string
  readonly positional: readonly string[]
  /** Takes a named argument; what nobody took is an error, see {@link finish}. */
  named(key: string): string | undefined
  finish(): void
}

export function parseCommand(command: string): Arguments {
  const words = command.split(' ').filter((word) => word !== '')
  const [verb = '', ...rest] = words
  const named = new Map<string, string>()
  const positional: string[] = []
  for (const word of rest) {
    const equals = word.indexOf('=')
    if (equals === -1) positional.push(word)
    else named.set(word.slice(0, equals), word.slice(equals + 1))
  }
  return {
    verb,
    positional,
    named(key) {
      const value = named.get(key)
      named.delete(key)
      return value
    },
    finish() {
      if (named.size > 0) throw new Error(`unknown argument ${[...named.keys()].join(', ')}`)
    },
  }
}
