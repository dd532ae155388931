/** Proofs of possession (RFC 9449, DPoP): that who sends a request holds the key that its JWT is bound to, or is to be bound to. */
import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, errors, type JWK, jwtVerify } from 'jose'
import { algorithms } from './keys.ts'

/** A request, as a proof speaks of it. */
export interface ProvenRequest {
  /** The value of its DPoP header; null where it has none. */
  readonly proof: string | null
  readonly method: string
  /** Absolute, without a query. */
  readonly path: string
}

/** The JWT that a request comes with, and the thumbprint of the key that it is bound to (RFC 9449, section 6.1). */
export interface BoundJwt {
  readonly jwt: string
  readonly jkt: string
}

/**
 * Checks the proof of a request (RFC 9449, section 4.3), and that it is one for the JWT where there is one already. Resolves to the
 * thumbprint of its key (RFC 7638). Each proof is good for one request. Rejects with ProofRefused.
 */
export type CheckProof = (request: ProvenRequest, bound: BoundJwt | null) => Promise<string>

/** Why a proof was refused, in words that may be shown. */
export class ProofRefused extends Error {}

export interface ProofOptions {
  /** Where clients reach the gateway: what `htu` begins with, whatever proxies make of it. */
  readonly publicUrl: () => string
  readonly clock: () => Date
  /** Proofs that are remembered at most. */
  readonly mostSeen?: number
}

/** Seconds since its `iat` for which a proof is taken, and for which clocks may differ. */
const longestAge = 60
const clockTolerance = 5

const sizeLimit = 4 * 1024
const form = /^[\w-]+\.[\w-]+\.[\w-]+$/
const longestId = 200

/** Proofs that are remembered, some 300 bytes each. */
const usualMostSeen = 50_000

/** What checks proofs, and remembers those that were used here. */
export function createProofCheck({ publicUrl, clock, mostSeen = usualMostSeen }: ProofOptions): CheckProof {
  const seen = createSeen(mostSeen)
  return async ({ proof, method, path }, bound) => {
    if (proof === null) throw new ProofRefused('expected a DPoP header with a proof')
    if (proof.length > sizeLimit || !form.test(proof)) throw new ProofRefused('expected one proof, a JWT')
    const now = clock()
    const { payload, protectedHeader } = await verified(proof, now)
    const { jti, htm, htu, ath, iat } = payload
    if (typeof jti !== 'string' || jti === '' || jti.length > longestId) {
      throw new ProofRefused(`claim "jti": expected 1 to ${longestId} characters`)
    }
    if (htm !== method) throw new ProofRefused('claim "htm": expected the method of the request')
    if (!isAddress(htu, `${publicUrl()}${path}`))
      throw new ProofRefused('claim "htu": expected the address of the request')
    if (bound !== null && ath !== createHash('sha256').update(bound.jwt).digest('base64url')) {
      throw new ProofRefused('claim "ath": expected the hash of the access token')
    }
    const jkt = await calculateJwkThumbprint(protectedHeader.jwk as JWK)
    if (bound !== null && jkt !== bound.jkt)
      throw new ProofRefused('expected a proof by the key that the JWT is bound to')
    if (!seen.add(`${jkt} ${jti}`, iat as number, now.getTime() / 1_000)) {
      throw new ProofRefused('expected a proof that has not been used before')
    }
    return jkt
  }
}

async function verified(proof: string, currentDate: Date) {
  try {
    return await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms,
      maxTokenAge: longestAge,
      clockTolerance,
      currentDate,
      requiredClaims: ['jti', 'htm', 'htu', 'iat'],
    })
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new ProofRefused('expected a proof that was made just now')
    if (error instanceof errors.JWTClaimValidationFailed) {
      throw new ProofRefused(`${error.claim === 'typ' ? 'header' : 'claim'} "${error.claim}": not as expected`)
    }
    if (error instanceof errors.JWSSignatureVerificationFailed) throw new ProofRefused('the signature does not hold')
    // What jose, or the runtime, says of a key that is none.
    throw new ProofRefused(
      `expected a JWT that is signed with the public key in its header, by one of ${algorithms.join(', ')}`,
    )
  }
}

/** Whether they are the same address but for spelling, query and fragment (RFC 3986, sections 6.2.2 and 6.2.3). */
function isAddress(htu: unknown, url: string): boolean {
  if (typeof htu !== 'string' || !URL.canParse(htu)) return false
  const [claimed, asked] = [new URL(htu), new URL(url)]
  claimed.search = ''
  claimed.hash = ''
  return claimed.href === asked.href
}

/**
 * The proofs that were used here, for as long as they could be used again. No more are remembered than so many: beyond that the
 * oldest are forgotten, and proofs that are not younger than those are not taken any more.
 */
function createSeen(most: number) {
  const seen = new Map<string, number>()
  let youngestForgotten = Number.NEGATIVE_INFINITY
  return {
    /** Whether it is new. Times are in seconds since the epoch. */
    add(proof: string, issuedAt: number, now: number): boolean {
      for (const [known, at] of seen) {
        const isOver = at + longestAge + clockTolerance < now
        if (!isOver && seen.size < most) break
        if (!isOver) youngestForgotten = Math.max(youngestForgotten, at)
        seen.delete(known)
        if (!isOver) break
      }
      if (issuedAt <= youngestForgotten || seen.has(proof)) return false
      seen.set(proof, issuedAt)
      return true
    },
  }
}
