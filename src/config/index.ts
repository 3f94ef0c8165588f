export { isUnspecified } from './addresses.ts'
export { CLUSTER_SECRET_FILE_NAME, type ClusterSecret, ensureClusterSecret } from './cluster-secret.ts'
export { type LoadOptions, loadConfig } from './load.ts'
export { ConfigError, formatProblem, type Problem } from './problems.ts'
export { resolveConfig } from './resolve.ts'
export {
  SETTING_PATHS,
  SETTINGS,
  type Setting,
  type SettingGroup,
  type SettingPath,
  settingAt,
} from './settings.ts'
export { suggest } from './suggest.ts'
export type {
  ConfigEntry,
  ConfigInput,
  ConfigSource,
  Environment,
  FlagValues,
  HttpSettings,
  LoggingSettings,
  NodeConfig,
  OutboundSettings,
  RaftSettings,
  ResolvedConfig,
} from './types.ts'
