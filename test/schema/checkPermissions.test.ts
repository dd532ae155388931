import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import type { RightsScopes } from '../../src/auth/allowedScopes.ts'
import { graphql } from '../generated/gql.ts'
import type { PermissionCheck } from '../generated/graphql.ts'
import { asDemoUser } from '../support/demoUser.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const Check = graphql(`
  query Check($checks: [PermissionCheck!]!) {
    checkPermissions(checks: $checks) { allowed }
  }
`)

const Explain = graphql(`
  query Explain($checks: [PermissionCheck!]!) {
    checkPermissions(checks: $checks) {
      allowed
      explanation {
        summary
        grants { access { id type } role { id description } permission { id description } resource { type id } }
        missing { kind message role { id } resource { id } }
      }
    }
  }
`)

const { administrator, auditor, otherReader, reader } = demoCallers
const zone = (id: string) => ({ type: 'ZONE', id }) as const
const read = 'dns.zone.read'
const update = 'dns.record.update'

/** Ids of the accesses and of the tokens that are made below. */
const [everywhere, limited, twice, bare, over] = ['9001', '9002', '9003', '9004', '9005']

const rights = (given: Partial<RightsScopes>): RightsScopes => ({
  ...{ allRoles: false, allPermissions: false, keptInToken: [], roles: [], permissions: [] },
  ...given,
})

/** Tokens of the access that holds its role everywhere: what they allow, and what became of them. */
const tokens = {
  open: { id: 9101, allowed: rights({ allRoles: true }) },
  onOneZone: { id: 9102, allowed: rights({ permissions: [{ permissionId: read, resources: ['zone:a.example'] }] }) },
  nothing: { id: 9103, allowed: null },
  revoked: { id: 9104, allowed: rights({ allRoles: true }), revokedAt: new Date('2026-06-01') },
  ended: { id: 9105, allowed: rights({ allRoles: true }), expiresAt: new Date('2026-06-01') },
  off: { id: 9106, allowed: rights({ allRoles: true }), deactivated: true },
} as const

describe('checkPermissions', () => {
  let harness: Harness

  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    const { organizationId, userId } = administrator
    const at = { createdAt: new Date('2026-01-01'), updatedAt: new Date('2026-01-01') }
    const gone = '90000000-0000-4000-8000-000000000001'
    await prisma.user.create({
      data: {
        ...{ ...at, id: gone, organizationId, firstname: 'Gone', lastname: 'Gone', email: 'gone@lakeside.example' },
        ...{ language: 'EN', expiresAt: new Date('2026-06-01') },
      },
    })
    await prisma.access.createMany({
      data: [everywhere, limited, twice, bare, over].map((id) => ({
        ...{ ...at, id: Number(id), organizationId, userId: id === over ? gone : userId },
        ...{ type: 'UI_CONNECTION' as const, twoFaEnabled: true },
      })),
    })
    const on = (accessId: string, roleId: string, zoneName: string | null = null) => ({
      ...{ organizationId, accessId: Number(accessId), roleId },
      ...(zoneName === null ? {} : { resourceType: 'ZONE' as const, resourceId: zoneName }),
    })
    await prisma.roleAssignment.createMany({
      data: [
        on(everywhere, 'zone-editor'),
        on(limited, 'zone-editor', 'a.example'),
        on(twice, 'zone-reader', 'a.example'),
        on(twice, 'zone-editor', 'a.example'),
        on(twice, 'zone-reader'),
        on(over, 'zone-editor'),
      ],
    })
    await prisma.token.createMany({
      data: Object.values(tokens).map(({ id, allowed, ...state }) => ({
        ...{ ...at, id, organizationId, accessId: Number(everywhere), name: `Token ${id}`, hint: 'abcd' },
        ...{ secretHash: createHash('sha256').update(`${id}`).digest(), expiresAt: new Date('2027-06-01') },
        ...{
          allowedScopes: { generalScopes: [], organizationScopes: allowed, servicesScopes: [] } as object,
          ...state,
        },
      })),
    })
    await harness.askRaw('{ role(id: "auditor") { id } }')
  })
  afterAll(() => harness.close())

  const check = async (checks: readonly PermissionCheck[], caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(Check, { checks: [...checks] }, caller)
    expect(errors).toBeUndefined()
    return data?.checkPermissions.map(({ allowed }) => allowed)
  }
  const explain = async (asked: PermissionCheck, caller: Caller = administrator) => {
    const { data, errors } = await harness.ask(Explain, { checks: [asked] }, caller)
    expect(errors).toBeUndefined()
    return data?.checkPermissions[0]
  }
  const kinds = async (asked: PermissionCheck) => (await explain(asked))?.explanation.missing.map(({ kind }) => kind)
  const refusal = async (checks: unknown, caller: Caller = administrator) => {
    const { errors } = await harness.askRaw(Check.toString(), { checks }, caller)
    return errors?.map(({ message, extensions: { code } }) => [code, message])
  }

  it('refuses who has no credential, and who lacks the scope, before anything is read', async () => {
    const checks = [{ permissionId: read }]
    expect((await harness.ask(Check, { checks }, null)).status).toBe(401)
    const scope = administrator.scopes.filter((name) => name !== 'permissions:check').join(' ')
    const { status, errors, statements } = await harness.ask(
      Check,
      { checks },
      {
        claims: { ...claimsOf(administrator), scope },
      },
    )
    expect({ status, statements }).toEqual({ status: 403, statements: [] })
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: [{ scope: 'permissions:check', fields: ['Query.checkPermissions'] }],
    })
  })

  it('answers each check, in the order asked, equal ones alike', async () => {
    const asked: readonly (readonly [PermissionCheck, boolean])[] = [
      [{ accessId: everywhere, permissionId: update }, true],
      [{ accessId: everywhere, permissionId: update, resource: zone('a.example') }, true],
      [{ accessId: limited, permissionId: update }, false],
      [{ accessId: limited, permissionId: update, resource: zone('A.example.') }, true],
      [{ accessId: limited, permissionId: update, resource: zone('b.example') }, false],
      [{ accessId: everywhere, permissionId: 'dns.zone.delete' }, false],
      [{ accessId: bare, permissionId: read }, false],
      [{ accessId: over, permissionId: read }, false],
      [{ accessId: everywhere, permissionId: 'no.such.permission' }, false],
      [{ accessId: '999999', permissionId: read }, false],
    ]
    const [checks, expected] = [asked.map(([each]) => each), asked.map(([, allowed]) => allowed)]
    expect(await check(checks)).toEqual(expected)
    expect(await check([...checks].reverse())).toEqual([...expected].reverse())
    expect(await check([...checks, ...checks])).toEqual([...expected, ...expected])
    expect(await check([])).toEqual([])
  })

  it('asks about the caller where neither an access nor a token is given', async () => {
    expect(
      await check(
        [{ permissionId: 'dns.zone.delete' }],
        asDemoUser('ada.lovelace@lakeside.example', 'permissions:check'),
      ),
    ).toEqual([true])
    expect(
      await check(
        [{ permissionId: 'dns.zone.delete' }],
        asDemoUser('zoe.hartmann@lakeside.example', 'permissions:check'),
      ),
    ).toEqual([false])
    const service = {
      claims: { sub: 'a service', customer_id: 1, scope: 'permissions:check roles:read accesses:read' },
    }
    expect((await explain({ permissionId: read }, service))?.explanation.missing).toMatchObject([
      { kind: 'UNKNOWN_SUBJECT' },
    ])
    const byToken = {
      claims: { ...claimsOf(administrator), access_id: Number(everywhere), token_id: tokens.onOneZone.id },
    }
    expect(await check([{ permissionId: read, resource: zone('a.example') }, { permissionId: read }], byToken)).toEqual(
      [true, false],
    )
  })

  it('cuts what the access of a token holds by what the token stores', async () => {
    const on = (token: { readonly id: number }, permissionId: string, name?: string) => ({
      ...{ tokenId: String(token.id), permissionId },
      ...(name === undefined ? {} : { resource: zone(name) }),
    })
    const asked = [
      on(tokens.open, update),
      on(tokens.onOneZone, read, 'a.example'),
      on(tokens.onOneZone, read, 'b.example'),
      on(tokens.onOneZone, update, 'a.example'),
      on(tokens.nothing, read),
      on(tokens.revoked, read),
      on(tokens.ended, read),
      on(tokens.off, read),
    ]
    expect(await check(asked)).toEqual([true, true, false, false, false, false, false, false])
    expect(await Promise.all(asked.slice(2).map(kinds))).toEqual([
      ...[['TOKEN_RESTRICTED'], ['TOKEN_RESTRICTED'], ['TOKEN_RESTRICTED']],
      ...[['TOKEN_INACTIVE'], ['EXPIRED'], ['TOKEN_INACTIVE']],
    ])
    const held = { accessId: Number(everywhere), roleId: 'zone-editor' }
    await harness.prisma.roleAssignment.updateMany({ where: held, data: { roleId: 'zone-reader' } })
    expect(await check([on(tokens.open, update), on(tokens.open, read)])).toEqual([false, true])
    await harness.prisma.roleAssignment.updateMany({
      where: { ...held, roleId: 'zone-reader' },
      data: { roleId: 'zone-editor' },
    })
  })

  it('explains every way that grants it', async () => {
    const decision = await explain({ accessId: twice, permissionId: read, resource: zone('a.example') })
    const row = {
      access: { id: twice, type: 'UI_CONNECTION' },
      permission: { id: read, description: expect.any(String) },
    }
    const role = (id: string) => ({ id, description: expect.any(String) })
    expect(decision).toEqual({
      allowed: true,
      explanation: {
        summary:
          'Allowed by the role zone-editor on zone:a.example, the role zone-reader everywhere and the role zone-reader on zone:a.example.',
        grants: [
          { ...row, role: role('zone-editor'), resource: { type: 'ZONE', id: 'a.example' } },
          { ...row, role: role('zone-reader'), resource: null },
          { ...row, role: role('zone-reader'), resource: { type: 'ZONE', id: 'a.example' } },
        ],
        missing: [],
      },
    })
  })

  it('explains what is missing', async () => {
    expect(await explain({ accessId: limited, permissionId: read, resource: zone('b.example') })).toEqual({
      allowed: false,
      explanation: {
        summary: 'Denied: held is only the role zone-editor on zone:a.example.',
        grants: [],
        missing: [
          {
            kind: 'OTHER_RESOURCE',
            message: 'the role zone-editor is held on zone:a.example only',
            role: { id: 'zone-editor' },
            resource: { id: 'a.example' },
          },
        ],
      },
    })
    expect((await explain({ accessId: bare, permissionId: 'dns.zone.delete' }))?.explanation).toMatchObject({
      summary: 'Denied: no role that gives it is held (administrator and zone-admin).',
      missing: [
        { kind: 'NO_ROLE', role: { id: 'administrator' }, resource: null },
        { kind: 'NO_ROLE', role: { id: 'zone-admin' }, resource: null },
      ],
    })
    expect(await kinds({ accessId: over, permissionId: read })).toEqual(['EXPIRED'])
    expect(await kinds({ accessId: everywhere, permissionId: 'no.such.permission' })).toEqual(['UNKNOWN_PERMISSION'])
    expect(await kinds({ accessId: '999999', permissionId: read })).toEqual(['UNKNOWN_SUBJECT'])
  })

  it('says the same of an access and of a token of another organization as of one that is not there', async () => {
    const foreign = { accessId: String(otherReader.accessId), permissionId: read }
    const unknown = await explain({ accessId: '999999', permissionId: read }, reader)
    expect(await explain(foreign, reader)).toEqual(unknown)
    expect((await explain(foreign, auditor))?.explanation.missing).not.toEqual(unknown?.explanation.missing)
    const token = { tokenId: String(tokens.open.id), permissionId: read }
    expect(await explain(token, otherReader)).toEqual(await explain({ ...token, tokenId: '999999' }, otherReader))
    expect((await explain(token, auditor))?.allowed).toBe(true)
  })

  it('knows the last day of a user to the end', async () => {
    const now = harness.now
    const asked = [{ accessId: over, permissionId: read }]
    harness.now = new Date('2026-06-01T23:59:59.999Z')
    expect(await check(asked)).toEqual([true])
    harness.now = new Date('2026-06-02T00:00:00Z')
    expect(await check(asked)).toEqual([false])
    harness.now = now
  })

  it.each([1, 100, 1000])(
    'takes one statement for %i checks of accesses and tokens, explained or not',
    async (count) => {
      const permissions = await harness.prisma.permission.findMany()
      const ids = Object.values(tokens).map(({ id }) => String(id))
      const checks = Array.from(
        { length: count },
        (_, index): PermissionCheck => ({
          permissionId: permissions[index % permissions.length]?.id ?? '',
          ...(index % 2 ? { tokenId: ids[index % ids.length] ?? '' } : { accessId: String(1 + (index % 40)) }),
          ...(index % 3 ? { resource: zone(`${index % 7}.example`) } : {}),
        }),
      )
      for (const document of [Check, Explain]) {
        const { data, errors, statements } = await harness.ask(document, { checks })
        expect(errors).toBeUndefined()
        expect(data?.checkPermissions).toHaveLength(count)
        expect(statements).toHaveLength(1)
      }
    },
  )

  it('refuses what is no id, what is no zone, two subjects at once, and more checks than a page has rows', async () => {
    const permissionId = read
    expect(await refusal([{ permissionId }, { permissionId, accessId: '' }])).toEqual([
      ['BAD_USER_INPUT', '"checks.1.accessId": expected an id in decimal digits, received ""'],
    ])
    const asked = async (checks: unknown) => (await refusal(checks))?.map(([code]) => code)
    expect(await asked([{ permissionId, tokenId: 'x' }])).toEqual(['BAD_USER_INPUT'])
    expect(await asked([{ permissionId: 'tab\t' }])).toEqual(['BAD_USER_INPUT'])
    expect(await refusal([{ permissionId, resource: zone('*.example') }])).toEqual([
      ['BAD_USER_INPUT', expect.stringMatching(/^"checks.0.resource.id": expected the name of a DNS zone/)],
    ])
    expect(await refusal([{ permissionId, accessId: '1', tokenId: '1' }])).toEqual([
      ['BAD_USER_INPUT', '"checks.0": expected either "accessId" or "tokenId", not both'],
    ])
    expect(await refusal(Array.from({ length: 1001 }, () => ({ permissionId })))).toEqual([
      ['BAD_USER_INPUT', '"checks": expected at most 1000 checks, received 1001'],
    ])
    expect(await asked([{}])).toEqual(['BAD_USER_INPUT'])
    expect(await asked([{ permissionId, resource: { type: 'HOST', id: 'a' } }])).toEqual(['BAD_USER_INPUT'])
  })

  it('is too complex where a thousand checks lead to more than an answer may hold', async () => {
    const document = `query ($checks: [PermissionCheck!]!) {
      checkPermissions(checks: $checks) { explanation { grants { access { permissions { roles { id } } } } } }
    }`
    const checks = Array.from({ length: 1000 }, () => ({ permissionId: read, accessId: everywhere }))
    const { errors, statements } = await harness.askRaw(document, { checks })
    expect(statements).toEqual([])
    expect(errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX')
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
