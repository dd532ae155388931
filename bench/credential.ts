/**
 * Prints the microseconds of CPU that the gateway spends on a credential that it has verified before. A process of its
 * own, with the settings of a production gateway in its environment, and JWTs in JWTS.
 */
import { claimNamesOf, keysOf } from '../src/assemble.ts'
import { createAuthenticator } from '../src/auth/authenticate.ts'
import { createJwtVerifier } from '../src/auth/jwt.ts'
import { createProofCheck } from '../src/auth/proof.ts'
import { readConfig } from '../src/config.ts'
import { OrganizationVersions } from '../src/db/organizationVersions.ts'
import type { Read } from '../src/db/read.ts'

const config = readConfig(process.env)
const clock = () => new Date()
const monotonic = () => performance.now()
const nothingChanges = (async () => [{ organizationId: null, version: null, now: 1n }]) as unknown as Read
const known = {
  lastDay: null,
  wasRemoved: false,
  accessLastDay: null,
  tokenExpiresAt: null,
  tokenRevokedAt: null,
  tokenDeactivated: null,
  tokenScope: null,
  tokenOnlyOperations: null,
  tokenOrganizationId: null,
  tokenIdleSince: null,
}
const keys = await keysOf(config, clock, () => {})
const authenticate = createAuthenticator({
  verify: createJwtVerifier(keys, {
    issuer: config.JWT_ISSUER as string,
    audience: config.JWT_AUDIENCE,
    type: config.JWT_TYPE,
    maxAge: config.JWT_MAX_AGE,
    clock,
  }),
  own: null,
  keyVersion: () => keys.version(),
  checkProof: createProofCheck({ publicUrl: () => 'http://127.0.0.1', clock }),
  clock,
  monotonic,
  currency: new OrganizationVersions(nothingChanges, monotonic),
  tokenIdleLifetime: null,
  noteUse() {},
  claimNames: claimNamesOf(config),
  findCaller: async ({ organization, userId }) => ({
    ...known,
    organizationId: organization.id,
    userId,
    accessUserId: userId,
    versions: [[`${organization.id}`, '0']],
    asOf: '1',
  }),
  findToken: async () => undefined,
})

const times = 100_000
// Each request brings its header as a new text.
const headers = (process.env.JWTS ?? '').split(',').map((jwt) => Buffer.from(`Bearer ${jwt}`))
const authenticateAll = async () => {
  for (let time = 0; time < times; time++) {
    await authenticate((headers[time % headers.length] as Buffer).toString('latin1'), { statements: 0 })
  }
}
await authenticateAll()
const before = process.cpuUsage()
await authenticateAll()
const { user, system } = process.cpuUsage(before)
console.log(`${(user + system) / times} µs`)
