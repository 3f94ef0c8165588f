import { describe, expect, test } from 'vitest'
import { AnswerReader } from '../../../bench/load/answer-reader.ts'
import { Latencies } from '../../../bench/load/latencies.ts'
import { NumberedRequest } from '../../../bench/load/numbered-request.ts'
import { etcdPut, insert, insertRows, pointSelect } from '../../../bench/load/templates.ts'

function bodyOf(request: Buffer): unknown {
  const [head, body] = request.toString().split('\r\n\r\n') as [string, string]
  expect(/Content-Length: (\d+)/.exec(head)?.[1]).toBe(String(body.length))
  return JSON.parse(body)
}

describe('requests', () => {
  test('a number - is written over in place, and the length stays true', () => {
    const request = new NumberedRequest(insert())
    request.with(999_999_999_999)
    expect(bodyOf(request.with(1_234_567))).toEqual([
      [expect.anything(), 'name-000001234567', 'x'.repeat(100)],
    ])
  })

  test('in base64 - it is the same number', () => {
    const { key } = bodyOf(new NumberedRequest(etcdPut()).with(1_234_567)) as { key: string }
    expect(Buffer.from(key, 'base64').toString()).toBe('key000001234567')
  })

  test('bounded - numbers begin again', () => {
    const request = new NumberedRequest(pointSelect('none', 1_000))
    expect(bodyOf(request.with(5_042))).toEqual(['SELECT * FROM load WHERE id = 1 + 000000000042'])
  })

  test('without a number - it is the same every time', () => {
    const request = new NumberedRequest(insertRows(3))
    expect(bodyOf(request.with(7))).toHaveLength(3)
    expect(request.with(8)).toBe(request.bytes)
  })
})

describe('answers', () => {
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
  const take = (reader: AnswerReader, text: string) => reader.take(Buffer.from(text))

  test('in pieces - complete with the last', () => {
    for (let cut = 1; cut < ok.length; cut++) {
      const reader = new AnswerReader()
      expect(take(reader, ok.slice(0, cut))).toBeUndefined()
      expect(take(reader, ok.slice(cut))).toBe('')
      expect(take(reader, ok)).toBe('')
    }
  })

  test('the buffer it came in may be used again', () => {
    const reader = new AnswerReader()
    const buffer = Buffer.from(ok.slice(0, 20))
    reader.take(buffer)
    buffer.fill(0)
    expect(take(reader, ok.slice(20))).toBe('')
  })

  test('chunked - ends with the empty chunk', () => {
    const reader = new AnswerReader()
    expect(take(reader, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n')).toBeUndefined()
    expect(take(reader, '0\r\n\r\n')).toBe('')
  })

  test('failures - are told apart from successes', () => {
    const reader = new AnswerReader()
    expect(take(reader, 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n')).toBe('HTTP 503')
    const inside = '{"results":[{"error":"no such table"}]}'
    expect(take(reader, `HTTP/1.1 200 OK\r\ncontent-length: ${inside.length}\r\n\r\n${inside}`)).toBe(
      'an error in a 200',
    )
  })
})

describe('latencies', () => {
  test('quantiles - are samples, and exact for any number of them', () => {
    const latencies = new Latencies()
    for (let i = 100_000; i >= 1; i--) latencies.add(i)
    expect(latencies.summary()).toEqual({ p50: 50_000, p90: 90_000, p99: 99_000, p999: 99_900, max: 100_000 })
    latencies.clear()
    latencies.add(7)
    expect(latencies.summary()).toEqual({ p50: 7, p90: 7, p99: 7, p999: 7, max: 7 })
  })
})
