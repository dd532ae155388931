/** Rows that the database takes and that the demo does not have: what JSON must escape, orders by character, odd snapshots. */
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import type { Harness } from '../support/harness.ts'

const odd = 'quoted " back\\slash \u2028\u2029 tab\t bell\u0007 del\u007f \ufeff 🔑 \uffff'

/** In UTF-16 the second is smaller than the first, character by character it is larger. */
const outOfOrder = ['zone \uffee', 'zone 🔑'] as const

/** Adds them, for people, accesses and tokens of organization 1. */
export async function addUnusualRows({ prisma }: Pick<Harness, 'prisma'>): Promise<void> {
  const { accessId, person } = demoAccess('Terraform')
  const { organization, userId } = person
  const other = demoAccess('Site de campagne')

  for (const id of [...outOfOrder, `role ${odd.replace(/[^ -~]/g, '')}`, 'constructor', '__proto__']) {
    await prisma.permission.create({ data: { id, description: odd } })
    await prisma.role.create({ data: { id, description: odd, permissions: { create: { permissionId: id } } } })
    await prisma.roleAssignment.createMany({
      data: ['a.example', 'b.example'].map((resourceId) => ({
        organizationId: organization.id,
        accessId,
        roleId: id,
        resourceType: 'ZONE' as const,
        resourceId,
      })),
    })
  }
  for (const permissionId of outOfOrder) {
    await prisma.rolePermission.create({ data: { roleId: 'zone-reader', permissionId } })
  }

  await prisma.user.update({ where: { id: userId }, data: { firstname: odd, lastname: '', phone: odd } })
  await prisma.access.update({ where: { id: accessId }, data: { lastLoginAt: new Date('0999-12-31T23:59:59.009Z') } })

  // Snapshots whose members are there, as the database demands, and what they are it does not say.
  const snapshots = [
    { userId: other.person.userId, accessId: other.accessId, firstname: odd, lastname: 'of another organization' },
    { userId: '00000000-0000-4000-8000-000000000000', accessId: 999_999, firstname: 'Gone', lastname: 'Long ago' },
    { userId, accessId: null, firstname: 5, lastname: true },
    { userId, firstname: null, lastname: 'null where there must be a text' },
    { userId, accessId, firstname: { not: 'a text' }, lastname: [] },
  ]
  const users = await prisma.user.findMany({ where: { organizationId: organization.id }, orderBy: { id: 'asc' } })
  for (const [index, snapshot] of snapshots.entries()) {
    await prisma.user.update({ where: { id: users[index]?.id ?? '' }, data: { createdBy: snapshot } })
    await prisma.access.update({ where: { id: index + 1 }, data: { updatedBy: snapshot } })
    await prisma.token.update({ where: { id: index + 1 }, data: { deactivatedUpdatedBy: snapshot } })
  }

  await prisma.token.update({
    where: { id: demoTokenId('Terraform Cloud') },
    data: {
      name: odd,
      scope: ['', odd, 'users:read', '{}', 'NULL', 'a,b'],
      allowedScopes: {
        generalScopes: [odd, 'openid'],
        organizationScopes: {
          allPermissions: false,
          allRoles: false,
          keptInToken: ['ROLES', 'PERMISSIONS'],
          permissions: [
            { permissionId: 'no.longer.there', resources: ['zone:example.com'] },
            { permissionId: outOfOrder[1], resources: [] },
          ],
          roles: [
            { name: 'no longer there', resource: null },
            { name: 'zone-admin', resource: 'zone:example.com' },
          ],
        },
        servicesScopes: [],
      },
    },
  })
}
