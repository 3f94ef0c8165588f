/**
 * Which PRAGMAs clients may use. Most change their connection only, and a connection exists on one
 * replica and ends with its process; so whatever is not listed here is refused.
 */

/** Told without a value. None of them changes anything. */
const READABLE = new Set([
  'analysis_limit',
  'application_id',
  'auto_vacuum',
  'automatic_index',
  'busy_timeout',
  'cache_size',
  'cache_spill',
  'cell_size_check',
  'checkpoint_fullfsync',
  'collation_list',
  'compile_options',
  'database_list',
  'defer_foreign_keys',
  'encoding',
  'foreign_key_check',
  'foreign_keys',
  'freelist_count',
  'full_column_names',
  'fullfsync',
  'function_list',
  'hard_heap_limit',
  'ignore_check_constraints',
  'integrity_check',
  'journal_mode',
  'journal_size_limit',
  'legacy_alter_table',
  'locking_mode',
  'max_page_count',
  'mmap_size',
  'page_count',
  'page_size',
  'pragma_list',
  'query_only',
  'quick_check',
  'read_uncommitted',
  'recursive_triggers',
  'reverse_unordered_selects',
  'schema_version',
  'secure_delete',
  'short_column_names',
  'soft_heap_limit',
  'synchronous',
  'table_list',
  'temp_store',
  'threads',
  'trusted_schema',
  'user_version',
  'wal_autocheckpoint',
  'writable_schema',
])

/** Take an argument that says what to look at. */
const INSPECTING = new Set([
  'foreign_key_check',
  'foreign_key_list',
  'index_info',
  'index_list',
  'index_xinfo',
  'integrity_check',
  'quick_check',
  'table_info',
  'table_list',
  'table_xinfo',
])

/** Set a number in the database file, which is part of the replicated state. */
const STORED = new Set(['application_id', 'user_version'])

/**
 * What the table-valued form (`pragma_<name>`) of these tells is the same on every replica, so that it may
 * be stored; and it takes no argument that could set something.
 */
const READABLE_TABLES = new Set([
  'application_id',
  'collation_list',
  'compile_options',
  'encoding',
  'foreign_keys',
  'freelist_count',
  'function_list',
  'page_count',
  'pragma_list',
  'schema_version',
  'user_version',
])

/**
 * Harmless without their argument, dangerous with it: `pragma_page_size(8192)` sets the page size. The
 * argument can also be given as `WHERE arg = …`.
 */
const ARGUMENTLESS_TABLES = new Set(['page_size'])

/** Every PRAGMA that SQLite offers as a table; other names with the prefix are a client's own. */
const TABLES = new Set([
  ...READABLE_TABLES,
  ...ARGUMENTLESS_TABLES,
  ...INSPECTING,
  'analysis_limit',
  'auto_vacuum',
  'automatic_index',
  'busy_timeout',
  'cache_size',
  'cache_spill',
  'cell_size_check',
  'checkpoint_fullfsync',
  'count_changes',
  'data_version',
  'database_list',
  'default_cache_size',
  'defer_foreign_keys',
  'empty_result_callbacks',
  'full_column_names',
  'fullfsync',
  'hard_heap_limit',
  'ignore_check_constraints',
  'incremental_vacuum',
  'journal_mode',
  'journal_size_limit',
  'legacy_alter_table',
  'locking_mode',
  'max_page_count',
  'mmap_size',
  'module_list',
  'optimize',
  'query_only',
  'read_uncommitted',
  'recursive_triggers',
  'reverse_unordered_selects',
  'secure_delete',
  'short_column_names',
  'shrink_memory',
  'soft_heap_limit',
  'synchronous',
  'temp_store',
  'temp_store_directory',
  'threads',
  'trusted_schema',
  'wal_autocheckpoint',
  'wal_checkpoint',
  'writable_schema',
])

/** rqlite's list: a request with one of these is refused as a whole. Keyed by what is refused. */
const DISALLOWED_WITH_VALUE = new Set(['journal_mode', 'query_only', 'synchronous', 'wal_autocheckpoint'])
const DISALLOWED = new Set(['wal_checkpoint'])

/** What a PRAGMA does, or `refused`. */
export type PragmaUse = 'read' | 'write' | 'refused'

export function pragmaUse(name: string, hasValue: boolean): PragmaUse {
  if (!hasValue) return READABLE.has(name) || INSPECTING.has(name) ? 'read' : 'refused'
  if (INSPECTING.has(name)) return 'read'
  return STORED.has(name) ? 'write' : 'refused'
}

export function isDisallowedPragma(name: string, hasValue: boolean): boolean {
  return DISALLOWED.has(name) || (hasValue && DISALLOWED_WITH_VALUE.has(name))
}

/**
 * How a statement may use the table `pragma_<name>`: `argumentless` means that no argument may be
 * given; undefined that SQLite has no such table.
 */
export function pragmaTableUse(name: string): 'free' | 'argumentless' | 'refused' | undefined {
  if (!TABLES.has(name)) return undefined
  if (READABLE_TABLES.has(name) || INSPECTING.has(name)) return 'free'
  return ARGUMENTLESS_TABLES.has(name) ? 'argumentless' : 'refused'
}
