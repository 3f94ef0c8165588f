/**
 * X.509 certificates between nodes, for those who run an authority of their own. Connections are encrypted
 * without them (Noise), and members know each other by their keys; what a certificate adds is a further
 * condition on joining: whoever joins, and whoever is asked to let it in, signs the exchange with the key
 * of its certificate, and the other checks both. The exchange names the keys that the connection has proven,
 * so a certificate vouches for this connection and no other.
 *
 * What is checked of a certificate: dates, that a chain leads to a known authority, what it is for, and its
 * names. Not checked: revocation, name constraints and path lengths of authorities.
 */
import { constants, createPrivateKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { DebrosError, errorMessage, hostKind } from '../base/index.ts'

export interface NodeCertificatesInit {
  /** PEM: this node's certificate, then those between it and its authority. */
  readonly certificate: string
  /** PEM */
  readonly key: string
  /** PEM: the authorities. @default those that Node knows */
  readonly ca?: string
  /** Check what other nodes show; false: they must only show something. @default true */
  readonly verify?: boolean
  /** Check those who join, even if `verify` is false. @default false */
  readonly verifyJoiner?: boolean
  /** The name a node's certificate must have. @default the host by which it is reached */
  readonly serverName?: string
  /** The common name of those who join; implies `verifyJoiner`. @default any */
  readonly commonName?: string
}

/** What a node shows: its certificate with chain (DER), and its signature of what was said. */
export interface CertificateProof {
  readonly certificates: readonly Uint8Array[]
  readonly signature: Uint8Array
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** A chain that is longer is none. */
const CHAIN_LENGTH_MAX = 8

/** Extended key usages with which a certificate may stand for a node: server, client, any. */
const NODE_USAGES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '2.5.29.37.0']

export class NodeCertificates {
  readonly #init: NodeCertificatesInit
  readonly #chain: readonly X509Certificate[]
  readonly #key: KeyObject
  readonly #authorities: readonly X509Certificate[]

  /** Throws `NODE_CERTIFICATE_INVALID`. */
  constructor(init: NodeCertificatesInit) {
    this.#init = init
    this.#chain = parsePem('certificate', init.certificate)
    this.#key = parseKey(init.key)
    if (!this.#chain[0]?.checkPrivateKey(this.#key)) throw invalid('the key is not that of the certificate')
    this.#authorities =
      init.ca === undefined
        ? rootCertificates.map((pem) => new X509Certificate(pem))
        : parsePem('certificate of the authority', init.ca)
  }

  /** Signs what was said. */
  prove(said: Uint8Array): CertificateProof {
    return {
      certificates: this.#chain.map(({ raw }) => raw),
      signature: sign(digestOf(this.#key), said, signing(this.#key)),
    }
  }

  /** Throws `JOIN_CERTIFICATE_REFUSED` unless the node asked, at `host`, may be believed. */
  checkMember(proof: CertificateProof, said: Uint8Array, host: string): void {
    const [leaf, ...others] = checkSignature(proof, said)
    if (this.#init.verify ?? true) {
      this.#checkChain(leaf, others)
      this.#checkName(leaf, host)
    }
  }

  /** Throws `JOIN_CERTIFICATE_REFUSED` unless the node that wants to join, and to be reached at `host`, may. */
  checkJoiner(proof: CertificateProof, said: Uint8Array, host: string): void {
    const [leaf, ...others] = checkSignature(proof, said)
    const { verify: verifies = true, verifyJoiner = false, commonName } = this.#init
    if (verifies || verifyJoiner || commonName !== undefined) this.#checkChain(leaf, others)
    if (verifies) this.#checkName(leaf, host)
    if (commonName !== undefined && leaf.toLegacyObject().subject.CN !== commonName) {
      throw refused(`does not have the common name ${JSON.stringify(commonName)}`)
    }
  }

  #checkChain(leaf: X509Certificate, others: readonly X509Certificate[]): void {
    const usages = leaf.keyUsage as readonly string[] | undefined // none: for anything
    if (usages?.some((usage) => NODE_USAGES.includes(usage)) === false) throw refused('is not for TLS')
    const problem = chainProblem(leaf, others, this.#authorities, Date.now())
    if (problem !== undefined) throw refused(problem)
  }

  #checkName(leaf: X509Certificate, host: string): void {
    const wanted = this.#init.serverName ?? host
    const found =
      hostKind(wanted) === 'dns' ? leaf.checkHost(wanted, { subject: 'never' }) : leaf.checkIP(wanted)
    if (found === undefined) throw refused(`is not for ${wanted}`)
  }
}

/** From the certificate up to an authority; undefined if that is reached, else what is missing. */
function chainProblem(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  nowMs: number,
): string | undefined {
  const unused = new Set(others)
  for (let current = leaf; ; ) {
    if (!isValidAt(current, nowMs)) return 'has expired, or is not valid yet'
    const { fingerprint256 } = current
    if (authorities.some((authority) => authority.fingerprint256 === fingerprint256)) return undefined
    const issuer = authorities.find((authority) => hasIssued(authority, current))
    if (issuer !== undefined) return isValidAt(issuer, nowMs) ? undefined : 'has an issuer that has expired'
    const between = [...unused].find((other) => hasIssued(other, current))
    if (between === undefined) return 'was issued by nobody that is known here'
    unused.delete(between)
    current = between
  }
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function isValidAt({ validFrom, validTo }: X509Certificate, nowMs: number): boolean {
  return Date.parse(validFrom) <= nowMs && nowMs <= Date.parse(validTo)
}

/** The certificates, of which the first one's key has signed. */
function checkSignature(
  { certificates, signature }: CertificateProof,
  said: Uint8Array,
): [X509Certificate, ...X509Certificate[]] {
  const [first, ...rest] = certificates
  if (first === undefined) throw refused('is missing: that node was started without one')
  if (certificates.length > CHAIN_LENGTH_MAX) throw refused('has too long a chain')
  try {
    const leaf = new X509Certificate(first)
    const { publicKey } = leaf
    if (!verify(digestOf(publicKey), said, signing(publicKey), signature)) {
      throw new Error('the signature is not that of its key')
    }
    return [leaf, ...rest.map((der) => new X509Certificate(der))]
  } catch (error) {
    throw refused(`cannot be used: ${errorMessage(error)}`)
  }
}

/** Signatures as TLS 1.3 makes them: PSS with RSA keys, a digest of the key's own with Edwards curves. */
function signing(key: KeyObject): { key: KeyObject; padding?: number; saltLength?: number } {
  if (key.asymmetricKeyType !== 'rsa') return { key }
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}

function digestOf({ asymmetricKeyType }: KeyObject): string | null {
  return asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448' ? null : 'sha256'
}

function parsePem(what: string, text: string): readonly X509Certificate[] {
  try {
    const certificates = (text.match(PEM_BLOCK) ?? []).map((pem) => new X509Certificate(pem))
    if (certificates.length === 0) throw new Error('there is none in PEM form')
    return certificates
  } catch (error) {
    throw invalid(`the ${what} cannot be read: ${errorMessage(error)}`)
  }
}

function parseKey(text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch (error) {
    throw invalid(`the key cannot be read: ${errorMessage(error)}`)
  }
}

function invalid(why: string): DebrosError {
  return new DebrosError('NODE_CERTIFICATE_INVALID', `the certificate of this node cannot be used: ${why}`)
}

function refused(why: string): DebrosError {
  return new DebrosError('JOIN_CERTIFICATE_REFUSED', `the certificate of the other node ${why}`)
}
