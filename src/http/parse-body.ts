import type { SqlStatement } from '../sql/index.ts'
import { LARGE_BODY_LENGTH } from './defaults.ts'
import { parseLargeBody } from './large-body.ts'
import { parseStatements } from './statements.ts'

/** See `parseStatements`. A large body does not hold the thread meanwhile. */
export async function parseBody(text: string): Promise<SqlStatement[]> {
  return text.length > LARGE_BODY_LENGTH ? await parseLargeBody(text) : parseStatements(text)
}
