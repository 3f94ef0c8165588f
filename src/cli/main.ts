#!/usr/bin/env node
import { processIo } from './io.ts'
import { run } from './program.ts'

// Whoever reads our output may stop reading (`| head`); there is nobody left to tell anything then.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
}

process.exitCode = await run(process.argv.slice(2), processIo())
// Whatever a library left open must not keep a finished command alive.
setTimeout(() => process.exit(), 1_000).unref()
