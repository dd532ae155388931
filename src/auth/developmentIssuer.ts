/** The gateway as its own JWT issuer, for development: a key of its own in the data folder, and JWTs signed with it. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { openDataFolder } from '../dataFolder.ts'
import { StartupError } from '../errors.ts'
import { createWholeFile } from '../wholeFile.ts'
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

/**
 * Opens the development issuer. Gateways that share the folder share the key. Throws StartupError where it is no key, and
 * as `openDataFolder` does.
 */
export async function openDevelopmentIssuer({ folder, audience, clock }: IssuerOptions): Promise<DevelopmentIssuer> {
  await openDataFolder(folder)
  const path = join(folder, 'development-key.jwk')
  const content = (await readKey(path)) ?? (await makeKey(path))
  const { jwk, key } = await privateKey(content).catch((cause) => {
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

async function privateKey(content: string): Promise<{ readonly jwk: JWK; readonly key: CryptoKey }> {
  const jwk: JWK = JSON.parse(content)
  const key = await importJWK(jwk, algorithm)
  if (key instanceof Uint8Array || key.type !== 'private') throw new Error('expected a private key')
  return { jwk, key }
}

/** The file's content; undefined where there is no file. */
async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new StartupError(`The development key ${path} can't be read: ${code}`, 1, error)
  }
}

/** The content of the file that is there then: of several processes that make a key at once, one does. */
async function makeKey(path: string): Promise<string> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: randomUUID() }
  try {
    await createWholeFile(path, `${JSON.stringify(jwk)}\n`)
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StartupError(`The development key ${path} can't be made: ${code}`, 1, error)
  }
}
