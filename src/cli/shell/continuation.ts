/** Where statements in files end, if no semicolon says so. */

const BLANK = /^\s*(?:--.*)?$/
/** What statements, and commands of the shell, begin with. */
const BEGINNING =
  /^\s*(?:\.|(?:ALTER|ANALYZE|ATTACH|BEGIN|COMMIT|CREATE|DELETE|DETACH|DROP|END|EXPLAIN|INSERT|PRAGMA|REINDEX|RELEASE|REPLACE|ROLLBACK|SAVEPOINT|SELECT|UPDATE|VACUUM|VALUES|WITH)\b)/i
/** No statement ends with one of these. */
const UNENDED =
  /(?:[,=<>+*/|-]|\b(?:ALL|AND|AS|BETWEEN|BY|DISTINCT|DO|EXCEPT|EXPLAIN|FROM|IN|INTERSECT|INTO|IS|JOIN|LIKE|NOT|ON|OR|PLAN|SELECT|SET|UNION|UPDATE|USING|VALUES|WHERE|WITH))$/i
/** These want a SELECT or VALUES of their own. */
const NEEDS_ROWS = /^(?:INSERT|REPLACE|WITH)\b/i
const HAS_ROWS = /\b(?:SELECT|VALUES|UPDATE|DELETE)\b/i

export function isBlank(line: string): boolean {
  return BLANK.test(line)
}

/**
 * Whether `line`, which is not blank, goes on with the statement so far rather than begins another. That is
 * asked for only where the line does not tell by itself: a statement may have very many lines.
 */
export function goesOn(line: string, soFar: () => string): boolean {
  if (!BEGINNING.test(line)) return true
  if (/^\s*\./.test(line)) return false
  const statement = soFar()
  return (
    UNENDED.test(statement) || (NEEDS_ROWS.test(statement) && !HAS_ROWS.test(outsideParentheses(statement)))
  )
}

function outsideParentheses(sql: string): string {
  const outer = sql.replace(/\([^()]*\)/g, ' ')
  return outer === sql ? sql : outsideParentheses(outer)
}
