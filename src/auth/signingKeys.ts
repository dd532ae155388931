/**
 * The keys that the gateway signs JWTs with: which of them signs at an instant, which are published, and what becomes of them
 * when they are rotated. Everything follows from the keys and the time, so that processes which share them agree. No I/O.
 *
 * They are kept as a JWK Set (RFC 7517, section 5) of private keys, each with `signs_from` beside it: the second since the
 * epoch from which on it signs, until the next one does.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose'
import { usableKeys } from './keys.ts'

/** Seconds that a JWT of the gateway lives at most. */
export const longestLifetime = 15 * 60

/** Seconds for which a key that signs no more is published on beside that: clocks differ. */
const grace = 60

/** Seconds for which those who verify may keep the published keys before they ask again. */
export const keysMaxAge = 5 * 60

/** Seconds between looks at whether the kept keys have changed: a key must be published for longer before it signs. */
export const reloadInterval = 5

/** Seconds for which a new key is published before it signs where nothing else is asked for: jose keeps a key set for ten minutes. */
export const defaultLead = 15 * 60

/** The same at least. */
export const leastLead = 30

/** Signature algorithms of the keys: each is that of one kind of key (RFC 7518, section 3.1; RFC 8037, section 3.1). */
export const signingAlgorithms = ['ES256', 'EdDSA'] as const

export type SigningAlgorithm = (typeof signingAlgorithms)[number]

/** A private key with what is known of it. */
export interface SigningKey {
  /** Its thumbprint (RFC 7638). */
  readonly kid: string
  readonly alg: SigningAlgorithm
  /** Seconds since the epoch. */
  readonly signsFrom: number
  readonly jwk: JWK
}

export type SigningKeyState = 'waiting' | 'signing' | 'retired' | 'dead'

/** A key as it stands at an instant. */
export interface StandingKey extends SigningKey {
  /** Dead is one of which no JWT is valid any more. */
  readonly state: SigningKeyState
  /** When the next one signs in its place, in seconds since the epoch; null where there is none. */
  readonly signsUntil: number | null
}

/** Why a text is no set of signing keys. It repeats nothing of it. */
export class NoSigningKeys extends Error {}

/** The keys of a set, in the order in which they sign. Throws NoSigningKeys. */
export async function readSigningKeys(text: string): Promise<readonly SigningKey[]> {
  const keys = await Promise.all(jwksOf(text).map(readKey))
  if (keys.length === 0) throw new NoSigningKeys('expected a key, received none')
  const starts = new Set(keys.map(({ signsFrom }) => signsFrom))
  if (starts.size < keys.length) throw new NoSigningKeys('expected keys that begin to sign at different times')
  return keys.sort((a, b) => a.signsFrom - b.signsFrom)
}

function jwksOf(text: string): readonly unknown[] {
  try {
    const { keys } = JSON.parse(text)
    if (Array.isArray(keys)) return keys
  } catch {}
  throw new NoSigningKeys('expected a JWK Set: JSON with "keys"')
}

/** The members of a private key of each algorithm (RFC 7518, section 6.2; RFC 8037, section 2). */
const kinds: Readonly<Record<SigningAlgorithm, { readonly crv: string; readonly members: readonly string[] }>> = {
  ES256: { crv: 'P-256', members: ['kty', 'crv', 'x', 'y', 'd'] },
  EdDSA: { crv: 'Ed25519', members: ['kty', 'crv', 'x', 'd'] },
}

async function readKey(value: unknown): Promise<SigningKey> {
  const given = value as Readonly<Record<string, unknown>> | null
  const alg = signingAlgorithms.find((each) => kinds[each].crv === given?.crv)
  // Of keys that can be used to verify, only those of the curve are left.
  const [usable] = usableKeys({ keys: [value] }).keys
  if (given === null || alg === undefined || usable === undefined || typeof given.d !== 'string') {
    throw new NoSigningKeys('expected private keys on P-256 or Ed25519')
  }
  const { signs_from: signsFrom = 0 } = given
  if (!Number.isSafeInteger(signsFrom))
    throw new NoSigningKeys('expected "signs_from" in whole seconds since the epoch')
  const jwk = Object.fromEntries(kinds[alg].members.map((member) => [member, given[member]])) as JWK
  return { kid: await calculateJwkThumbprint(jwk), alg, signsFrom: signsFrom as number, jwk }
}

/** The text that keys are kept as. */
export function formatSigningKeys(keys: readonly SigningKey[]): string {
  const written = keys.map(({ kid, alg, signsFrom, jwk }) => ({ ...jwk, kid, alg, use: 'sig', signs_from: signsFrom }))
  return `${JSON.stringify({ keys: written }, null, 2)}\n`
}

