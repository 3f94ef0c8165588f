/** Bodies that no client should send, and large ones: a clear answer, nothing half done, and memory that comes to an end. */
import { describe, expect, test } from 'vitest'
import type { Api } from '../harness/api.ts'
import { useCluster } from '../harness/cluster.ts'
import { residentMiB } from '../harness/memory.ts'

const suite = useCluster()
const MIB = 1024 * 1024
/** What a node may hold while it is given what it is not made for. Idle it has about 150. */
const RESIDENT_MIB_MAX = 1_200

async function expectUnharmed(): Promise<void> {
  for (const node of suite.cluster.nodes) {
    expect(await node.query(['SELECT 1'], 'level=linearizable')).toContain('[[1]]')
    const resident = await residentMiB(suite.cluster.process(node))
    if (resident !== undefined) expect(resident, `${node.url} in MiB`).toBeLessThan(RESIDENT_MIB_MAX)
  }
}

/** An answer, or that the connection was broken while the rest of a body was still on its way. */
async function sent(
  node: Api,
  path: string,
  body: string,
): Promise<{ status: number; text: string } | 'broken'> {
  try {
    return await node.post(path, body)
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toMatch(/^(ECONNRESET|EPIPE)$/)
    return 'broken'
  }
}

describe('bodies', { timeout: 120_000 }, () => {
  test('wrong types anywhere - 400, and nothing is done', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute(['CREATE TABLE typed (v)'])
    const insert = '"INSERT INTO typed VALUES(1)"'
    for (const body of [
      `[${insert}, 1]`,
      `[${insert}, null]`,
      `[${insert}, true]`,
      `[${insert}, {}]`,
      `[${insert}, []]`,
      `[${insert}, [[]]]`,
      `[${insert}, [{"sql": "SELECT 1"}]]`,
      `[${insert}, ["SELECT ?", [1, "2"]]]`,
      `[${insert}, ["SELECT ?", 1e999]]`,
      `[${insert}, ["SELECT ?", {"a": {"b": 1}}]]`,
      `[${insert}`,
      `[${insert}]`.slice(0, -2),
      `{"statements": [${insert}]}`,
      `[${insert},]`,
      `[${insert} ${insert}]`,
      `[${insert.replace('1', '\u0001')}]`,
    ]) {
      for (const path of ['/db/execute', '/db/request', '/db/execute?queue', '/db/execute?transaction']) {
        const { status, text } = await node!.post(path, body)
        expect({ status, path }, body).toEqual({ status: 400, path })
        expect(text).toMatch(/^[^\n]{5,200}\n$/)
      }
    }
    expect(await node!.rows('SELECT count(*) FROM typed', 'level=strong')).toEqual([[0]])
  })

  test('bytes that are no UTF-8, and a NUL - an answer', async () => {
    const [node] = suite.cluster.nodes
    for (const bytes of [[0xff, 0xfe], [0x00], [0xc3, 0x28], [0xed, 0xa0, 0x80]]) {
      const body = Buffer.concat([Buffer.from(`["SELECT '`), Buffer.from(bytes), Buffer.from(`' AS v"]`)])
      const { status } = await node!.ask('/db/query', { method: 'POST', body })
      expect([200, 400], bytes.join()).toContain(status)
    }
    expect(await node!.query([`SELECT 'a\u0000b'`])).toContain('"error"')
  })

  test('nesting without end - 400, and the node goes on', async () => {
    const [node] = suite.cluster.nodes
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const depth = 500_000
      const { status } = await node!.post(
        '/db/query',
        `[["SELECT ?", ${open.repeat(depth)}1${close.repeat(depth)}]]`,
      )
      expect(status).toBe(400)
    }
    await expectUnharmed()
  })

  test('50 MB in one parameter - more than an entry of the log holds is refused', async () => {
    for (const node of [await suite.cluster.leader(), await suite.cluster.follower()]) {
      await node.execute(['CREATE TABLE IF NOT EXISTS huge (v)'])
      const answer = await sent(
        node,
        '/db/execute',
        `[["INSERT INTO huge VALUES(?)", "${'x'.repeat(50 * MIB)}"]]`,
      )
      // If the leader changes on its way there, nobody can say what became of it.
      const refused =
        answer === 'broken' || answer.status === 413 || answer.text.startsWith('{"results":[],"error":')
      expect(refused, JSON.stringify(answer)).toBe(true)
    }
    expect(await suite.cluster.nodes[0]!.rows('SELECT count(*) FROM huge', 'level=strong')).toEqual([[0]])
    await expectUnharmed()
  })

  test('50 MB of small statements, while others are served', async () => {
    const [node, other] = suite.cluster.nodes
    await node!.execute(['CREATE TABLE IF NOT EXISTS small (v INTEGER)'])
    const statement = '"INSERT INTO small VALUES(1)"'
    const body = `[${Array.from({ length: Math.floor((50 * MIB) / (statement.length + 1)) }, () => statement).join()}]`
    let over = false
    const large = sent(node!, '/db/execute', body).finally(() => {
      over = true
    })
    let served = 0
    while (!over) {
      expect(await other!.execute(['INSERT INTO small VALUES(2)'])).toContain('rows_affected')
      served++
    }
    expect(served).toBeGreaterThan(0)
    expect(await large).toMatchObject({ status: 413 })
    expect(await node!.rows('SELECT count(*) FROM small WHERE v = 1', 'level=strong')).toEqual([[0]])
    await expectUnharmed()
  })

  test('more than is read at all - 413, or the connection is broken', async () => {
    const [node] = suite.cluster.nodes
    const answer = await sent(node!, '/db/query', `["SELECT '${'x'.repeat(80 * MIB)}'"]`)
    if (answer !== 'broken') expect(answer.status).toBe(413)
    await expectUnharmed()
  })

  test('many large bodies at a time - each an answer, and memory is bounded', async () => {
    const [node] = suite.cluster.nodes
    const body = `[["SELECT length(?)", "${'x'.repeat(20 * MIB)}"]]`
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => sent(node!, '/db/query?level=none', body)),
    )
    for (const answer of answers) {
      if (answer === 'broken') continue
      expect([200, 503]).toContain(answer.status)
      if (answer.status === 200) expect(answer.text).toContain(`[[${20 * MIB}]]`)
    }
    expect(answers).toContainEqual(expect.objectContaining({ status: 200 }))
    await expectUnharmed()
  })
})
