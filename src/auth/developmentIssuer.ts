/** The gateway as its own JWT issuer, for development: a key of its own in the data folder, and JWTs signed with it. */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { StartupError } from '../errors.ts'
import { fixedKeys, type KeySource, usableKeys } from './keys.ts'

/** Seconds that a JWT of the development issuer lives at most. */
export const developmentLifetime = 12 * 60 * 60

const algorithm = 'ES256'
const issuer = 'urn:iam-graph:development'

export interface DevelopmentIssuer {
  readonly issuer: string
  readonly keys: KeySource
  /** A JWT with these claims beside `iss`, `aud`, `iat`, `exp`, `jti` and `client_id`; `lifetime` in seconds. */
  sign(claims: DevelopmentClaims, lifetime: number): Promise<string>
}

export interface DevelopmentClaims {
  readonly sub: string
  readonly scope: string
  readonly customer_id?: number
  readonly access_id?: number
}

interface IssuerOptions {
  /** The data folder. The key is made in it when it has none. */
  readonly folder: string
  readonly audience: string
  readonly clock: () => Date
}

/** Opens the development issuer. Gateways that share the folder share the key. Throws StartupError where it is no key. */
export async function openDevelopmentIssuer({ folder, audience, clock }: IssuerOptions): Promise<DevelopmentIssuer> {
  const path = join(folder, 'development-key.jwk')
  const jwk = (await readKey(path)) ?? (await makeKey(folder, path))
  const key = await importJWK(jwk, algorithm).catch((cause) => {
    throw new StartupError(`The development key ${path} is no ES256 key: remove it to have a new one made`, 1, cause)
  })
  return {
    issuer,
    keys: fixedKeys(usableKeys({ keys: [jwk] })),
    sign(claims, lifetime) {
      const issuedAt = Math.floor(clock().getTime() / 1_000)
      return new SignJWT({ ...claims, client_id: 'iam-graph-development' })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetime)
        .setJti(randomUUID())
        .sign(key)
    },
  }
}

async function readKey(path: string): Promise<JWK | undefined> {
  const content = await readFile(path, 'utf8').catch(() => undefined)
  if (content === undefined) return undefined
  try {
    return JSON.parse(content)
  } catch (cause) {
    throw new StartupError(`The development key ${path} is no JSON: remove it to have a new one made`, 1, cause)
  }
}

async function makeKey(folder: string, path: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: randomUUID() }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(path, `${JSON.stringify(jwk)}\n`, { flag: 'wx', mode: 0o600 })
    return jwk
  } catch (error) {
    // Another process may have made the key in the meantime: then that one counts.
    const made = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(path) : undefined
    if (made !== undefined) return made
    throw new StartupError(
      `The development key ${path} can't be written: ${(error as NodeJS.ErrnoException).code}`,
      1,
      error,
    )
  }
}
