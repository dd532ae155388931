/** The gateway as an issuer of its own: signs JWTs, and verifies them, with keys that change while it runs. */
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  importJWK,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { type Observer, unfailing } from '../observer.ts'
import { type KeptKeys, readKept, reasonOf, unusableKeys } from './keptKeys.ts'
import type { KeySource } from './keys.ts'
import { publishedKeys, readSigningKeys, reloadInterval, type SigningKey, standingsAt } from './signingKeys.ts'

/** Signs as the gateway, and verifies what gateways with the same keys have signed. */
export interface Signer extends KeySource {
  /** The public keys that JWTs may be signed with now, or soon (RFC 7517, section 5). */
  published(): JSONWebKeySet
  /** A JWT with these claims and no others, of this `typ`. */
  sign(claims: JWTPayload, type: string): Promise<string>
  /** Looks whether the kept keys have changed. Never rejects: the last ones that could be read stay in use. */
  reload(): Promise<void>
}

interface SignerOptions {
  readonly kept: KeptKeys
  readonly clock: () => Date
  /** Told when the kept keys can't be read any more, and when they can again. */
  readonly observe: Observer
  /** Milliseconds between looks at the kept keys. */
  readonly lookEvery?: number
}

interface Loaded {
  readonly text: string
  readonly keys: readonly (SigningKey & { readonly privateKey: CryptoKey })[]
}

/** Milliseconds between looks that JWTs with unknown keys cause: anybody can make one up. */
const leastPause = 1_000

/** Opens the kept keys, and follows them. Throws StartupError where there are none that can sign. */
export async function openSigner(options: SignerOptions): Promise<Signer> {
  const { kept, clock, lookEvery = reloadInterval * 1_000 } = options
  const observe = unfailing(options.observe)
  let loaded: Loaded
  try {
    loaded = await load(await readKept(kept))
  } catch (error) {
    throw unusableKeys(kept, error)
  }
  let published: JSONWebKeySet = { keys: [] }
  let resolve = createLocalJWKSet(published)
  let version = 0
  let failure: string | null = null
  let lookedAt = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined

  /** Follows the time, too: keys die of it. */
  const publish = () => {
    const keys = publishedKeys(standingsAt(loaded.keys, clock()))
    if (JSON.stringify(keys) === JSON.stringify(published)) return
    published = keys
    resolve = createLocalJWKSet(published)
    version += 1
  }
  const look = async () => {
    lookedAt = performance.now()
    const before = failure
    try {
      const text = await readKept(kept)
      if (text !== loaded.text) loaded = await load(text)
      failure = null
    } catch (error) {
      failure = reasonOf(error)
    }
    if (failure !== before) {
      observe({ kind: 'signingKeys', state: failure === null ? 'fresh' : 'stale', reason: failure })
    }
    publish()
  }
  /** Looks once, whoever asks meanwhile. */
  const reload = () => {
    underWay ??= look().finally(() => {
      underWay = undefined
    })
    return underWay
  }
  publish()
  const timer = setInterval(reload, lookEvery)
  timer.unref()

  return {
    async resolve(header, token) {
      try {
        return await resolve(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() - lookedAt < leastPause) throw error
        // Another process may sign already with a key that has taken the place of one that leaked.
        await reload()
        return resolve(header, token)
      }
    },
    version: () => version,
    isReady: () => true,
    close: () => clearInterval(timer),
    published: () => published,
    sign(claims, type) {
      const signing = standingsAt(loaded.keys, clock()).findIndex(({ state }) => state === 'signing')
      const { alg, kid, privateKey } = loaded.keys[signing] as Loaded['keys'][number]
      return new SignJWT(claims).setProtectedHeader({ alg, typ: type, kid }).sign(privateKey)
    },
    reload,
  }
}

/** Rejects with NoSigningKeys, and as jose does. */
async function load(text: string): Promise<Loaded> {
  const keys = await readSigningKeys(text)
  const imported = keys.map(async (key) => ({ ...key, privateKey: (await importJWK(key.jwk, key.alg)) as CryptoKey }))
  return { text, keys: await Promise.all(imported) }
}
