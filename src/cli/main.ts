#!/usr/bin/env node
import { main } from './process-main.ts'

await main(process.argv.slice(2))
