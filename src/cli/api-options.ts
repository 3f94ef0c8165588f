/** What commands that talk to a node's HTTP API are told about it. */
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../base/index.ts'

export const DEFAULT_API_URL = 'http://127.0.0.1:5001'

export function httpUrl(value: string): string {
  const url = /^https?:\/\//.test(value) ? value : `http://${value}`
  if (!URL.canParse(url)) throw new InvalidArgumentError('It is not a URL.')
  return url
}

export function timeoutMs(value: string): number {
  const ms = parseDuration(value)
  if (ms === undefined || ms < 1) throw new InvalidArgumentError('Use a duration such as 500ms or 10s.')
  return ms
}
