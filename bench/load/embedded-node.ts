/**
 * A program that embeds a node through the library, and calls it from inside, as many times at once as it
 * is told: what is left when there is no HTTP. Asked over HTTP on a port of its own (POST a plan, get a
 * LoadResult), which carries nothing while it measures.
 */
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import type { createNode as CreateNode, DebrosNode, NodeOptions } from '../../src/index.ts'
import type { EmbeddedInit, EmbeddedPlan } from './embedded-types.ts'
import { Latencies } from './latencies.ts'
import { TABLE } from './templates.ts'
import type { LoadResult } from './types.ts'

const VALUE = 'x'.repeat(100)
const VALUE_BYTES = Buffer.from(VALUE)
const SQL = 'INSERT INTO load(name, value) VALUES(?, ?)'

type Call = (number: number) => Promise<unknown>

function callOf(node: DebrosNode, { operation, namespaces = 0, level = 'linearizable' }: EmbeddedPlan): Call {
  const place = (number: number) => (namespaces === 0 ? {} : { namespace: `n${number % namespaces}` })
  const key = (number: number) => Buffer.from(`key${String(number).padStart(12, '0')}`)
  switch (operation) {
    case 'sql-insert':
      return (number) =>
        node.database.execute([{ sql: SQL, positional: [`name-${number}`, VALUE] }], place(number))
    case 'kv-put':
      return (number) => node.storage.put(key(number), VALUE_BYTES, place(number))
    case 'kv-get':
      return (number) => node.storage.get(key(number), { level, ...place(number) })
  }
}

/** A namespace begins empty. */
async function createTables(node: DebrosNode, { operation, namespaces = 0 }: EmbeddedPlan): Promise<void> {
  if (operation !== 'sql-insert') return
  const sql = TABLE.replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS')
  for (let i = 0; i < namespaces; i++) await node.database.execute([sql], { namespace: `n${i}` })
}

async function measure(node: DebrosNode, plan: EmbeddedPlan): Promise<LoadResult> {
  await createTables(node, plan)
  const call = callOf(node, plan)
  const latencies = new Latencies()
  const errors = new Map<string, number>()
  const [from, to] = [plan.warmUpSeconds * 1000, (plan.warmUpSeconds + plan.seconds) * 1000]
  const started = performance.now()
  let number = plan.firstNumber
  let warmUpDone = 0
  const repeat = async (): Promise<void> => {
    for (;;) {
      const sentAt = performance.now()
      if (sentAt - started >= to) return
      const next = plan.numbers === undefined ? number++ : number++ % plan.numbers
      const failed = await call(next).then(failureOf, (error: Error) => error.message)
      const answeredAt = performance.now()
      const inWarmUp = answeredAt - started < from
      if (inWarmUp && failed === undefined) warmUpDone++
      if (inWarmUp || answeredAt - started >= to) continue
      if (failed === undefined) latencies.add(answeredAt - sentAt)
      else errors.set(failed, (errors.get(failed) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: plan.inFlight }, repeat))
  return {
    seconds: plan.seconds,
    done: latencies.count,
    perSecond: latencies.count / plan.seconds,
    doneInAll: warmUpDone + latencies.count,
    latency: latencies.summary(),
    errors: Object.fromEntries(errors),
    generatorCpuSeconds: 0,
  }
}

/** What a statement did wrong is an answer. */
function failureOf(answer: unknown): string | undefined {
  const result = (answer as { readonly results?: readonly { readonly kind: string }[] } | undefined)
    ?.results?.[0]
  return result?.kind === 'error' ? JSON.stringify(result) : undefined
}

const { library, controlPort, options } = JSON.parse(process.argv[2] as string) as EmbeddedInit
const { createNode } = (await import(library)) as { createNode: typeof CreateNode }
const node = await createNode(options as NodeOptions)
node.stopped.catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
process.once('SIGTERM', () => void node.stop().then(() => process.exit(0)))
createServer((request, response) => {
  void text(request)
    .then((plan) => measure(node, JSON.parse(plan) as EmbeddedPlan))
    .then(
      (result) => response.end(JSON.stringify(result)),
      (error: Error) => response.writeHead(500).end(error.message),
    )
}).listen(controlPort, '127.0.0.1')
