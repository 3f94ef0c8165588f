/** Dot commands that move whole databases. */
import { DebrosError, parseJson } from '../../base/index.ts'
import { answerInvalid, arrayOf, askJson, objectOf, readText, requestFailed, succeeded } from './answers.ts'
import { expandPath, wrongUse } from './arguments.ts'
import type { DotCommand } from './command.ts'
import { dumpCheck, saveWhole, sqliteCheck, type WholenessCheck } from './download.ts'
import { Progress } from './progress.ts'
import { parseResult } from './result.ts'
import type { Session } from './session.ts'
import { openUpload, type Upload } from './upload.ts'

export const DATA_COMMANDS: readonly DotCommand[] = [
  {
    name: '.backup',
    usage: 'FILE',
    summary: 'Write a backup of the database to FILE',
    completes: 'files',
    run: async (session, args) => {
      const path = args.file('an output file for the backup')
      await download(session, path, {}, sqliteCheck())
      await session.printLine('backup file written successfully')
    },
  },
  {
    name: '.dump',
    usage: 'FILE [TABLE,TABLE...]',
    summary: 'Write the database as SQL text to FILE, optionally limited to some tables',
    completes: 'files',
    run: async (session, { words }) => {
      const [name, ...tables] = words
      if (name === undefined) throw wrongUse('please specify an output file for the SQL text')
      const limit = tables
        .join(' ')
        .split(',')
        .map((table) => table.trim())
        .filter((table) => table !== '')
      const query = { fmt: 'sql', ...(limit.length > 0 && { tables: limit.join(',') }) }
      await download(session, expandPath(name), query, dumpCheck())
      await session.printLine('SQL text file written successfully')
    },
  },
  {
    name: '.restore',
    usage: 'FILE',
    summary: 'Replace the database by the SQLite file FILE, or run the SQL text in it; gzip is unpacked',
    completes: 'files',
    run: async (session, args) => restore(session, args.file('an input file to restore from')),
  },
  {
    name: '.boot',
    usage: 'FILE',
    summary: 'Boot a cluster of one node with the SQLite file FILE',
    completes: 'files',
    run: async (session, args) => boot(session, args.file('an input file to boot with')),
  },
]

async function download(
  session: Session,
  path: string,
  query: Readonly<Record<string, string>>,
  check: WholenessCheck,
): Promise<void> {
  const { endpoint, signal, showProgress } = session
  const answer = await succeeded(
    await endpoint.call({ path: 'db/backup', query, timeout: 'silence', signal }),
  )
  using progress = new Progress(showProgress, Number(answer.headers['content-length']) || undefined)
  await saveWhole(path, progress.count(answer.body), check)
}

async function restore(session: Session, path: string): Promise<void> {
  const store = await storeStatus(session)
  const upload = await openUpload(path)
  const suffix = upload.kind === 'sql' ? `\nPRAGMA foreign_keys=${foreignKeys(store)};` : ''
  const text = await readText(await succeeded(await send(session, 'db/load', upload, suffix)))
  const { error, results } = objectOf(parseJson(text))
  if (typeof error === 'string' && error !== '') throw requestFailed(error)
  const [first] = arrayOf(results)
  if (upload.kind === 'sql' && first === undefined) throw answerInvalid('unexpected results length: 0')
  const result = parseResult(first)
  if (result.kind === 'error') return await session.refuse(result.message)
  if (upload.kind === 'sql' && result.kind === 'write') {
    await session.printLine(`last inserted ID: ${result.lastInsertId}`)
    await session.printLine(`rows affected: ${result.rowsAffected}`)
  }
  await session.printLine('Database restored successfully.')
}

async function boot(session: Session, path: string): Promise<void> {
  await storeStatus(session)
  const upload = await openUpload(path)
  if (upload.kind !== 'sqlite')
    throw new DebrosError('SHELL_FILE_INVALID', `${path} is not a valid SQLite file`)
  const answer = await send(session, 'boot', upload, '')
  if (answer.status !== 200) {
    const reason = (await readText(answer)).trim()
    throw requestFailed(`boot failed, status code: ${answer.statusLine}${reason === '' ? '' : `, ${reason}`}`)
  }
  answer.discard()
  await session.printLine('Node booted successfully.')
}

/** However large it is, and however long the server works on it. */
async function send(
  { endpoint, signal, showProgress }: Session,
  path: string,
  upload: Upload,
  suffix: string,
) {
  const { headers } = upload
  const body = upload.body(suffix, showProgress)
  return await endpoint.call({ method: 'POST', path, headers, body, timeout: 'none', signal })
}

async function storeStatus({ endpoint, signal }: Session): Promise<Readonly<Record<string, unknown>>> {
  const { store } = objectOf(await askJson(endpoint, { path: 'status', signal }))
  if (store === undefined || store === null)
    throw answerInvalid('unexpected server response: store status not found')
  return objectOf(store)
}

/** A dump turns foreign keys off for itself; the server is to go on with what it was started with. */
function foreignKeys(store: Readonly<Record<string, unknown>>): 'ON' | 'OFF' {
  const { rw } = objectOf(objectOf(store.sqlite3).pragmas)
  const on = objectOf(store.db_conf).fk_constraints === true || objectOf(rw).foreign_keys === '1'
  return on ? 'ON' : 'OFF'
}
