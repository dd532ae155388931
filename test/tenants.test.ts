import { isRequiredArgument } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../examples/data/demo/callers.ts'
import { demoAccess } from '../examples/data/demo/identities.ts'
import { demoTokenId } from '../examples/data/demo/tokens.ts'
import { schema } from '../src/schema/index.ts'
import { findPlaces, select } from './schema/idPlaces.ts'
import { createHarness, type Harness } from './support/harness.ts'

/** Ids of one kind: of the caller's organization, of another one, and of none. */
interface Ids {
  readonly own: string | number
  readonly foreign: string | number
  readonly unknown: string | number
}

const own = demoAccess('Terraform')
const foreign = demoAccess('Site de campagne')
const nodeId = (kind: string, id: string | number) => Buffer.from(`${kind}:${id}`).toString('base64url')

const user: Ids = {
  own: own.person.userId,
  foreign: foreign.person.userId,
  unknown: '00000000-0000-4000-8000-000000000000',
}
const access: Ids = { own: String(own.accessId), foreign: String(foreign.accessId), unknown: '999999' }
const token: Ids = {
  own: String(demoTokenId('Terraform Cloud')),
  foreign: String(demoTokenId('Campagne été')),
  unknown: '999999',
}
const organization: Ids = {
  own: demoCallers.reader.organizationId,
  foreign: demoCallers.otherReader.organizationId,
  unknown: user.unknown,
}
const customer: Ids = { own: 1, foreign: 2, unknown: 999_999 }
const nodes = (kind: string, ids: Ids): Ids => ({
  own: nodeId(kind, ids.own),
  foreign: nodeId(kind, ids.foreign),
  unknown: nodeId(kind, ids.unknown),
})
const everyNode = [nodes('User', user), nodes('Access', access), nodes('Token', token)]

/** Whose ids each argument and each input's field takes. The catalogue has no tenant: its ids are the same for everybody. Nor have resources, which are outside of this graph. */
const kinds: Readonly<Record<string, readonly Ids[] | 'catalogue'>> = {
  'Query.node(id:)': everyNode,
  'Query.nodes(ids:)': everyNode,
  'Query.user(id:)': [user],
  'Query.access(id:)': [access],
  'Query.token(id:)': [token],
  'Query.organization(id:)': [organization],
  'Query.role(id:)': 'catalogue',
  'Query.permission(id:)': 'catalogue',
  'PermissionCheck.accessId': [access],
  'PermissionCheck.tokenId': [token],
  'PermissionCheck.permissionId': 'catalogue',
  'ResourceInput.id': 'catalogue',
  'Access.resources(permissionId:)': 'catalogue',
  'Query.accessesWithPermission(permissionId:)': 'catalogue',
  'Query.accessesWithPermissionConnection(permissionId:)': 'catalogue',
  'UserSearch.ids': [user],
  'UserSearch.customerId': [customer],
  'UserSearch.roleId': 'catalogue',
  'UserSearch.permissionId': 'catalogue',
  'AccessSearch.ids': [access],
  'AccessSearch.userId': [user],
  'AccessSearch.customerId': [customer],
  'AccessSearch.roleId': 'catalogue',
  'AccessSearch.permissionId': 'catalogue',
  'TokenSearch.ids': [token],
  'TokenSearch.userId': [user],
  'TokenSearch.accessId': [access],
}

const places = findPlaces()
const tenantPlaces = places.flatMap((place) => {
  const known = kinds[place.coordinate]
  return known === undefined || known === 'catalogue' ? [] : known.map((ids) => ({ ...place, ids }))
})

const { reader, otherReader, auditor } = demoCallers

/** Everything is selected below everything, which no page would do. */
const unlimited = { MAX_COST: '100000000', MAX_ANSWER_BYTES: '1000000000', MAX_WORK: '100000000' }

