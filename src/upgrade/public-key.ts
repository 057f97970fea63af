import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

export type PublicKey = {
  key: KeyObject
  /** SHA-256 over its DER form (SubjectPublicKeyInfo), hex: the same whatever the file looks like. */
  fingerprint: string
}

/** What a text has to be to be one. */
export const allowedPublicKey = 'a public key in PEM: ECDSA on P-256, RSA from 2048 bits, or Ed25519'

const publicKeyPem = /^\s*-----BEGIN PUBLIC KEY-----\s[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/

/** A public key in PEM. Nothing of a private one, from which a public one could be derived too. */
export function publicKeyOf(pem: string): PublicKey | undefined {
  if (!publicKeyPem.test(pem)) return undefined
  try {
    const key = createPublicKey(pem)
    if (!isStrong(key)) return undefined
    const der = key.export({ type: 'spki', format: 'der' })
    return { key, fingerprint: createHash('sha256').update(der).digest('hex') }
  } catch {
    return undefined
  }
}

function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  switch (asymmetricKeyType) {
    case 'ec':
      return asymmetricKeyDetails?.namedCurve === 'prime256v1'
    case 'rsa':
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048
    default:
      return asymmetricKeyType === 'ed25519'
  }
}
