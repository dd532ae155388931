import { assertObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fixedBytes } from '../../examples/data/demo/fixedIds.ts'
import { demoTokenId, demoTokens } from '../../examples/data/demo/tokens.ts'
import type { RightsScopes } from '../../src/auth/allowedScopes.ts'
import { formatSecret } from '../../src/auth/apiToken.ts'
import { schema } from '../../src/schema/index.ts'
import { graphql } from '../generated/gql.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'
import { withAccess } from '../support/withAccess.ts'

const ReadToken = graphql(`
  query ReadToken($id: ID!) {
    token(id: $id) {
      nodeId
      id
      name
      hint
      access { id }
      user { id email }
      userId
      username
      acct
      domain
      idpId
      identityProvider { id domain }
      orgId
      organization { id }
      scope
      createdAt
      createdBy { id firstname lastname }
      updatedAt
      expiresAt
      lastUsedAt
      deactivated
      deactivatedUpdatedBy { id firstname lastname }
      deactivatedUpdatedOn
      rotatedFrom { id }
      rotatedTo { id }
    }
  }
`)

const ReadAllowedScopes = graphql(`
  query ReadAllowedScopes($id: ID!) {
    token(id: $id) {
      allowedScopes {
        generalScopes
        organizationScopes {
          allPermissions
          allRoles
          keptInToken
          permissions { permissionId permission { id } resources { type id } }
          roles { name role { id } resource { type id } }
        }
        servicesScopes {
          serviceDefinitionId
          allPermissions
          allRoles
          keptInToken
          permissions { permissionId permission { id } resources { type id } }
          roles { name role { id } resource { type id } }
        }
      }
    }
  }
`)

const ReadTokenDetails = graphql(`
  query ReadTokenDetails($secret: String!) {
    tokenDetails(secret: $secret) { id name }
  }
`)

const { auditor } = demoCallers
const introspecting = { claims: { ...claimsOf(auditor), scope: 'tokens:read tokens:introspect organizations:all' } }
const secretOf = (id: number) => formatSecret(fixedBytes(`secret of token ${id}`))
const foreignId = demoTokenId('Campagne été')

const person = (snapshot: unknown) => {
  if (snapshot === null) return null
  const { userId, firstname, lastname } = snapshot as { userId: string; firstname: string; lastname: string }
  return { id: userId, firstname, lastname }
}

const resource = (written: string) => ({ type: 'ZONE', id: written.replace('zone:', '') })

const rights = ({ allPermissions, allRoles, keptInToken, permissions, roles }: RightsScopes) => ({
  allPermissions,
  allRoles,
  keptInToken,
  permissions: permissions.map(({ permissionId, resources }) => ({
    permissionId,
    permission: { id: permissionId },
    resources: resources.map(resource),
  })),
  roles: roles.map((role) => ({
    name: role.name,
    role: { id: role.name },
    resource: role.resource === null ? null : resource(role.resource),
  })),
})