describe('an id of another organization', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness(unlimited)
    // Both accesses may do what is asked about beside an id.
    const { accessId, person } = foreign
    const data = { accessId, organizationId: person.organization.id, roleId: 'zone-reader' }
    await harness.prisma.roleAssignment.create({ data })
    await harness.askRaw('{ viewer { subject } }', {}, reader)
  })
  afterAll(() => harness.close())

  it('is tried at every place that takes one: a new place has to say what ids it takes', () => {
    expect([...new Set(places.map(({ coordinate }) => coordinate))].sort()).toEqual(Object.keys(kinds).sort())
  })

  it('is tried behind links as well', () => {
    const nested = places.filter(({ title }) => !title.includes('in Query.')).map(({ title }) => title)
    expect(nested).toContain('TokenSearch.accessId in User.tokens')
    expect(nested).toContain('TokenSearch.userId in Access.tokens')
    expect(nested).toContain('AccessSearch.ids in Role.accesses')
  })

  it.each(tenantPlaces)('is answered like one that nobody has: $title', async ({ document, value, ids }) => {
    const ask = (...given: (string | number)[]) => harness.askRaw(document, { v: value(given) }, reader)
    const unknown = await ask(ids.unknown)
    expect(unknown.status).toBe(200)
    const { data, errors, statements } = await ask(ids.foreign)
    expect({ data, errors }).toEqual({ data: unknown.data, errors: unknown.errors })
    expect(statements.toSorted()).toEqual(unknown.statements.toSorted())
    // The place does tell of rows that the caller may see, and tells an auditor of all of them.
    expect((await ask(ids.own)).data).not.toEqual(unknown.data)
    const audited = await harness.askRaw(document, { v: value([ids.foreign]) }, auditor)
    const nothing = await harness.askRaw(document, { v: value([ids.unknown]) }, auditor)
    expect(audited.data).not.toEqual(nothing.data)
  })

  it.each(tenantPlaces.filter(({ value }) => JSON.stringify(value([0, 1])).includes(',')))(
    'changes nothing beside one of the own: $title',
    async ({ document, value, ids }) => {
      const ask = (...given: (string | number)[]) => harness.askRaw(document, { v: value(given) }, reader)
      const unknown = await ask(ids.own, ids.unknown)
      expect((await ask(ids.own, ids.foreign)).data).toEqual(unknown.data)
    },
  )

  it.each(['usersConnection', 'accessesConnection', 'tokensConnection'])(
    'opens nothing as a cursor of %s',
    async (field) => {
      const document = `query ($after: String, $before: String) { ${field}(first: 1000, after: $after, before: $before) { total nodes { id organization { id } } edges { cursor } } }`
      const all = await harness.askRaw(document, {}, auditor)
      const { nodes: rows, edges } = partOf<Rows & Edges>(all.data, field)
      const foreign = edges.filter((_, index) => rows[index]?.organization.id !== reader.organizationId)
      expect(foreign.length).toBeGreaterThan(4)
      for (const { cursor } of foreign.slice(0, 5)) {
        for (const name of ['after', 'before'] as const) {
          const { data } = await harness.askRaw(document, { [name]: cursor }, reader)
          const { nodes: seen } = partOf<Rows>(data, field)
          expect(seen.filter(({ organization }) => organization.id !== reader.organizationId)).toEqual([])
        }
      }
    },
  )

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

