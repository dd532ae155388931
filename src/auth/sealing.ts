/** Secrets that only the holder of a key can read: compact JWEs (RFC 7516) for a public JWK (RFC 7517). */
import { CompactEncrypt, importJWK, type JWK } from 'jose'

/** A public key that a secret can be sealed to, and how. */
export interface SealingKey {
  readonly alg: string
  readonly jwk: JWK
}

/** What is taken of each kind of key: the first algorithm is for those that name none. */
const kinds: Readonly<
  Record<
    string,
    {
      readonly members: readonly string[]
      readonly curves: readonly string[] | null
      readonly algorithms: readonly string[]
    }
  >
> = {
  EC: {
    members: ['crv', 'x', 'y'],
    curves: ['P-256', 'P-384', 'P-521'],
    algorithms: ['ECDH-ES+A256KW', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW'],
  },
  OKP: {
    members: ['crv', 'x'],
    curves: ['X25519'],
    algorithms: ['ECDH-ES+A256KW', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW'],
  },
  RSA: { members: ['n', 'e'], curves: null, algorithms: ['RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'] },
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const leastModulus = 2_048
const longestMember = 2_000
const content = 'A256GCM'

/** The key, or what was expected in the place of it. Members that mean nothing here are left aside. */
export async function readSealingKey(value: unknown): Promise<SealingKey | { readonly problem: string }> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return problem('expected a public JWK')
  const jwk = value as Readonly<Record<string, unknown>>
  const kind = typeof jwk.kty === 'string' && Object.hasOwn(kinds, jwk.kty) ? kinds[jwk.kty] : undefined
  if (kind === undefined) return problem(`expected a JWK with one of the kty ${Object.keys(kinds).join(', ')}`)
  if (privateMembers.some((member) => member in jwk)) return problem('expected a public JWK, received a private one')
  const { members, curves, algorithms } = kind
  const texts = members.filter((member) => isText(jwk[member]))
  if (texts.length < members.length) return problem(`expected a JWK with ${members.join(', ')}`)
  if (curves !== null && !curves.includes(jwk.crv as string)) return problem(`expected a key on ${curves.join(' or ')}`)
  if (jwk.use !== undefined && jwk.use !== 'enc') return problem('expected a JWK whose use is enc')
  const alg = jwk.alg ?? algorithms[0]
  if (typeof alg !== 'string' || !algorithms.includes(alg)) {
    return problem(`expected one of the alg ${algorithms.join(', ')}`)
  }
  if (jwk.kty === 'RSA' && bitsOf(jwk.n as string) < leastModulus) {
    return problem(`expected an RSA key of at least ${leastModulus} bits`)
  }
  const kid = isText(jwk.kid) ? { kid: jwk.kid as string } : {}
  const plain = Object.fromEntries(members.map((member) => [member, jwk[member]]))
  const key: SealingKey = { alg, jwk: { kty: jwk.kty as string, ...plain, ...kid } }
  try {
    // Members of the right form may be no key: a point may not lie on its curve.
    await seal('', key)
    return key
  } catch {
    return problem('expected a public JWK that can be encrypted to')
  }
}

/** The secret as a compact JWE. Each time another one. */
export async function seal(secret: string, { alg, jwk }: SealingKey): Promise<string> {
  const { kid } = jwk
  return new CompactEncrypt(new TextEncoder().encode(secret))
    .setProtectedHeader({ alg, enc: content, ...(kid === undefined ? {} : { kid }) })
    .encrypt(await importJWK(jwk, alg))
}

function problem(text: string) {
  return { problem: text }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= longestMember
}

function bitsOf(modulus: string): number {
  const bytes = Buffer.from(modulus, 'base64url')
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] as number) + 24
}
