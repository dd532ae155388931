import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers, demoExamples } from '../../examples/data/demo/callers.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const { administrator, reader, otherReader, auditor } = demoCallers
const api = String(demoExamples.accessId)

const Typenames = 'query ($refs: [_Any!]!) { _entities(representations: $refs) { __typename } }'
const Everything = `query ($refs: [_Any!]!) {
  _entities(representations: $refs) {
    __typename
    ... on User { id email }
    ... on Access { id type }
    ... on Role { id }
    ... on Permission { id }
    ... on Token { id }
    ... on Organization { id customerId name }
  }
}`

describe('_entities', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    // The organization of a caller is looked up with its first request.
    for (const caller of [administrator, otherReader, auditor]) await ask([], caller)
  })
  afterAll(() => harness.close())

  const ask = (refs: unknown, caller: Caller = administrator, document = Everything) =>
    harness.askRaw(document, { refs }, caller, '/subgraph')
  const entitiesOf = async (refs: unknown, caller?: Caller) => {
    const { data, errors } = await ask(refs, caller)
    expect(errors).toBeUndefined()
    return data?._entities as ({ __typename: string; id?: string } | null)[]
  }
  const lakeside = { id: administrator.organizationId, customerId: 1, name: 'Lakeside Hosting' }

  it('resolves every kind of entity, each in its place', async () => {
    const { data, errors, statements } = await ask([
      { __typename: 'Token', id: demoExamples.tokenId },
      { __typename: 'User', id: administrator.userId },
      { __typename: 'Access', id: api },
      { __typename: 'ApiConnectionAccess', id: api },
      { __typename: 'Role', id: 'zone-admin' },
      { __typename: 'Permission', id: 'dns.zone.read' },
      { __typename: 'Organization', id: administrator.organizationId },
    ])
    expect(errors).toBeUndefined()
    expect(data?._entities).toEqual([
      { __typename: 'Token', id: String(demoExamples.tokenId) },
      { __typename: 'User', id: administrator.userId, email: 'ada.lovelace@lakeside.example' },
      { __typename: 'ApiConnectionAccess', id: api, type: 'API_CONNECTION' },
      { __typename: 'ApiConnectionAccess', id: api, type: 'API_CONNECTION' },
      { __typename: 'Role', id: 'zone-admin' },
      { __typename: 'Permission', id: 'dns.zone.read' },
      { __typename: 'Organization', ...lakeside },
    ])
    expect(statements).toHaveLength(5)
  })

  it('takes one statement for each type, and one for roles and permissions, for 1,000 mixed representations', async () => {
    const { prisma } = harness
    const { organizationId } = administrator
    const [users, accesses, tokens, roles, permissions] = await Promise.all([
      prisma.user.findMany({ where: { organizationId } }),
      prisma.access.findMany({ where: { organizationId } }),
      prisma.token.findMany({ where: { organizationId } }),
      prisma.role.findMany(),
      prisma.permission.findMany(),
    ])
    const known = [
      ...users.map(({ id }) => ({ __typename: 'User', id })),
      ...accesses.map(({ id }) => ({ __typename: 'Access', id: String(id) })),
      ...tokens.map(({ id }) => ({ __typename: 'Token', id: String(id) })),
      ...roles.map(({ id }) => ({ __typename: 'Role', id })),
      ...permissions.map(({ id }) => ({ __typename: 'Permission', id })),
      { __typename: 'Organization', customerId: 1 },
    ]
    const unknown = Array.from({ length: 1_000 - known.length }, () => ({ __typename: 'User', id: randomUUID() }))
    const refs = [...known, ...unknown].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    const { data, errors, statements } = await ask(refs)
    expect(errors).toBeUndefined()
    expect(statements).toHaveLength(5)
    const isKnown = new Set<object>(known)
    const expected = refs.map((ref) => (isKnown.has(ref) ? ('id' in ref ? ref.id : organizationId) : null))
    const entities = data?._entities as ({ id: string } | null)[]
    expect(entities.map((entity) => entity?.id ?? null)).toEqual(expected)
  })

  it('refuses 1,001 representations', async () => {
    const refs = Array.from({ length: 1_001 }, () => ({ __typename: 'User', id: administrator.userId }))
    const { data, errors, statements } = await ask(refs)
    expect(data).toBeNull()
    expect(errors?.map(({ message, extensions }) => [extensions.code, message])).toEqual([
      ['BAD_USER_INPUT', '"representations": expected at most 1000 representations, received 1001'],
    ])
    expect(statements).toEqual([])
  })

  it('takes none for no representations', async () => {
    const { data, statements } = await ask([])
    expect(data).toEqual({ _entities: [] })
    expect(statements).toEqual([])
  })

  it('gives the same entity as often as it is asked for, with one statement', async () => {
    const ref = { __typename: 'Access', id: api }
    const { data, statements } = await ask([ref, { __typename: 'ApiConnectionAccess', id: api }, ref])
    const entity = { __typename: 'ApiConnectionAccess', id: api, type: 'API_CONNECTION' }
    expect(data?._entities).toEqual([entity, entity, entity])
    expect(statements).toHaveLength(1)
  })

  it('finds organizations by either key, with one statement for each', async () => {
    const { data, statements } = await ask(
      [
        { __typename: 'Organization', customerId: 1 },
        { __typename: 'Organization', id: otherReader.organizationId },
        { __typename: 'Organization', id: administrator.organizationId },
        { __typename: 'Organization', customerId: 999 },
      ],
      auditor,
    )
    expect(data?._entities).toMatchObject([{ customerId: 1 }, { customerId: 2 }, { customerId: 1 }, null])
    expect(statements).toHaveLength(2)
  })

  it.each([
    ['without __typename', { id: administrator.userId }],
    ['with a __typename that is no text', { __typename: 7, id: administrator.userId }],
    ['of an unknown type', { __typename: 'Zone', id: 'example.com' }],
    ['of a type that is no entity', { __typename: 'Viewer', id: administrator.userId }],
    ['of a type that every object has', { __typename: 'constructor', id: administrator.userId }],
    ['of a type that is only in the public schema', { __typename: 'Node', id: administrator.userId }],
    ['without its key', { __typename: 'User', email: 'ada.lovelace@lakeside.example' }],
    ['with a key that is null', { __typename: 'User', id: null }],
    ['with a key that is an object', { __typename: 'User', id: { id: administrator.userId } }],
    ['with a key that is a list', { __typename: 'User', id: [administrator.userId] }],
    ['with a key that is no UUID', { __typename: 'User', id: "' OR TRUE --" }],
    ['with a key that has no integer', { __typename: 'Access', id: '1.5' }],
    ['with a key beyond the integers', { __typename: 'Access', id: 4_294_967_297 }],
    ['with a key that PostgreSQL can not hold', { __typename: 'Role', id: 'zone\u0000admin' }],
    ['with a key that is half a character', { __typename: 'Role', id: 'zone-\ud800admin' }],
    ['with a customer number as text', { __typename: 'Organization', customerId: '1' }],
    ['with a customer number beyond the integers', { __typename: 'Organization', customerId: 4_294_967_297 }],
    ['with the key of another type', { __typename: 'Organization', id: administrator.userId }],
    ['that is text', 'User'],
    ['that is a number', 1],
    ['that is a list', [{ __typename: 'User', id: administrator.userId }]],
  ])('is null, in its place, for a representation %s', async (_, ref) => {
    const good = { __typename: 'Role', id: 'zone-admin' }
    expect(await entitiesOf([good, ref, good])).toEqual([good, null, good])
  })

  it('refuses a null among the representations, as its type says', async () => {
    const { status, errors } = await ask([null])
    expect(status).toBe(400)
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  })

  it('takes representations that stand in the document', async () => {
    const document = `{ _entities(representations: [{ __typename: "Role", id: "zone-admin" }, { id: 1 }]) { __typename } }`
    const { data } = await ask(undefined, administrator, document)
    expect(data?._entities).toEqual([{ __typename: 'Role' }, null])
  })

  it('is null for an access under the name of another type of access', async () => {
    const names = ['UiConnectionAccess', 'SsoConnectionAccess', 'ProfileAccess', 'ApiConnectionAccess']
    const entities = await entitiesOf(names.map((__typename) => ({ __typename, id: api })))
    expect(entities.map((entity) => entity?.__typename)).toEqual([undefined, undefined, undefined, names[3]])
  })

  it('is null for rows of another organization', async () => {
    const { prisma } = harness
    const foreign = await prisma.token.findFirstOrThrow({ where: { organizationId: otherReader.organizationId } })
    const refs = [
      { __typename: 'User', id: otherReader.userId },
      { __typename: 'Access', id: otherReader.accessId },
      { __typename: 'SsoConnectionAccess', id: otherReader.accessId },
      { __typename: 'Token', id: foreign.id },
      { __typename: 'Organization', id: otherReader.organizationId },
      { __typename: 'Organization', customerId: otherReader.customerId },
    ]
    expect(await entitiesOf(refs)).toEqual(refs.map(() => null))
    expect(await entitiesOf(refs, otherReader)).not.toContain(null)
    expect(await entitiesOf(refs, auditor)).not.toContain(null)
  })

  it('answers from the database, whatever else a representation says', async () => {
    const forged = {
      organizationId: administrator.organizationId,
      organization_id: administrator.organizationId,
      customerId: 1,
      email: 'root@lakeside.example',
      type: 'UI_CONNECTION',
      scopes: ['organizations:all'],
    }
    const refs = [
      { ...forged, __typename: 'User', id: administrator.userId },
      { ...forged, __typename: 'Access', id: api },
      { ...forged, __typename: 'User', id: otherReader.userId },
      { ...forged, __typename: 'Organization', id: otherReader.organizationId },
    ]
    expect(await entitiesOf(refs)).toEqual([
      { __typename: 'User', id: administrator.userId, email: 'ada.lovelace@lakeside.example' },
      { __typename: 'ApiConnectionAccess', id: api, type: 'API_CONNECTION' },
      null,
      null,
    ])
  })

  it.each([
    ['for entities', 'accesses:read', 'User { email }', 'User.email'],
    ['for fields of entities', 'tokens:read', 'Token { username }', 'Token.username'],
  ])('refuses an operation that needs scopes %s that the caller lacks', async (_, scope, selection, field) => {
    const document = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on ${selection} } }`
    const refs = [
      { __typename: 'User', id: reader.userId },
      { __typename: 'Token', id: demoExamples.tokenId },
    ]
    const caller = { claims: { customer_id: 1, scope } }
    await ask(refs, caller, document)
    const { status, data, errors, statements } = await ask(refs, caller, document)
    expect(status).toBe(403)
    expect(data).toBeUndefined()
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: [{ scope: 'users:read', fields: [field] }],
    })
    expect(statements).toEqual([])
  })

  it('does not tell whether something is there to a caller without its scopes, nor looks for it', async () => {
    const refs = [
      { __typename: 'User', id: reader.userId },
      { __typename: 'Access', id: api },
      { __typename: 'ApiConnectionAccess', id: api },
      { __typename: 'Role', id: 'zone-admin' },
      { __typename: 'Token', id: demoExamples.tokenId },
    ]
    const { data, statements } = await ask(refs, { claims: { customer_id: 1, scope: 'schema:read' } }, Typenames)
    expect(data?._entities).toEqual(refs.map(() => null))
    expect(statements).toEqual([])
  })

  it('needs a credential', async () => {
    const { status, data, errors } = await ask([{ __typename: 'Role', id: 'zone-admin' }], null)
    expect(status).toBe(401)
    expect(data).toBeUndefined()
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })

  it('expects nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
