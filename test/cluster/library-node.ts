/**
 * A process that embeds a node through the library, as other programs do, and lets its parent use the
 * key-value store over IPC. Started by processes.ts with what `createNode` takes, as JSON.
 */
import type { createNode as CreateNode, Logger, NodeOptions } from '../../src/index.ts'

/** Bytes travel as base64. */
export type KvCall =
  | { readonly id: number; readonly op: 'put'; readonly key: string; readonly value: string }
  | { readonly id: number; readonly op: 'delete'; readonly key: string }
  /** Everything this replica holds, in key order. */
  | { readonly id: number; readonly op: 'dump' }

export type KvAnswer =
  | {
      readonly id: number
      readonly ok: true
      readonly entries?: readonly (readonly [key: string, value: string, revision: number])[]
    }
  | { readonly id: number; readonly ok: false; readonly error: string; readonly outcome: string }

const { createNode } = (await import(new URL('../../dist/index.js', import.meta.url).href)) as {
  createNode: typeof CreateNode
}
const options = JSON.parse(process.argv[2] as string) as NodeOptions
const node = await createNode({ ...options, logger: printing({}) })
node.stopped.catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
process.once('SIGTERM', () => {
  void node.stop().then(() => process.exit(0))
})
process.on('message', (call: KvCall) => {
  void answer(call).then((result) => process.send?.(result))
})

/** Prints a JSON object per line. */
function printing(common: object): Logger {
  const print = (level: string) => (fields: object, msg: string) =>
    console.log(JSON.stringify({ level, ...common, ...fields, msg }))
  return {
    debug: () => {},
    info: print('info'),
    warn: print('warn'),
    error: print('error'),
    child: (fields) => printing({ ...common, ...fields }),
  }
}

async function answer(call: KvCall): Promise<KvAnswer> {
  const { id } = call
  try {
    switch (call.op) {
      case 'put':
        await node.storage.put(Buffer.from(call.key, 'base64'), Buffer.from(call.value, 'base64'))
        return { id, ok: true }
      case 'delete':
        await node.storage.delete(Buffer.from(call.key, 'base64'))
        return { id, ok: true }
      case 'dump':
        return { id, ok: true, entries: await dump() }
    }
  } catch (error) {
    const { message, outcome = 'unknown' } = error as Error & { outcome?: string }
    return { id, ok: false, error: message, outcome }
  }
}

async function dump(): Promise<[string, string, number][]> {
  const found: [string, string, number][] = []
  let cursor: Uint8Array | undefined
  do {
    const page = await node.storage.list({
      level: 'none',
      limit: 1_000,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const { key, value, revision } of page.entries) {
      found.push([Buffer.from(key).toString('base64'), Buffer.from(value).toString('base64'), revision])
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  return found
}
