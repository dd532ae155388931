/** The keys that JWTs are verified with, wherever they come from; those of a file here. */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose'
import { StartupError } from '../errors.ts'

/** Signature algorithms that are taken (RFC 9864 and RFC 7518): asymmetric ones only, and not the deprecated ones. */
export const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

const smallestRsaModulus = 2_048 // bits, NIST SP 800-131A

/** What of a JWK is kept (RFC 7517, section 4; RFC 7518, section 6): no private part. */
const publicMembers: ReadonlySet<string> = new Set('kty crv x y n e kid alg use key_ops'.split(' '))

export interface KeySource {
  /** The key for a JWT's header, as jose asks for it. Rejects with KeysUnavailable while there are none to be had. */
  readonly resolve: JWTVerifyGetKey
  /** Another number once the keys have changed: what was verified with others must be verified again. */
  version(): number
  /** Whether keys are there and fresh enough to be used. */
  isReady(): boolean
  close(): void
}

/** Whether a JWT's key is there can't be said at present: the answer is 503, not 401. The message may be shown. */
export class KeysUnavailable extends Error {
  /** Seconds after which it is worth trying again. */
  readonly retryAfter: number

  constructor(message: string, retryAfter: number) {
    super(message)
    this.retryAfter = retryAfter
  }
}

/** The keys of a set that may verify: public, asymmetric and strong. Others are dropped, not refused. */
export function usableKeys(set: unknown): JSONWebKeySet {
  const keys = typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys) ? set.keys : []
  return { keys: keys.map(usableKey).filter((key) => key !== undefined) }
}

/** The key without its private parts. */
function usableKey(jwk: JWK | null): JWK | undefined {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    if (jwk === null || !isStrong(key) || (jwk.use !== undefined && jwk.use !== 'sig')) return undefined
    return Object.fromEntries(Object.entries(jwk).filter(([name]) => publicMembers.has(name))) as JWK
  } catch {
    return undefined
  }
}

function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= smallestRsaModulus
  if (asymmetricKeyType === 'ec') return asymmetricKeyDetails?.namedCurve === 'prime256v1'
  return asymmetricKeyType === 'ed25519'
}

/** A fixed set of keys. */
export function fixedKeys(set: JSONWebKeySet): KeySource {
  return { resolve: createLocalJWKSet(set), version: () => 0, isReady: () => true, close() {} }
}

/** Keys of a PEM (public key, SPKI), JWK or JWKS file. Throws StartupError where it has none that can be used. */
export async function keysFromFile(path: string): Promise<KeySource> {
  const content = await readFile(path, 'utf8').catch((cause) => {
    throw new StartupError(`JWT_KEY_FILE: ${path} can't be read: ${cause.code}`, 2, cause)
  })
  const set = usableKeys(content.includes('-----BEGIN') ? keysOfPem(path, content) : keysOfJson(path, content))
  if (set.keys.length > 0) return fixedKeys(set)
  throw new StartupError(
    `JWT_KEY_FILE: expected a public RSA (2048 bits or more), P-256 or Ed25519 key in ${path}, found none`,
    2,
  )
}

function keysOfPem(path: string, pem: string): unknown {
  try {
    if (!pem.includes('-----BEGIN PUBLIC KEY-----')) throw new Error('not a public key')
    return { keys: [createPublicKey(pem).export({ format: 'jwk' })] }
  } catch (cause) {
    throw new StartupError(`JWT_KEY_FILE: expected a public key (BEGIN PUBLIC KEY) in ${path}`, 2, cause)
  }
}

function keysOfJson(path: string, json: string): unknown {
  try {
    const value = JSON.parse(json)
    return 'keys' in value ? value : { keys: [value] }
  } catch (cause) {
    throw new StartupError(`JWT_KEY_FILE: expected PEM or JSON in ${path}`, 2, cause)
  }
}
