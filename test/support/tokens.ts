/** Users, accesses and API tokens that a test makes for itself, in the demo's first organization. */
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type AllowedScopes, noAllowedScopes } from '../../src/auth/allowedScopes.ts'
import { formatSecret, hashSecret } from '../../src/auth/apiToken.ts'
import type { Harness } from './harness.ts'
import { testTime } from './time.ts'

const { organizationId } = demoCallers.administrator
const day = 24 * 60 * 60 * 1_000

/** A role of an access: its id, the zone that it is limited to, and its end. */
export type GivenRole = readonly [roleId: string, zone?: string | null, validUntil?: Date]

export interface MadeToken {
  readonly userId: string
  readonly accessId: number
  readonly id: number
  readonly secret: string
}

let made = 0

/** A token of an access of its own, with these roles; `given` are columns of the token. */
export async function makeToken(
  { prisma }: Harness,
  roles: readonly GivenRole[],
  allowed: Partial<AllowedScopes>,
  given: object = {},
): Promise<MadeToken> {
  made += 1
  const common = { organizationId, createdAt: new Date(testTime.getTime() - day), updatedAt: testTime }
  const number = String(made).padStart(12, '0')
  const { id: userId } = await prisma.user.create({
    data: {
      ...common,
      id: `6e1d3f2a-8c0b-4d5e-9f6a-${number}`,
      firstname: 'Noor',
      lastname: 'Visser',
      email: `noor.${made}@lakeside.example`,
      language: 'EN',
    },
  })
  const { id: accessId } = await prisma.access.create({
    data: { ...common, userId, type: 'API_CONNECTION', name: `Service ${made}`, language: 'EN' },
  })
  await prisma.roleAssignment.createMany({
    data: roles.map(([roleId, zone = null, validUntil]) => ({
      organizationId,
      accessId,
      roleId,
      resourceType: zone === null ? null : ('ZONE' as const),
      resourceId: zone,
      validUntil: validUntil ?? null,
    })),
  })
  const random = Buffer.alloc(32, 7)
  random.writeUInt32BE(made)
  const secret = formatSecret(random)
  const { id } = await prisma.token.create({
    data: {
      ...common,
      accessId,
      name: 'Exchanged',
      secretHash: hashSecret(secret),
      hint: secret.slice(-4),
      scope: ['accesses:read', 'tokens:read', 'users:read'],
      allowedScopes: { ...noAllowedScopes, ...allowed } as object,
      expiresAt: new Date(testTime.getTime() + 30 * day),
      ...given,
    },
  })
  return { userId, accessId, id, secret }
}