describe('everything that a reader is told', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness(unlimited)
  })
  afterAll(() => harness.close())

  const lists = ['users', 'accesses', 'tokens', 'usersConnection', 'accessesConnection', 'tokensConnection']
  const roots = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
    (field) => !field.args.some(isRequiredArgument),
  )

  it.each(roots.map((field) => [field.name, field] as const))('is of its own organization: %s', async (name, field) => {
    const texts = await textsOf(harness, reader.organizationId)
    const page = field.args.some((argument) => argument.name === 'limit') ? '(limit: 20)' : ''
    const { data, errors } = await harness.askRaw(`{ ${name}${page} ${select(field.type, 3)} }`, {}, reader)
    expect(errors).toBeUndefined()
    const told = JSON.stringify(data)
    expect(texts.foreign.filter((text) => told.includes(JSON.stringify(text)))).toEqual([])
    if (name !== 'permissions' && name !== 'roles')
      expect(texts.own.some((text) => told.includes(JSON.stringify(text)))).toBe(true)
  })

  it.each(lists)('is a part of what an auditor is told: the totals of %s add up', async (field) => {
    const total = async (caller: typeof reader) => {
      const { data } = await harness.askRaw(`{ ${field} { total } }`, {}, caller)
      return partOf<{ total: number }>(data, field).total
    }
    const meridian = { ...auditor, scopes: reader.scopes }
    const parts = [await total(reader), await total(otherReader), await total(meridian)]
    expect(Math.min(...parts)).toBeGreaterThan(0)
    expect(await total(auditor)).toBe(parts.reduce((sum, part) => sum + part))
  })

  it('has the name of an author of another organization, but neither its user nor its access', async () => {
    const { accessId, userId, organizationId } = otherReader
    const createdBy = { accessId, userId, firstname: 'Étienne', lastname: 'Lefèvre' }
    const { prisma } = harness
    await prisma.user.update({ where: { id: reader.userId }, data: { createdBy } })
    await prisma.access.update({ where: { id: reader.accessId }, data: { updatedBy: createdBy } })
    await prisma.token.update({ where: { id: 1 }, data: { deactivatedUpdatedBy: createdBy } })
    const author = '{ id firstname access { id } user { id organization { id } } }'
    const document = `{
      user(id: "${reader.userId}") { createdBy ${author} }
      access(id: "${reader.accessId}") { updatedBy ${author} }
      token(id: "1") { deactivatedUpdatedBy ${author} }
    }`
    const authors = (seen: object) => ({
      user: { createdBy: seen },
      access: { updatedBy: seen },
      token: { deactivatedUpdatedBy: seen },
    })
    const snapshot = { id: userId, firstname: 'Étienne' }
    const own = await harness.askRaw(document, {}, reader)
    expect(own.data).toEqual(authors({ ...snapshot, access: null, user: null }))
    const all = await harness.askRaw(document, {}, auditor)
    const links = { access: { id: String(accessId) }, user: { id: userId, organization: { id: organizationId } } }
    expect(all.data).toEqual(authors({ ...snapshot, ...links }))
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

interface Rows {
  readonly nodes: readonly { readonly id: string; readonly organization: { readonly id: string } }[]
}

interface Edges {
  readonly edges: readonly { readonly cursor: string }[]
}

function partOf<Part>(data: Readonly<Record<string, unknown>> | null | undefined, field: string): Part {
  return data?.[field] as Part
}

/** Texts that stand for a row of the organization, and those that stand for one of another. */
async function textsOf({ prisma }: Harness, organizationId: string) {
  const organizations = await prisma.organization.findMany()
  const users = await prisma.user.findMany()
  const tokens = await prisma.token.findMany()
  const accesses = await prisma.access.findMany()
  const texts = [
    ...organizations.map((row) => [row.id, row.id] as const),
    ...organizations.map((row) => [row.id, row.name] as const),
    ...users.flatMap((row) => [row.id, row.email].map((text) => [row.organizationId, text] as const)),
    ...tokens.map((row) => [row.organizationId, row.name] as const),
    ...accesses.flatMap((row) =>
      [row.name, row.ssoId].flatMap((text) => (text === null ? [] : [[row.organizationId, text] as const])),
    ),
    ...accesses.map((row) => [row.organizationId, nodeId('Access', row.id)] as const),
  ]
  const own = new Set(texts.filter(([organization]) => organization === organizationId).map(([, text]) => text))
  return { own: [...own], foreign: texts.map(([, text]) => text).filter((text) => !own.has(text)) }
}
