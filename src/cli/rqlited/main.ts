#!/usr/bin/env node
import { main } from '../process-main.ts'

await main(['rqlited', ...process.argv.slice(2)])
