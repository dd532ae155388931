/** Verifies a JWT access token (RFC 7519, RFC 8725, RFC 9068): its form, its signature and its standard claims. */
import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'
import { algorithms, type KeySource } from './keys.ts'

export interface JwtRules {
  readonly issuer: string
  /** Null: any, for who looks at a JWT that is for somebody else. */
  readonly audience: string | null
  /** The header's `typ`. */
  readonly type: 'at+jwt' | 'JWT'
  /** Seconds since `iat` at most. */
  readonly maxAge: number
  readonly clock: () => Date
}

/** Why a JWT was refused, in words that may be shown: they name what was expected and never repeat the token. */
export class JwtRefused extends Error {}

export interface VerifiedJwt {
  readonly claims: JWTPayload
  /** When it stops being valid, by its `exp` and by its age: milliseconds since the epoch. */
  readonly validUntil: number
}

export type JwtVerifier = (token: string) => Promise<VerifiedJwt>

const sizeLimit = 8 * 1024
/** Three base64url parts and nothing else: jose takes padding and spaces inside of them. */
const form = /^[\w-]+\.[\w-]+\.[\w-]+$/
const clockTolerance = 5

/** A verifier that rejects with JwtRefused, or with KeysUnavailable while nothing can be said. */
export function createJwtVerifier(keys: Pick<KeySource, 'resolve'>, rules: JwtRules): JwtVerifier {
  return async (token) => {
    if (token.length > sizeLimit) throw new JwtRefused(`expected a JWT of at most ${sizeLimit} characters`)
    if (!form.test(token)) throw new JwtRefused('expected a JWT')
    const claims = await verify(token, keys.resolve, {
      algorithms,
      issuer: rules.issuer,
      ...(rules.audience === null ? {} : { audience: rules.audience }),
      typ: rules.type,
      maxTokenAge: rules.maxAge,
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance,
      currentDate: rules.clock(),
    })
    return { claims, validUntil: Math.min(Number(claims.exp), Number(claims.iat) + rules.maxAge) * 1_000 }
  }
}

async function verify(token: string, resolve: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, resolve, options)).payload
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return verifyWithEach(token, error, options)
    throw refusal(error)
  }
}

/** A JWT without a `kid` is tried with each key that it might be signed with. */
async function verifyWithEach(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusal(error)
    }
  }
  throw new JwtRefused('the signature does not hold')
}

/** What may be said of jose's error; an error that is not about the JWT stays as it is. */
function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return new JwtRefused(error.claim === 'iat' ? 'the JWT is too old' : 'the JWT has expired')
  }
  if (error instanceof errors.JWTClaimValidationFailed) return new JwtRefused(claimRefusal(error))
  if (error instanceof errors.JWKSNoMatchingKey) return new JwtRefused('no key matches the JWT')
  if (error instanceof errors.JWSSignatureVerificationFailed) return new JwtRefused('the signature does not hold')
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new JwtRefused(`expected one of the algorithms ${algorithms.join(', ')}`)
  if (error instanceof errors.JOSEError) return new JwtRefused('expected a JWT')
  return error
}

function claimRefusal({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'check_failed' && claim === 'nbf') return 'the JWT is not valid yet'
  return `${claim === 'typ' ? 'header' : 'claim'} "${claim}": ${reason === 'missing' ? 'expected one' : 'not as expected'}`
}
