#!/usr/bin/env node
import { processIo } from './io.ts'
import { run } from './program.ts'

process.exitCode = await run(process.argv.slice(2), processIo())
// Whatever a library left open must not keep a finished command alive.
setTimeout(() => process.exit(), 1_000).unref()
