/** Settings of the log. */
import * as s from '../schemas.ts'
import type { Setting } from './setting.ts'

export const LOGGING_SETTINGS = {
  'logging.level': {
    schema: s.choice(['debug', 'info', 'warn', 'error']),
    kind: 'text',
    fallback: 'info',
    group: 'Logging',
    help: 'Least important lines to log: debug, info, warn or error',
    value: 'level',
    flag: 'log-level',
    env: ['LOG_LEVEL'],
  },
  'logging.file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'Logging',
    help: 'File to log to. Left out: standard output',
    value: 'file',
    flag: 'log-file',
    env: ['LOG_OUTPUT_FILE'],
    aliases: ['logging.output_file'],
  },
  'logging.format': {
    schema: s.choice(['console', 'json']),
    kind: 'text',
    fallback: 'console',
    group: 'Logging',
    help: 'console for people, json for programs',
    value: 'format',
    flag: 'log-format',
    env: ['LOG_FORMAT'],
  },
} as const satisfies Record<string, Setting>
