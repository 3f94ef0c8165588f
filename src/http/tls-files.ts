/** The certificate and key of an HTTPS server, read again when their files change. */
import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import type { HttpTlsInit } from './types.ts'

/** What Node's TLS servers take. */
export interface TlsMaterial {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca?: Buffer
  readonly minVersion: 'TLSv1.2'
}

/** Throws `HTTP_TLS_INVALID`, naming the file. */
export async function readTlsMaterial({ certFile, keyFile, caFile }: HttpTlsInit): Promise<TlsMaterial> {
  const material: TlsMaterial = {
    cert: await read(certFile, 'certificate'),
    key: await read(keyFile, 'key'),
    ...(caFile !== undefined && { ca: await read(caFile, 'CA certificate') }),
    minVersion: 'TLSv1.2',
  }
  checkCertificate(material.cert, certFile)
  if (material.ca !== undefined && caFile !== undefined) checkCertificate(material.ca, caFile)
  try {
    createSecureContext(material)
  } catch (cause) {
    throw invalid(`${keyFile} is not the key of ${certFile}: ${errorMessage(cause)}`, cause)
  }
  return material
}

/** When it ends, for logs. */
export function certificateEnd({ cert }: TlsMaterial): string {
  return new X509Certificate(cert).validToDate.toISOString()
}

/** Whether everybody on the machine may read the key; a group for it is usual. */
export async function isExposed({ keyFile }: HttpTlsInit): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(keyFile)).mode & 0o004) !== 0
}

async function read(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw invalid(`the ${what} cannot be read: ${errorMessage(cause)}`, cause)
  }
}

function checkCertificate(pem: Buffer, file: string): void {
  try {
    new X509Certificate(pem)
  } catch (cause) {
    throw invalid(`${file} is no certificate in PEM form: ${errorMessage(cause)}`, cause)
  }
}

function invalid(message: string, cause: unknown): DebrosError {
  return new DebrosError('HTTP_TLS_INVALID', message, { cause })
}

export interface TlsWatchComponents {
  readonly logger: Logger
  /** Called with what has replaced the old. */
  readonly onChange: (material: TlsMaterial) => void
}

/**
 * Looks at the files again and again. What cannot be used, such as a new certificate whose key has not
 * been written yet, changes nothing: the server keeps what it has, and the next change is another chance.
 */
export class TlsWatch {
  readonly #components: TlsWatchComponents
  readonly #init: HttpTlsInit
  readonly #intervalMs: number
  #seen: string
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /** `seen`: the signature taken before the files in use were read. */
  constructor(
    components: TlsWatchComponents,
    init: HttpTlsInit,
    options: { seen: string; intervalMs: number },
  ) {
    this.#components = components
    this.#init = init
    this.#intervalMs = options.intervalMs
    this.#seen = options.seen
  }

  start(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.#look().finally(() => this.start()), this.#intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    const signature = await signatureOf(this.#init)
    if (signature === this.#seen || this.#stopped) return
    this.#seen = signature
    const { logger, onChange } = this.#components
    const { certFile } = this.#init
    try {
      const material = await readTlsMaterial(this.#init)
      if (this.#stopped) return
      onChange(material)
      logger.info({ certFile, validTo: certificateEnd(material) }, 'the certificate was replaced')
    } catch (error) {
      const message = 'the changed certificate cannot be used; the old one stays'
      logger.error({ certFile, error: errorMessage(error) }, message)
    }
  }
}

/** Differs after any change of a file, also of its permissions. */
export async function signatureOf({ certFile, keyFile, caFile }: HttpTlsInit): Promise<string> {
  const files = [certFile, keyFile, ...(caFile === undefined ? [] : [caFile])]
  const signatures = files.map((file) =>
    stat(file, { bigint: true }).then(
      ({ ino, size, mtimeNs, ctimeNs }) => [ino, size, mtimeNs, ctimeNs].join('.'),
      () => 'missing',
    ),
  )
  return (await Promise.all(signatures)).join(' ')
}
