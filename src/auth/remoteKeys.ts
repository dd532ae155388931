/** The keys of an identity provider, at an address. */
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JWTVerifyGetKey } from 'jose'
import { type KeySetState, type Observer, unfailing } from '../observer.ts'
import { createAllowance } from './allowance.ts'
import { type KeySource, KeysUnavailable, usableKeys } from './keys.ts'

interface RemoteKeysOptions {
  readonly uri: string
  /** What JWTs are dated by. */
  readonly clock: () => Date
  /** Milliseconds by a clock that can't be set, which everything else here is measured by. */
  readonly monotonic?: () => number
  /** Told of the key set's state, once for each change. */
  readonly observe: Observer
  /** Milliseconds between looks at whether the set is due for another load in the background. */
  readonly lookEvery?: number
}

interface KeySet {
  readonly resolve: JWTVerifyGetKey
  /** The keys as a text, by which a set is told from another. */
  readonly content: string
  /** The how many-th load it came with. */
  readonly load: number
  /** When it was asked for, by the monotonic clock. */
  readonly askedAt: number
}

const loadTimeout = 2_000
const sizeLimit = 256 * 1024
/** How old a set gets before it is loaded again. */
const refreshAfter = 5 * 60 * 1_000
/** After a failure the next load follows without being asked for, so that the gateway gets ready again by itself. */
const restAfterFailure = 5_000
/** How long a set is used that could not be loaded again. */
const staleAfter = 24 * 60 * 60 * 1_000
/** Loads that JWTs with unknown keys may ask for at once, and how often one more. Anybody can make up a JWT. */
const loadsAtOnce = 4
const loadInterval = 10_000
/** How far the clocks of the provider and of the gateway may differ. */
const clockTolerance = 5_000

/**
 * Keys at an address. The last good set stays in use while the address is out of reach, for a day at most; it is loaded
 * again in the background, and when a JWT names a key that is not in it. The first load starts at once.
 *
 * A provider publishes a key before it signs with it: a JWT is refused for its key where the set was asked for after the
 * JWT was issued, or after it came. Before that the set may be older than the key. Where it can't be loaded anew at once,
 * because that was done too often or has failed, nothing can be said: KeysUnavailable, not a refusal.
 */
export function remoteKeys(options: RemoteKeysOptions): KeySource {
  const { uri, clock, monotonic = () => performance.now(), lookEvery = 1_000 } = options
  const observe = unfailing(options.observe)
  const allowance = createAllowance(loadsAtOnce, loadInterval, monotonic)
  let current: KeySet | undefined
  let version = 0
  let loads = 0
  let lastLoadAt = Number.NEGATIVE_INFINITY
  let failure: string | undefined
  let underWay: Promise<void> | undefined
  let told: KeySetState['state'] | undefined

  const usable = () => (current !== undefined && monotonic() - current.askedAt < staleAfter ? current : undefined)

  const tell = () => {
    const state = stateOf(usable(), failure)
    if (state === told) return
    told = state
    observe({ kind: 'keySet', state, reason: state === 'fresh' ? null : `${failure}. ${advice[state]}` })
  }

  const load = async () => {
    loads += 1
    lastLoadAt = monotonic()
    const asked = { load: loads, askedAt: lastLoadAt }
    try {
      const set = usableKeys(await fetchJson(uri))
      if (set.keys.length === 0) throw new Error('the key set has no key that can be used')
      const content = JSON.stringify(set)
      if (content !== current?.content) version += 1
      current = { resolve: createLocalJWKSet(set), content, ...asked }
      failure = undefined
    } catch (error) {
      failure = reasonOf(error)
    }
    tell()
  }
  /** Loads once, whoever asks meanwhile. */
  const loaded = () => {
    underWay ??= load().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  void loaded()
  const timer = setInterval(() => {
    const age = monotonic() - lastLoadAt
    if (age >= (failure === undefined ? refreshAfter : restAfterFailure)) void loaded()
    else if (told !== undefined) tell()
  }, lookEvery)
  timer.unref()

  /** Milliseconds until the set may be loaded again after a failure. */
  const resting = () => (failure === undefined ? 0 : Math.max(lastLoadAt + restAfterFailure - monotonic(), 0))

  /** The set of the load that is under way, or of a new one where there is nothing to wait for. */
  const newSet = async (toWait: () => number): Promise<KeySet> => {
    const wait = underWay === undefined ? toWait() : 0
    if (wait === 0) await loaded()
    const set = usable()
    if (set === undefined) throw new KeysUnavailable('the key set is out of reach', seconds(resting()))
    if (wait === 0 && failure === undefined) return set
    throw new KeysUnavailable('the key set has no such key, but may be older than it', seconds(wait || resting()))
  }

  /** Whether the JWT says that it was issued after the set was asked for, and not in the future. */
  const isYounger = ({ payload }: FlattenedJWSInput, { askedAt }: KeySet) => {
    const age = clock().getTime() - issuedAt(payload)
    return age >= -clockTolerance && age <= monotonic() - askedAt + clockTolerance
  }

  return {
    async resolve(header, token) {
      const loadsBefore = loads
      let set = usable() ?? (await newSet(resting))
      for (;;) {
        try {
          return await set.resolve(header, token)
        } catch (error) {
          if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
          if (set.load > loadsBefore || !isYounger(token, set)) throw error
          set = await newSet(() => resting() || allowance.take())
        }
      }
    },
    version: () => version,
    isReady: () => usable() !== undefined,
    close: () => clearInterval(timer),
  }
}

const advice = {
  stale: 'The last keys that were loaded are used for a day: see that JWKS_URI can be reached from here.',
  unavailable:
    'JWTs are answered 503 until it can be loaded: see that JWKS_URI is right, and can be reached from here.',
}

function stateOf(usable: KeySet | undefined, failure: string | undefined): KeySetState['state'] {
  if (usable === undefined) return 'unavailable'
  return failure === undefined ? 'fresh' : 'stale'
}

function seconds(milliseconds: number): number {
  return Math.max(Math.ceil(milliseconds / 1_000), 1)
}

/** The JWT's `iat` in milliseconds, of which nothing is verified; not a number where there is none. */
function issuedAt(payload: string | Uint8Array): number {
  try {
    const { iat } = JSON.parse(Buffer.from(String(payload), 'base64url').toString('utf8'))
    return typeof iat === 'number' ? iat * 1_000 : Number.NaN
  } catch {
    return Number.NaN
  }
}

/** What is said of a failed load. Fetch's own message says nothing, its cause does. */
function reasonOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message
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
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    // What JSON.parse says quotes the answer.
    throw new Error("the key set's address answered what is no JSON")
  }
}
