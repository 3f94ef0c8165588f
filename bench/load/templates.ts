/** The requests of the scenarios, as bytes. */
import type { RequestTemplate } from './types.ts'

const DIGITS = '000000000000'
/** As many bytes as all systems are given to store. */
const VALUE = 'x'.repeat(100)

export const TABLE = 'CREATE TABLE load (id INTEGER PRIMARY KEY, name TEXT, value TEXT)'

export type Level = 'none' | 'weak' | 'linearizable'

export function insert(): RequestTemplate {
  return post('/db/execute', [['INSERT INTO load(name, value) VALUES(?, ?)', `name-${DIGITS}`, VALUE]])
}

export function queuedInsert(): RequestTemplate {
  return post('/db/execute?queue', [['INSERT INTO load(name, value) VALUES(?, ?)', `name-${DIGITS}`, VALUE]])
}

/** So many rows in one request: one transaction. */
export function insertRows(rows: number): RequestTemplate {
  const statement = ['INSERT INTO load(name, value) VALUES(?, ?)', 'name', VALUE]
  return post(
    '/db/execute?transaction',
    Array.from({ length: rows }, () => statement),
  )
}

/** One row by its primary key. */
export function pointSelect(level: Level, rows: number): RequestTemplate {
  const sql = `SELECT * FROM load WHERE id = 1 + ${DIGITS}`
  return { ...post(`/db/query?level=${level}`, [sql]), numbers: rows }
}

export function etcdPut(): RequestTemplate {
  return postBase64('/v3/kv/put', (key) => ({ key, value: base64(VALUE) }))
}

/** Reads are linearizable unless `serializable`, which asks the node's own state. */
export function etcdRange(keys: number, serializable = false): RequestTemplate {
  return { ...postBase64('/v3/kv/range', (key) => ({ key, serializable })), numbers: keys }
}

export function post(path: string, body: unknown): RequestTemplate {
  const text = request(path, JSON.stringify(body))
  const numberAt = text.indexOf(DIGITS)
  return numberAt < 0 ? { text } : { text, numberAt }
}

function postBase64(path: string, body: (key: string) => unknown): RequestTemplate {
  // Three bytes before the digits, so that in base64, too, every group of three stands for itself.
  const text = request(path, JSON.stringify(body(base64(`key${DIGITS}`))))
  return { text, numberAt: text.indexOf(base64(DIGITS)), base64: true }
}

function request(path: string, body: string): string {
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
