/**
 * Prints the microseconds of CPU that the gateway spends on a credential that it has verified before. A process of its
 * own, with the settings of a production gateway in its environment, and JWTs in JWTS.
 */
import { claimNamesOf, keysOf } from '../src/assemble.ts'
import { createAuthenticator } from '../src/auth/authenticate.ts'
import { createJwtVerifier } from '../src/auth/jwt.ts'
import { readConfig } from '../src/config.ts'

const config = readConfig(process.env)
const clock = () => new Date()
const keys = await keysOf(config, clock, () => {})
const authenticate = createAuthenticator({
  verify: createJwtVerifier(keys, {
    issuer: config.JWT_ISSUER as string,
    audience: config.JWT_AUDIENCE,
    type: config.JWT_TYPE,
    maxAge: config.JWT_MAX_AGE,
    clock,
  }),
  keyVersion: () => keys.version(),
  clock,
  monotonic: () => performance.now(),
  claimNames: claimNamesOf(config),
  findOrganization: async ({ id }) => id,
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
