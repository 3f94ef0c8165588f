/** GET /debug/vars: what has happened since the start, in the form of Go's expvar. */
import type { RequestContext } from './context.ts'
import { type HttpReply, jsonReply } from './reply.ts'

/** `key` leaves the one group of that name. */
export function handleDebugVars({ server, parameters }: RequestContext): HttpReply {
  const groups: Record<string, unknown> = {
    cmdline: process.argv.map(withoutSecrets),
    memstats: describeMemory(),
    ...server.counters.toJSON(),
  }
  const key = parameters.get('key') ?? ''
  const names = Object.keys(groups).sort()
  const shown = names.filter((name) => key === '' || name === key).map((name) => [name, groups[name]])
  return jsonReply(Object.fromEntries(shown), parameters.has('pretty'))
}

/** URLs can carry a password, and configurations given as JSON text, too: whoever may see this need not know them. */
export function withoutSecrets(argument: string): string {
  if (/^(?:-{1,2}[\w-]+=)?\s*[[{]/.test(argument)) return argument.replace(/[[{].*$/s, '********')
  return argument.replace(/:\/\/[^/?#]*@/g, '://********@')
}

/** Go's names where Node has the same number, in bytes. */
function describeMemory(): object {
  const { arrayBuffers, external, heapTotal, heapUsed, rss } = process.memoryUsage()
  return {
    Alloc: heapUsed,
    HeapAlloc: heapUsed,
    HeapInuse: heapUsed,
    HeapSys: heapTotal,
    Sys: rss,
    external,
    array_buffers: arrayBuffers,
  }
}
