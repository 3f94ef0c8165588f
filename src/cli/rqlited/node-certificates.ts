/** The certificates of `-node-cert` and its kin. */
import type { NodeInit } from '../../node/index.ts'
import type { RqlitedCommandLine } from './command-line.ts'

/** Errors: `NODE_CERTIFICATE_INVALID`. */
export async function readNodeCertificates({
  values,
}: RqlitedCommandLine): Promise<NodeInit['nodeCertificates']> {
  const certFile = values['node-cert']
  if (certFile === '') return undefined
  const caFile = values['node-ca-cert']
  const serverName = values['node-verify-server-name']
  const commonName = values['node-verify-common-name']
  // Loaded here, so that a command line is refused without waiting for libp2p and the engine.
  const { loadNodeCertificates } = await import('../../node/index.ts')
  return await loadNodeCertificates({
    certFile,
    keyFile: values['node-key'],
    ...(caFile !== '' && { caFile }),
    verify: !values['node-no-verify'],
    verifyJoiner: values['node-verify-client'],
    ...(serverName !== '' && { serverName }),
    ...(commonName !== '' && { commonName }),
  })
}
