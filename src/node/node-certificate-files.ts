/** Reads the certificates with which nodes show each other who they are. */
import { readFile } from 'node:fs/promises'
import { DebrosError, errorMessage } from '../base/index.ts'
import { NodeCertificates, type NodeCertificatesInit } from '../p2p/index.ts'

export interface NodeCertificateFiles extends Omit<NodeCertificatesInit, 'certificate' | 'key' | 'ca'> {
  readonly certFile: string
  readonly keyFile: string
  readonly caFile?: string
}

/** Errors: `NODE_CERTIFICATE_INVALID`. Read once: a renewed certificate counts from the next start. */
export async function loadNodeCertificates(files: NodeCertificateFiles): Promise<NodeCertificates> {
  const { certFile, keyFile, caFile, ...rest } = files
  const [certificate, key, ca] = await Promise.all([
    read(certFile),
    read(keyFile),
    caFile === undefined ? undefined : read(caFile),
  ])
  return new NodeCertificates({ ...rest, certificate, key, ...(ca !== undefined && { ca }) })
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const message = `the certificate of this node cannot be used: ${errorMessage(cause)}`
    throw new DebrosError('NODE_CERTIFICATE_INVALID', message, { cause })
  }
}
