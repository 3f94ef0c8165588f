/** Settings of the node itself. */
import * as s from '../schemas.ts'
import type { Setting } from './setting.ts'

export const NODE_SETTINGS = {
  'node.id': {
    schema: s.text().regex(/^[\x21-\x7e]{0,128}$/, {
      error: 'must have at most 128 visible ASCII characters and no blanks',
    }),
    kind: 'text',
    fallback: '',
    group: 'Node',
    help: 'Name of this node in the cluster; it never changes. Left out, one is made up and kept in the data directory',
    value: 'name',
    flag: 'id',
    env: ['NODE_ID'],
  },
  'node.type': {
    schema: s.choice(['bootstrap', 'node']),
    kind: 'text',
    fallback: undefined,
    group: 'Node',
    help: 'bootstrap starts a cluster, node joins one; follows from the join address and need not be given',
    value: 'type',
    flag: 'type',
    env: ['NODE_TYPE'],
  },
  'node.data_dir': {
    schema: s.path(),
    kind: 'path',
    fallback: './data',
    group: 'Node',
    help: 'Directory for everything the node keeps; created if it is missing',
    value: 'dir',
    flag: 'data',
    env: ['DATA_DIR'],
    aliases: ['data_dir'],
  },
  'node.key_file': {
    schema: s.text(),
    kind: 'path',
    fallback: '',
    group: 'Node',
    help: 'File of the private key that is this node’s identity. Left out: identity.key in the data directory',
    value: 'file',
    flag: 'key-file',
    env: ['DEBROS_KEY_FILE'],
    aliases: ['key_file'],
  },
  'node.solana_wallet': {
    schema: s.text().regex(/^(?:[1-9A-HJ-NP-Za-km-z]{32,44})?$/, {
      error: 'must be a base58 address of 32 to 44 characters',
    }),
    kind: 'text',
    fallback: '',
    group: 'Node',
    help: 'Wallet of the operator',
    aliases: ['solana_wallet'],
    inert: { neutral: '' },
  },
} as const satisfies Record<string, Setting>
