/** A file to be sent, read as it goes out. gzip is unpacked on the way: servers do not take it. */
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { DebrosError } from '../../base/index.ts'
import type { RequestBody } from './endpoint.ts'
import { Progress } from './progress.ts'
import { checkSqliteFile, HEADER_BYTES, isSqliteFile } from './sqlite-file.ts'

export interface Upload {
  readonly kind: 'sqlite' | 'sql'
  readonly headers: Readonly<Record<string, string>>
  /** `suffix` goes out behind the file's content. */
  body(suffix: string, show: ((text: string) => void) | undefined): RequestBody
}

/** Error `SHELL_FILE_INVALID` if the file is empty, or half a SQLite database. */
export async function openUpload(path: string): Promise<Upload> {
  const { size } = await stat(path)
  const zipped = await isGzip(path)
  const beginning = await readBeginning(path, zipped)
  if (beginning.length === 0) throw new DebrosError('SHELL_FILE_INVALID', `${path} is empty`)
  const kind = isSqliteFile(beginning) ? 'sqlite' : 'sql'
  // How much comes out of gzip is known at its end only, where its checksum is, too.
  const problem = kind === 'sqlite' && !zipped ? checkSqliteFile(beginning, size) : undefined
  if (problem !== undefined) throw new DebrosError('SHELL_FILE_INVALID', `${path} ${problem}`)
  return {
    kind,
    headers: { 'Content-Type': kind === 'sqlite' ? 'application/octet-stream' : 'text/plain' },
    body: (suffix, show) => () =>
      Readable.from(send(path, zipped, suffix, new Progress(show, size)), { objectMode: false }),
  }
}

async function* send(
  path: string,
  zipped: boolean,
  suffix: string,
  progress: Progress,
): AsyncGenerator<Buffer, void, undefined> {
  using drawn = progress
  // What is counted is the file, whose size is known.
  const counted = Readable.from(drawn.count(createReadStream(path, { highWaterMark: 256 * 1024 })), {
    objectMode: false,
  })
  yield* (zipped ? unpacked(counted) : counted) as AsyncIterable<Buffer>
  if (suffix !== '') yield Buffer.from(suffix)
}

async function isGzip(path: string): Promise<boolean> {
  await using file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
}

async function readBeginning(path: string, zipped: boolean): Promise<Buffer> {
  const file = createReadStream(path, zipped ? {} : { end: HEADER_BYTES - 1 })
  let beginning = Buffer.alloc(0)
  for await (const chunk of (zipped ? unpacked(file) : file) as AsyncIterable<Buffer>) {
    beginning = Buffer.concat([beginning, chunk]).subarray(0, HEADER_BYTES)
    if (beginning.length === HEADER_BYTES) break
  }
  return beginning
}

/** An error of either stream ends the result with it. */
function unpacked(source: Readable): Readable {
  return pipeline(source, createGunzip(), () => {})
}
