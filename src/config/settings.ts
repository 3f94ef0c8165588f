/**
 * Every setting there is, once: its place in the file, its flag, its environment variables, its
 * default and its help. The file's schema, the command line and `debros config print` follow from
 * this table.
 *
 * Names and defaults are those of the DeBros node configuration; `http`, `raft` and `cluster` are
 * ours. Settings marked `inert` are known from other people's files: they are checked, and one line
 * at start says that they have no effect.
 */
import type { z } from 'zod'
import { CLUSTER_SETTINGS } from './settings/cluster.ts'
import { DATABASE_SETTINGS } from './settings/database.ts'
import { HTTP_SETTINGS } from './settings/http.ts'
import { LOGGING_SETTINGS } from './settings/logging.ts'
import { NETWORK_SETTINGS } from './settings/network.ts'
import { NODE_SETTINGS } from './settings/node.ts'
import { RAFT_SETTINGS } from './settings/raft.ts'
import { SECURITY_SETTINGS } from './settings/security.ts'
import type { Setting } from './settings/setting.ts'

export type { Setting, SettingGroup, SettingKind } from './settings/setting.ts'

/** Flags and environment add their text to the same schema, so a setting is checked in one place. */
export const SETTINGS = {
  ...NODE_SETTINGS,
  ...NETWORK_SETTINGS,
  ...HTTP_SETTINGS,
  ...CLUSTER_SETTINGS,
  ...RAFT_SETTINGS,
  ...DATABASE_SETTINGS,
  ...SECURITY_SETTINGS,
  ...LOGGING_SETTINGS,
} as const satisfies Record<string, Setting>

export type SettingPath = keyof typeof SETTINGS

export const SETTING_PATHS = Object.keys(SETTINGS) as readonly SettingPath[] // the table's own keys

/** What a setting's schema makes of a good value. */
export type SettingValue<P extends SettingPath> = z.output<(typeof SETTINGS)[P]['schema']>

/** Seen as the general shape, with its optional members. */
export function settingAt(path: SettingPath): Setting {
  return SETTINGS[path]
}
