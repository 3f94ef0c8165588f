/** rqlite's HTTP API of one node, in the words of its documentation. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessNode } from '../../../cluster/processes.ts'
import { type Answer, type Ask, ask } from './http.ts'

const PATIENCE_MS = 60_000

/** Text goes out as it stands; anything else as JSON. */
type Body = string | readonly unknown[]

/** The parts of the response document that tests look into. */
export interface Document {
  readonly results: readonly Record<string, unknown>[]
  readonly error?: string
  readonly sequence_number?: number
  readonly raft_index?: number
  readonly time?: number
}

export class Api {
  readonly url: string

  constructor(node: Pick<ProcessNode, 'url'>) {
    this.url = node.url
  }

  ask(path: string, options?: Ask): Promise<Answer> {
    return ask(this.url + path, options)
  }

  post(path: string, body: Body, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.ask(path, { method: 'POST', body: textOf(body), ...(headers && { headers }) })
  }

  /** The text of the document; `parameters` is what follows the `?`. Anything but a 200 is a failure of the test. */
  execute(statements: Body, parameters = ''): Promise<string> {
    return this.#text('/db/execute', statements, parameters)
  }

  query(statements: Body, parameters = ''): Promise<string> {
    return this.#text('/db/query', statements, parameters)
  }

  request(statements: Body, parameters = ''): Promise<string> {
    return this.#text('/db/request', statements, parameters)
  }

  /**
   * The same, made again as long as the answer is that nobody leads: then nothing was done. For the time after a
   * leader has died, which on a busy machine is longer than a node waits by itself.
   */
  async patient(path: string, statements: Body): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const { status, text } = await this.post(path, statements)
      if (status === 200) return text
      if (status !== 503 || performance.now() > deadline) throw new Error(`${path}: ${status} ${text}`)
      await sleep(50)
    }
  }

  /** The rows of one SELECT. */
  async rows(sql: string, parameters = ''): Promise<readonly (readonly unknown[])[]> {
    const { results } = documentOf(await this.query([sql], parameters))
    const values = results[0]?.values
    if (results[0] === undefined || 'error' in results[0]) throw new Error(JSON.stringify(results))
    return (values ?? []) as readonly (readonly unknown[])[] // a row result of the contract
  }

  /** `/status`, or what stands at a key of it. */
  // biome-ignore lint/suspicious/noExplicitAny: a document whose shape is what the tests are about
  async status(key?: string): Promise<any> {
    const { text } = await this.ask(key === undefined ? '/status' : `/status?key=${key}`)
    return JSON.parse(text)
  }

  async #text(path: string, body: Body, parameters: string): Promise<string> {
    const answer = await this.post(parameters === '' ? path : `${path}?${parameters}`, body)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.text
  }
}

export function documentOf(text: string): Document {
  return JSON.parse(text) as Document // the contract's document; what is wrong with it fails the test
}

function textOf(body: Body): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}