describe('token', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it('has every field of its row and of the rows it belongs to, for every token', async () => {
    const rows = withAccess(
      await harness.prisma.token.findMany({
        include: { access: { include: { user: { include: { identityProvider: true } } } }, rotatedTo: true },
      }),
    )
    for (const row of rows) {
      const { user } = row.access
      const provider = user.identityProvider
      const { data, errors } = await harness.ask(ReadToken, { id: String(row.id) }, auditor)
      expect(errors).toBeUndefined()
      expect(data?.token).toEqual({
        nodeId: Buffer.from(`Token:${row.id}`).toString('base64url'),
        id: String(row.id),
        name: row.name,
        hint: row.hint,
        access: { id: String(row.accessId) },
        user: { id: user.id, email: user.email },
        userId: user.id,
        username: user.email,
        acct: user.acct,
        domain: provider?.domain ?? null,
        idpId: user.idpId,
        identityProvider: provider && { id: provider.id, domain: provider.domain },
        orgId: row.organizationId,
        organization: { id: row.organizationId },
        scope: row.scope,
        createdAt: row.createdAt.toISOString(),
        createdBy: person(row.createdBy),
        updatedAt: row.updatedAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
        lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
        deactivated: row.deactivated,
        deactivatedUpdatedBy: person(row.deactivatedUpdatedBy),
        deactivatedUpdatedOn: row.deactivatedUpdatedOn?.toISOString() ?? null,
        rotatedFrom: row.rotatedFromId === null ? null : { id: String(row.rotatedFromId) },
        rotatedTo: row.rotatedTo && { id: String(row.rotatedTo.id) },
      })
    }
    expect(rows.filter(({ rotatedTo }) => rotatedTo !== null)).not.toEqual([])
    expect(rows.filter(({ access }) => access.user.idpId !== null)).not.toEqual([])
  })

  it('says what it may be used for, for every token', async () => {
    for (const [index, { allowed }] of demoTokens.entries()) {
      const { data, errors } = await harness.ask(ReadAllowedScopes, { id: String(index + 1) }, auditor)
      expect(errors).toBeUndefined()
      expect(data?.token?.allowedScopes).toEqual({
        generalScopes: allowed.generalScopes,
        organizationScopes: allowed.organizationScopes && rights(allowed.organizationScopes),
        servicesScopes: allowed.servicesScopes.map((service) => ({
          serviceDefinitionId: service.serviceDefinitionId,
          ...rights(service),
        })),
      })
    }
  })

  it('keeps the names of roles and permissions that are gone', async () => {
    const { prisma } = harness
    const gone = [{ permissionId: 'gone.for.good', resources: [] }]
    const scopes = {
      allPermissions: false,
      allRoles: false,
      keptInToken: [],
      permissions: gone,
      roles: [{ name: 'gone', resource: null }],
    }
    await prisma.token.update({
      where: { id: 1 },
      data: { allowedScopes: { generalScopes: [], organizationScopes: scopes, servicesScopes: [] } },
    })
    const { data, errors } = await harness.ask(ReadAllowedScopes, { id: '1' })
    expect(errors).toBeUndefined()
    expect(data?.token?.allowedScopes.organizationScopes).toMatchObject({
      permissions: [{ permissionId: 'gone.for.good', permission: null, resources: [] }],
      roles: [{ name: 'gone', role: null, resource: null }],
    })
  })

  it('is null where there is none, and for a token of another organization', async () => {
    for (const id of ['999999', String(foreignId)]) {
      const { data, errors } = await harness.ask(ReadToken, { id })
      expect({ data, errors }).toEqual({ data: { token: null }, errors: undefined })
    }
    expect((await harness.ask(ReadToken, { id: String(foreignId) }, auditor)).data?.token?.id).toBe(String(foreignId))
  })

  it('is found by its secret, one of another organization only by a caller that sees all', async () => {
    const id = demoTokenId('Provisioning portal')
    const own = await harness.ask(ReadTokenDetails, { secret: secretOf(id) })
    expect(own.data?.tokenDetails).toEqual({ id: String(id), name: 'Provisioning portal' })
    const foreign = { secret: secretOf(foreignId) }
    expect((await harness.ask(ReadTokenDetails, foreign)).data).toEqual({ tokenDetails: null })
    expect((await harness.ask(ReadTokenDetails, foreign, introspecting)).data?.tokenDetails?.id).toBe(String(foreignId))
  })

  it('is found by its secret whatever has become of it', async () => {
    const id = demoTokenId('Terraform on Bruno’s laptop')
    const { data } = await harness.ask(ReadTokenDetails, { secret: secretOf(id) })
    expect(data?.tokenDetails?.id).toBe(String(id))
  })

  it('is null, and costs no statement, for what can be no secret', async () => {
    const secret = secretOf(1)
    const typos = [
      '',
      'x',
      secret.slice(1),
      `${secret} `,
      `${secret.slice(0, -1)}!`,
      secret.toUpperCase(),
      '\u0000',
      '🦉',
      'x'.repeat(100_000),
    ]
    const mistyped = secret.replace(/(.)(.)(.{6})$/, (_, a, b, check) => `${b}${a === b ? 'x' : a}${check}`)
    for (const given of [...typos, mistyped]) {
      const { data, errors, statements } = await harness.ask(ReadTokenDetails, { secret: given })
      expect({ data, errors, statements }).toEqual({ data: { tokenDetails: null }, errors: undefined, statements: [] })
    }
  })

  it('is null for a well-formed secret that nobody has', async () => {
    const { data, statements } = await harness.ask(ReadTokenDetails, { secret: formatSecret(fixedBytes('nobody')) })
    expect(data).toEqual({ tokenDetails: null })
    expect(statements).toHaveLength(1)
  })

  it('never carries its secret or the hash of it', () => {
    const names = Object.keys(assertObjectType(schema.getType('Token')).getFields())
    expect(names.filter((name) => /secret|hash/i.test(name))).toEqual([])
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