/** A new key that signs from that second since the epoch on. */
export async function makeSigningKey(signsFrom: number, alg: SigningAlgorithm = 'ES256'): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, {
    extractable: true,
    ...(alg === 'EdDSA' ? { crv: 'Ed25519' } : {}),
  })
  const jwk = await exportJWK(privateKey)
  return { kid: await calculateJwkThumbprint(jwk), alg, signsFrom, jwk }
}

/** How the keys, which are in their order, stand at the instant. One of them signs: the first, where none should yet. */
export function standingsAt(keys: readonly SigningKey[], now: Date): readonly StandingKey[] {
  const second = now.getTime() / 1_000
  const signing = Math.max(
    keys.findLastIndex(({ signsFrom }) => signsFrom <= second),
    0,
  )
  return keys.map((key, index) => {
    const signsUntil = keys[index + 1]?.signsFrom ?? null
    const state = (): SigningKeyState => {
      if (index === signing) return 'signing'
      if (index > signing) return 'waiting'
      return signsUntil !== null && signsUntil + longestLifetime + grace <= second ? 'dead' : 'retired'
    }
    return { ...key, state: state(), signsUntil }
  })
}

/** The public halves of those that may have signed a JWT that is valid, or will sign next. */
export function publishedKeys(standings: readonly StandingKey[]): JSONWebKeySet {
  const alive = standings.filter(({ state }) => state !== 'dead')
  return usableKeys({ keys: alive.map(({ jwk, kid, alg }) => ({ ...jwk, kid, alg, use: 'sig' })) })
}

/** Why keys can't be rotated, or a key can't be taken away. */
export class NotRotated extends Error {}

/**
 * The keys with a new one, which signs `lead` seconds from now on, and without the dead ones. The first of all signs at once:
 * nobody keeps a key set without it. Throws NotRotated where one is waiting already: it signs first.
 */
export async function rotated(
  keys: readonly SigningKey[],
  { now, lead, alg }: { readonly now: Date; readonly lead: number; readonly alg: SigningAlgorithm },
): Promise<readonly SigningKey[]> {
  const standings = standingsAt(keys, now)
  const waiting = standings.find(({ state }) => state === 'waiting')
  if (waiting !== undefined) {
    throw new NotRotated(
      `The key ${waiting.kid} is waiting to sign, from ${isoOf(waiting.signsFrom)} on: rotate again after that`,
    )
  }
  const second = Math.floor(now.getTime() / 1_000)
  const alive = keys.filter((_, index) => standings[index]?.state !== 'dead')
  return [...alive, await makeSigningKey(keys.length === 0 ? second : second + lead, alg)]
}

/**
 * The keys without one that has leaked: its JWTs are worth nothing from then on. Where it is the one that signs, the next one
 * signs at once, or a new one where none is waiting. Throws NotRotated where there is no such key.
 */
export async function withoutKey(keys: readonly SigningKey[], kid: string, now: Date): Promise<readonly SigningKey[]> {
  const removed = standingsAt(keys, now).find((key) => key.kid === kid)
  if (removed === undefined) throw new NotRotated(`There is no key ${kid}`)
  const left = keys.filter((key) => key !== keys.find((each) => each.kid === kid))
  if (removed.state !== 'signing') return left
  const second = Math.floor(now.getTime() / 1_000)
  const next = left.findIndex(({ signsFrom }) => signsFrom > removed.signsFrom)
  if (next === -1) return [...left, await makeSigningKey(second, removed.alg)]
  return left.map((key, index) => (index === next ? { ...key, signsFrom: Math.min(key.signsFrom, second) } : key))
}

/** A line for each key: its id, its algorithm, what it does and since when or until when. */
export function signingKeysText(keys: readonly SigningKey[], now: Date): string {
  return standingsAt(keys, now)
    .map((key) => `${key.kid}  ${key.alg}  ${told(key)}\n`)
    .join('')
}

function told({ state, signsFrom, signsUntil }: StandingKey): string {
  const until = signsUntil ?? 0
  switch (state) {
    case 'waiting':
      return `waiting: signs from ${isoOf(signsFrom)} on`
    case 'signing':
      return signsUntil === null ? 'signing' : `signing until ${isoOf(until)}`
    case 'retired':
      return `retired: published until ${isoOf(until + longestLifetime + grace)}`
    case 'dead':
      return 'dead: the next rotation takes it away'
  }
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString()
}
