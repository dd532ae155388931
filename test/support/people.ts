/** Users with accesses and API tokens of their own, for tests that change them. */
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { formatSecret, hashSecret } from '../../src/auth/apiToken.ts'
import type { Caller, Harness } from './harness.ts'
import { testTime } from './time.ts'

const { administrator } = demoCallers
const day = 24 * 60 * 60 * 1_000

/** Makes them in the organization of the administrator. `harness` is asked when one is made. */
export function createPeople(harness: () => Pick<Harness, 'prisma'>) {
  let made = 0
  /** A user of its own, with an access. */
  const someone = async () => {
    made += 1
    const common = { organizationId: administrator.organizationId, createdAt: testTime, updatedAt: testTime }
    const { id: userId } = await harness().prisma.user.create({
      data: {
        ...common,
        id: `7f0c6c1e-3f0e-4c7e-9a3c-${String(made).padStart(12, '0')}`,
        firstname: 'Nadia',
        lastname: 'Novakova',
        email: `nadia.${made}@lakeside.example`,
        language: 'EN',
      },
    })
    const { id: accessId } = await harness().prisma.access.create({
      data: { ...common, userId, type: 'UI_CONNECTION', twoFaEnabled: false },
    })
    const claims = { sub: userId, access_id: accessId, customer_id: 1, scope: 'users:read accesses:read tokens:read' }
    return { userId, accessId, caller: { claims } as Caller, claims }
  }
  /** An API token of the access, as it is stored, with its secret. */
  const tokenOf = async (accessId: number, given: object = {}) => {
    const random = Buffer.alloc(32)
    made += 1
    random.writeUInt32BE(made)
    const secret = formatSecret(random)
    const { id } = await harness().prisma.token.create({
      data: {
        organizationId: administrator.organizationId,
        accessId,
        name: 'Signs in',
        secretHash: hashSecret(secret),
        hint: secret.slice(-4),
        scope: ['accesses:read', 'tokens:read', 'users:read'],
        allowedScopes: { generalScopes: [], organizationScopes: null, servicesScopes: [] },
        createdAt: new Date(testTime.getTime() - day),
        updatedAt: testTime,
        expiresAt: new Date(testTime.getTime() + 30 * day),
        ...given,
      },
    })
    return { id, secret, caller: { authorization: `Bearer ${secret}` } }
  }
  return { someone, tokenOf }
}
