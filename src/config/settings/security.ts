/** Settings of other people’s files for what `http` has here. */
import * as s from '../schemas.ts'
import type { Setting } from './setting.ts'

export const SECURITY_SETTINGS = {
  'security.enable_tls': {
    schema: s.flag(),
    kind: 'boolean',
    fallback: false,
    group: 'HTTP API',
    help: 'Serve HTTPS',
    env: ['ENABLE_TLS'],
    inert: { neutral: false, note: 'the HTTP API is served WITHOUT encryption' },
  },
  'security.private_key_file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'HTTP API',
    help: 'Private key for HTTPS',
    env: ['PRIVATE_KEY_FILE'],
    inert: { neutral: '' },
  },
  'security.certificate_file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'HTTP API',
    help: 'Certificate for HTTPS',
    env: ['CERT_FILE'],
    inert: { neutral: '' },
  },
  'security.auth_enabled': {
    schema: s.flag(),
    kind: 'boolean',
    fallback: false,
    group: 'HTTP API',
    help: 'Ask callers for credentials',
    env: ['AUTH_ENABLED'],
    inert: { neutral: false, note: 'the HTTP API answers ANYONE who can reach it' },
  },
} as const satisfies Record<string, Setting>
