#!/usr/bin/env node
import { main } from '../process-main.ts'

await main(['rqlite', ...process.argv.slice(2)])
