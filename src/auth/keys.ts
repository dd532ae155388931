/** Where the keys come from that JWTs are verified with: a key set at an address, a file, or the development issuer. */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose'
import { StartupError } from '../errors.ts'

/** Signature algorithms that are taken (RFC 9864 and RFC 7518): asymmetric ones only, and not the deprecated ones. */
export const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

const smallestRsaModulus = 2_048 // bits, NIST SP 800-131A

/** What of a JWK is kept (RFC 7517, section 4; RFC 7518, section 6): no private part. */
const publicMembers: ReadonlySet<string> = new Set('kty crv x y n e kid alg use key_ops'.split(' '))

export interface KeySource {
  /** The key for a JWT's header, as jose asks for it. Rejects with KeysUnavailable while there are none to be had. */
  readonly resolve: JWTVerifyGetKey
  /** Whether keys are there and fresh enough to be used. */
  isReady(): boolean
  close(): void
}

/** The key set can't be had at present: the answer is 503, not 401. */
export class KeysUnavailable extends Error {}

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
  return { resolve: createLocalJWKSet(set), isReady: () => true, close() {} }
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

interface RemoteKeysOptions {
  readonly uri: string
  readonly clock: () => Date
  /** Told of each failed load. */
  readonly onFailure?: (error: unknown) => void
  /** Milliseconds between looks at whether the set is due for another load in the background. */
  readonly lookEvery?: number
}

const loadTimeout = 2_000
const sizeLimit = 256 * 1024
/** How old a set gets before it is loaded again. */
const refreshAfter = 5 * 60 * 1_000
/** An unknown `kid` asks for a new load, but not more often than this. */
const cooldown = 30_000
/** After a failure the next load follows without being asked for, so that the gateway gets ready again by itself. */
const cooldownAfterFailure = 5_000
/** How long a set is used that could not be loaded again. */
const staleAfter = 24 * 60 * 60 * 1_000

/**
 * Keys at an address. The last good set stays in use while the address is out of reach, for a day at most; it is loaded
 * again in the background, and when a JWT names a key that is not in it. The first load starts at once.
 */
export function remoteKeys({ uri, clock, onFailure, lookEvery = 1_000 }: RemoteKeysOptions): KeySource {
  let current: { readonly resolve: JWTVerifyGetKey; readonly loadedAt: number } | undefined
  let lastTry = Number.NEGATIVE_INFINITY
  let lastFailed = false
  let underWay: Promise<void> | undefined

  const now = () => clock().getTime()
  const fresh = () => (current !== undefined && now() - current.loadedAt < staleAfter ? current.resolve : undefined)

  const load = async () => {
    lastTry = now()
    try {
      const set = usableKeys(await fetchJson(uri))
      if (set.keys.length === 0) throw new Error('the key set has no key that can be used')
      current = { resolve: createLocalJWKSet(set), loadedAt: now() }
      lastFailed = false
    } catch (error) {
      lastFailed = true
      onFailure?.(error)
    }
  }
  /** Loads once, whoever asks meanwhile; false where the last try is too recent. */
  const reload = async (): Promise<boolean> => {
    if (underWay === undefined) {
      if (now() - lastTry < (lastFailed ? cooldownAfterFailure : cooldown)) return false
      underWay = load().finally(() => {
        underWay = undefined
      })
    }
    await underWay
    return true
  }

  void reload()
  const timer = setInterval(() => {
    if (lastFailed || now() - lastTry >= refreshAfter) void reload()
  }, lookEvery)
  timer.unref()

  return {
    async resolve(header, token) {
      if (fresh() === undefined) await reload()
      const resolve = fresh()
      if (resolve === undefined) throw new KeysUnavailable(`no keys from ${uri}`)
      try {
        return await resolve(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || !(await reload())) throw error
        return (fresh() ?? resolve)(header, token)
      }
    },
    isReady: () => fresh() !== undefined,
    close: () => clearInterval(timer),
  }
}

async function fetchJson(uri: string): Promise<unknown> {
  const response = await fetch(uri, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(loadTimeout),
  })
  if (!response.ok || response.body === null) throw new Error(`the key set's address answered ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > sizeLimit) throw new Error(`the key set is larger than ${sizeLimit} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
