import type { SqlStatement } from '../sql/index.ts'
import type { RequestBody } from './body.ts'
import { LARGE_BODY_LENGTH } from './defaults.ts'
import { parseLargeBody } from './large-body.ts'
import { parseStatements } from './statements.ts'

/** About what the least statement takes in memory, with its lists of parameters; and a parameter, with its text. */
const STATEMENT_BYTES = 256
const PARAMETER_BYTES = 32

/**
 * The statements of a body, of which this is the text; see `parseStatements`. A large one does not hold the thread
 * meanwhile. Throws a 503 if they take too much memory together with those of other requests.
 */
export async function parseBody(body: RequestBody, text: string): Promise<SqlStatement[]> {
  const isLarge = text.length > LARGE_BODY_LENGTH
  const statements = isLarge ? await parseLargeBody(text) : parseStatements(text)
  let parameters = 0
  for (const { positional, named } of statements) {
    parameters += positional.length
    for (const _ in named) parameters++
  }
  body.holdAtLeast(statements.length * STATEMENT_BYTES + parameters * PARAMETER_BYTES)
  return statements
}
