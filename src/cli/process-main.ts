/** What a program of this package does around its command. */
import { processIo } from './io.ts'
import { run } from './program.ts'

export async function main(args: readonly string[]): Promise<void> {
  // Whoever reads our output may stop reading (`| head`); there is nobody left to tell anything then.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      throw error
    })
  }
  process.exitCode = await run(args, processIo())
  // Whatever a library left open must not keep a finished command alive.
  setTimeout(() => process.exit(), 1_000).unref()
}
