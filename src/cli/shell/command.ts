/** The form of a dot command. */
import type { CommandArguments } from './arguments.ts'
import type { Session } from './session.ts'

export interface DotCommand {
  /** With its dot, in small letters. */
  readonly name: string
  /** Its arguments, as the help shows them. */
  readonly usage?: string
  readonly summary: string
  /** What Tab offers for its argument: these words, or names of files. */
  readonly completes?: 'files' | readonly string[]
  readonly run: (session: Session, args: CommandArguments) => Promise<void>
}
