import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHarness, type Harness } from '../support/harness.ts'

const byLiteral = (search: string) => `{ users(search: { ${search} }) { total } }`
const asWhole = 'query ($search: UserSearch) { users(search: $search) { total } }'
const asPart = 'query ($role: ID) { users(search: { roleId: $role }) { total } }'

/** A caller of organization 1 with these scopes. */
const caller = (scope: string) => ({ claims: { customer_id: 1, scope } })

describe('searching by what a caller may not read', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  const role = 'zone-admin'
  const both = [
    { scope: 'accesses:read', fields: ['UserSearch.roleId'] },
    { scope: 'roles:read', fields: ['UserSearch.roleId'] },
  ]

  it.each([
    ['a value in the document', byLiteral(`roleId: "${role}"`), {}, both],
    ['a variable in the search', asPart, { role }, both],
    ['a variable that is the search', asWhole, { search: { roleId: role } }, both],
    ['a default of a variable', asPart.replace('ID)', `ID = "${role}")`), {}, both],
    [
      'a permission',
      byLiteral('permissionId: "dns.record.read"'),
      {},
      both.map(({ scope }) => ({ scope, fields: ['UserSearch.permissionId'] })),
    ],
    [
      'a type of access',
      byLiteral('accessType: PROFILE'),
      {},
      [{ scope: 'accesses:read', fields: ['UserSearch.accessType'] }],
    ],
    [
      'both at once, in fragments',
      `query ($search: UserSearch) { ...f } fragment f on Query {
        a: users(search: $search) { total } b: users(search: { accessType: PROFILE }) { total } }`,
      { search: { accessType: 'PROFILE' } },
      [{ scope: 'accesses:read', fields: ['UserSearch.accessType'] }],
    ],
  ])('is FORBIDDEN by %s', async (_, document, variables, missingScopes) => {
    const { status, data, errors, statements } = await harness.askRaw(document, variables, caller('users:read'))
    expect({ status, data }).toEqual({ status: 403, data: undefined })
    expect(errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN', missingScopes })
    // The organization of the caller is looked up once.
    expect(statements.length).toBeLessThanOrEqual(1)
  })

  it.each([
    ['{ accesses(search: { roleId: "x" }) { total } }', 'accesses:read', 'roles:read', 'AccessSearch.roleId'],
    [
      '{ accesses(search: { permissionId: "x" }) { total } }',
      'accesses:read',
      'roles:read',
      'AccessSearch.permissionId',
    ],
    ['{ accesses(search: { userId: "x" }) { total } }', 'accesses:read', 'users:read', 'AccessSearch.userId'],
    [
      '{ role(id: "x") { accesses(search: { userId: "x" }) { total } } }',
      'roles:read accesses:read',
      'users:read',
      'AccessSearch.userId',
    ],
    ['{ tokens(search: { userId: "x" }) { total } }', 'tokens:read', 'users:read', 'TokenSearch.userId'],
    ['{ tokens(search: { accessId: "1" }) { total } }', 'tokens:read', 'accesses:read', 'TokenSearch.accessId'],
    ['{ tokensConnection(search: { userId: "x" }) { total } }', 'tokens:read', 'users:read', 'TokenSearch.userId'],
    [
      '{ access(id: "1") { tokens(search: { userId: "x" }) { total } } }',
      'accesses:read tokens:read',
      'users:read',
      'TokenSearch.userId',
    ],
  ])('is FORBIDDEN for %s with %s alone', async (document, held, scope, field) => {
    const { status, errors } = await harness.askRaw(document, {}, caller(held))
    expect(status).toBe(403)
    expect(errors?.[0]?.extensions.missingScopes).toEqual([{ scope, fields: [field] }])
  })

  it.each([
    ['null in the document', byLiteral('roleId: null'), {}],
    ['null in a variable', asPart, { role: null }],
    ['a variable that is left out', asPart, {}],
    ['a search without it', asWhole, { search: { text: 'a', roleId: null } }],
    ['no search', asWhole, {}],
    [
      'a field that is not run',
      'query ($s: UserSearch) { users(search: $s) @skip(if: true) { total } viewer { subject } }',
      {},
    ],
  ])('is no matter with %s', async (_, document, variables) => {
    const { errors } = await harness.askRaw(document, variables, caller('users:read'))
    expect(errors).toBeUndefined()
  })

  it('is decided for each request, not for each document', async () => {
    const allowed = caller('users:read accesses:read roles:read')
    expect((await harness.askRaw(asPart, { role }, allowed)).errors).toBeUndefined()
    expect((await harness.askRaw(asPart, { role }, caller('users:read'))).status).toBe(403)
    expect((await harness.askRaw(asPart, { role }, allowed)).errors).toBeUndefined()
  })
})
