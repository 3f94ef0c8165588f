/** GET /licenses: under which terms this program, and what it is made from, may be used. */
import type { RequestContext } from './context.ts'
import type { HttpReply } from './reply.ts'

export function handleLicenses({ server }: RequestContext): HttpReply {
  const body = server.build.licenses?.() ?? 'debros is under the MIT license.\n'
  return { status: 200, type: 'text', body }
}
