import { readFile } from 'node:fs/promises'
import { isRequiredArgument } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../examples/data/demo/callers.ts'
import { fixedBytes } from '../examples/data/demo/fixedIds.ts'
import { demoAccess, demoIdentities } from '../examples/data/demo/identities.ts'
import { demoIdentityProviders } from '../examples/data/demo/organizations.ts'
import { demoTokenId } from '../examples/data/demo/tokens.ts'
import { formatSecret } from '../src/auth/apiToken.ts'
import { allScopes } from '../src/auth/scopes.ts'
import { exchangeGrant } from '../src/oauth/exchangeRequest.ts'
import { schema } from '../src/schema/index.ts'
import { findPlaces, type Id, type Place, type Sample, select } from './schema/idPlaces.ts'
import { type Caller, createHarness, type Harness } from './support/harness.ts'
import { createTestSigner } from './support/signer.ts'
import { testTime } from './support/time.ts'

/** Ids of one kind: of the insider's organization, of another one, and of none. */
interface Ids {
  readonly own: Id
  readonly foreign: Id
  readonly unknown: Id
}

const own = demoAccess('Terraform')
const foreign = demoAccess('Site de campagne')
const [ownToken, foreignToken] = [demoTokenId('Terraform Cloud'), demoTokenId('Campagne été')]
const nobody = '5f0c1e9a-3b7d-4c62-9f18-d2a4b6c8e013'

const idsOf = {
  User: { own: own.person.userId, foreign: foreign.person.userId, unknown: nobody },
  Access: { own: `${own.accessId}`, foreign: `${foreign.accessId}`, unknown: '918273' },
  Token: { own: `${ownToken}`, foreign: `${foreignToken}`, unknown: '918273' },
  Actor: { own: own.person.userId, foreign: foreign.person.userId, unknown: nobody },
  Target: { own: `${ownToken}`, foreign: `${foreignToken}`, unknown: '918273' },
  Secret: { own: secretOf(ownToken), foreign: secretOf(foreignToken), unknown: secretOf(918_273) },
  Organization: { own: own.person.organization.id, foreign: foreign.person.organization.id, unknown: nobody },
  Idp: { own: providerOf(1), foreign: providerOf(2), unknown: nobody },
  Customer: { own: 1, foreign: 2, unknown: 918_273 },
} as const satisfies Readonly<Record<string, Ids>>

const signer = await createTestSigner()

/** JWTs that the gateway has made from tokens. */
const jwts: Ids = { own: await jwtOf(ownToken), foreign: await jwtOf(foreignToken), unknown: await jwtOf(918_273) }

/** What has no tenant: the catalogue, which is the same for everybody, and what is outside of this graph. */
const withoutTenant: Readonly<Record<string, Id>> = {
  Role: 'zone-reader',
  Permission: 'dns.zone.read',
  Resource: 'example.com',
  ServiceDefinition: 'dns',
  Sso: 'somebody',
}

/** Ids of nodes, which are of several types. */
const nodes = (['User', 'Access', 'Token'] as const).map((kind) => {
  const { own, foreign, unknown } = idsOf[kind]
  const [node, other, none] = [own, foreign, unknown].map((id) => nodeId(kind, id)) as [string, string, string]
  return { kind: `node of ${kind}`, own: node, foreign: other, unknown: none }
})

/** A request in which ids can be given: to an operation of the graph, or to an endpoint beside it. */
interface Cell {
  readonly title: string
  readonly ids: Ids
  readonly takesSeveral: boolean
  readonly path: string
  /** What is sent for these ids: a form, or something else as JSON. */
  body(ids: readonly Id[], sample: Sample): object
}

/** What takes away what others are told of comes last. */
const places = findPlaces().toSorted((one, other) => Number(takesAway(one)) - Number(takesAway(other)))

function takesAway({ coordinate }: Place): boolean {
  return coordinate.startsWith('WithdrawRoleInput.')
}

/** What says the same whatever is asked about, and of whatever organization it is: test/schema/revokeToken.test.ts tries that. */
const silent: ReadonlySet<string> = new Set(['Mutation.reportLeakedToken(secret:)'])

/** Tokens that callers came with: those of the matrix come with none. The same field is tried where other ways lead to tokens. */
const withoutToken = /Token\.events of query (viewer|auditEvents)$/

const operations: readonly Cell[] = places
  .filter(({ coordinate, title }) => !silent.has(coordinate) && !withoutToken.test(title))
  .flatMap((place) =>
    kindsOf(place.kind).map(({ kind, ...ids }) => ({
      title: `${kind}: ${place.title}`,
      ids,
      takesSeveral: place.takesSeveral,
      path: '/graphql',
      body: (given: readonly Id[], sample: Sample) => ({
        query: place.document,
        variables: place.variables(given, sample),
      }),
    })),
  )

/** Every key by which a router may refer to something. */
const entities: readonly Cell[] = await entityCells()

/** What OAuth clients ask about. */
const introspections = [
  oauthCell('a secret', idsOf.Secret, 'introspect', (token) => ({ token })),
  oauthCell('a JWT', jwts, 'introspect', (token) => ({ token })),
]

const exchangeOf = (token: string) => ({
  grant_type: exchangeGrant,
  subject_token: token,
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
})
/** What is refused of everybody's: an exchange takes no other credential than the secret, and a revocation no JWT. */
const silentEndpoints = [
  oauthCell('a secret', idsOf.Secret, 'token', exchangeOf),
  oauthCell('a JWT', jwts, 'token', exchangeOf),
  oauthCell('a JWT', jwts, 'revoke', (token) => ({ token })),
]

/** Only what works is introspected, and so before anything is stopped. */
const cells: readonly Cell[] = [...introspections, ...operations, ...entities]

/** Everything is selected below everything, which no page would do. */
const unlimited = {
  MAX_COST: '100000000',
  MAX_ANSWER_BYTES: '1000000000',
  MAX_WORK: '100000000',
  MAX_DEPTH: '30',
  SUBGRAPH: 'true',
}

/** People of the two organizations, with the accesses that are asked about. The outsider sees both. */
const scopes = allScopes.filter((scope) => scope !== 'organizations:all')
const insider = callerOf(own, scopes)
const outsider = callerOf(foreign, allScopes)
const { reader, otherReader, auditor } = demoCallers

describe('an id of another organization', () => {
  let harness: Harness
  const ownSample: Sample = (kind) => sampleOf(kind, 'own')
  const foreignSample: Sample = (kind) => sampleOf(kind, 'foreign')

  const ask = async (cell: Cell, given: readonly Id[], caller: Caller = insider, sample: Sample = ownSample) => {
    const before = harness.sent.length
    const body = cell.body(given, sample)
    const isForm = body instanceof URLSearchParams
    const response = await harness.fetch(cell.path, {
      method: 'POST',
      headers: {
        ...(await harness.authorize(caller)),
        ...(isForm ? {} : { 'content-type': 'application/json' }),
        'x-request-id': 'asked-about-an-id',
      },
      body: isForm ? body : JSON.stringify(body),
    })
    const text = await response.text()
    await harness.answered()
    return {
      status: response.status,
      headers: [...response.headers].filter(([name]) => name !== 'content-length'),
      // What was asked about may be said back.
      content: given.reduce<string>((told, id) => told.replaceAll(JSON.stringify(id), '"what was asked about"'), text),
      statements: harness.sent.slice(before).sort(),
    }
  }

  beforeAll(async () => {
    harness = await createHarness(unlimited, { signer })
    // What is asked about beside an id, both may do, and own: by each kind of ids, each finds something.
    for (const { accessId, person } of [own, foreign]) {
      const data = { accessId, organizationId: person.organization.id, roleId: 'zone-reader' }
      await harness.prisma.roleAssignment.create({ data })
    }
  })
  afterAll(async () => {
    await harness.close()
    signer.close()
  })

  it('is of a kind that is known, at every place that takes one', () => {
    const kinds = new Set(places.map(({ kind }) => kind))
    expect([...kinds].sort()).toEqual([...Object.keys(idsOf), ...Object.keys(withoutTenant), 'Node'].sort())
  })

  it('is tried in every operation that takes one, behind links and at the gate for routers as well', () => {
    const titles = cells.map(({ title }) => title)
    for (const title of [
      'Token: Mutation.deactivateToken(tokenId:) in mutation deactivateToken',
      'Access: IssueTokenInput.accessId in mutation issueToken',
      'Secret: Query.tokenDetails(secret:) in query tokenDetails',
      'Token: PermissionCheck.tokenId in query checkPermissions',
      'Access: TokenSearch.accessId in User.tokens of query usersConnection',
      'Access: AccessSearch.ids in Role.accesses of query viewer',
      'Actor: AuditEventSearch.actorId in Token.events of query token',
      'the key id of UiConnectionAccess',
      'a JWT: /oauth/introspect',
    ])
      expect(titles).toContain(title)
    expect(cells.length).toBeGreaterThan(200)
  })

  it.each(titled(cells))('is answered like one that nobody has: %s', async (_, cell) => {
    const { own, foreign, unknown } = cell.ids
    // Twice: what the first requests find out may be known to the others.
    const first = await ask(cell, [unknown])
    expect((await ask(cell, [foreign])).content).toEqual(first.content)
    const nothing = await ask(cell, [unknown])
    expect(nothing.status, nothing.content).toBe(200)
    expect(await ask(cell, [foreign])).toEqual(nothing)
    // The place does tell of rows that the caller may see: of the own, and to one who sees all, of the others.
    expect((await ask(cell, [own])).content).not.toEqual(nothing.content)
    const outside = await ask(cell, [unknown], outsider, foreignSample)
    expect((await ask(cell, [foreign], outsider, foreignSample)).content).not.toEqual(outside.content)
  })

  it.each(titled(cells.filter(({ takesSeveral }) => takesSeveral)))(
    'changes nothing beside one of the own: %s',
    async (_, cell) => {
      const { own, foreign, unknown } = cell.ids
      await ask(cell, [own, unknown])
      const nothing = await ask(cell, [own, unknown])
      expect(await ask(cell, [own, foreign])).toEqual(nothing)
      expect(await ask(cell, [foreign, own])).toEqual(await ask(cell, [unknown, own]))
    },
  )

  it.each(titled(silentEndpoints))('is answered like any, and changes nothing: %s', async (_, cell) => {
    const { own, foreign, unknown } = cell.ids
    const nothing = await ask(cell, [unknown])
    expect(nothing).toMatchObject({ status: expect.toSatisfy((status) => status >= 400), statements: [] })
    expect(await ask(cell, [foreign])).toEqual(nothing)
    expect(await ask(cell, [own])).toEqual(nothing)
  })

  it('leaves nothing in the trail of its organization', async () => {
    await harness.gateway.settle()
    const { organization } = foreign.person
    const about = { targetType: 'Token', targetId: String(foreignToken) }
    const where = { organizationId: organization.id, subject: own.person.userId }
    expect(await harness.prisma.auditEvent.count({ where })).toBe(0)
    expect(await harness.prisma.auditEvent.count({ where: { ...about, subject: own.person.userId } })).toBeGreaterThan(
      0,
    )
  })

  it('is ended by who has its secret, who is told the same as of one that nobody has', async () => {
    const cell = oauthCell('a secret', idsOf.Secret, 'revoke', (token) => ({ token }))
    const { own, foreign, unknown } = cell.ids
    const told = async (secret: Id) => ({ ...(await ask(cell, [secret])), statements: null })
    const nothing = await told(unknown)
    expect(nothing).toMatchObject({ status: 200, content: '{}' })
    expect(await told(foreign)).toEqual(nothing)
    expect(await told(own)).toEqual(nothing)
  })

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
    const caller = { ...reader, scopes: [...reader.scopes, 'audit:read'] }
    const { data, errors } = await harness.askRaw(`{ ${name}${page} ${select(field.type, 3)} }`, {}, caller)
    expect(errors).toBeUndefined()
    const told = JSON.stringify(data)
    expect(texts.foreign.filter((text) => told.includes(JSON.stringify(text)))).toEqual([])
    // The catalogue belongs to nobody, and nothing has happened yet.
    if (!['permissions', 'roles', 'auditEvents'].includes(name))
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

function oauthCell(
  title: string,
  ids: Ids,
  path: string,
  form: (token: string) => Readonly<Record<string, string>>,
): Cell {
  return {
    title: `${title}: /oauth/${path}`,
    ids,
    takesSeveral: false,
    path: `/oauth/${path}`,
    body: ([token]) => new URLSearchParams(form(String(token))),
  }
}

function titled(all: readonly Cell[]) {
  return all.map((cell) => [cell.title, cell] as const)
}

/** The kinds of ids that are taken where the schema says this one; none for what has no tenant. */
function kindsOf(kind: string): readonly (Ids & { readonly kind: string })[] {
  if (kind === 'Node') return nodes
  return kind in idsOf ? [{ kind, ...idsOf[kind as keyof typeof idsOf] }] : []
}

function sampleOf(kind: string, whose: 'own' | 'foreign'): Id {
  const [, node] = /^Node of (\w+)$/.exec(kind) ?? []
  if (node !== undefined) {
    const type = node.replace(/.+Access$/, 'Access')
    return nodeId(type, sampleOf(type === 'Node' ? 'User' : type, whose))
  }
  const [ids] = kindsOf(kind)
  const id = ids?.[whose] ?? withoutTenant[kind]
  if (id === undefined) throw new Error(`expected to know whose ids ${kind} stands for`)
  return id
}

function nodeId(kind: string, id: Id): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url')
}

function providerOf(customerId: number): string {
  const found = demoIdentityProviders.find((provider) => provider.customerId === customerId)
  return `${found?.id}`
}

function secretOf(tokenId: number): string {
  return formatSecret(fixedBytes(`secret of token ${tokenId}`))
}

function jwtOf(tokenId: number): Promise<string> {
  const now = testTime.getTime() / 1_000
  const claims = { iss: 'http://gateway.example', aud: 'iam-graph', sub: nobody, iat: now, exp: now + 600 }
  return signer.sign({ ...claims, jti: `${tokenId}`, token_id: tokenId }, 'at+jwt')
}

function callerOf({ accessId, person }: typeof own, scopes: readonly string[]): Caller {
  const { userId, organization } = person
  const { customerId } = organization
  return { claims: { sub: userId, access_id: accessId, customer_id: customerId, scope: scopes.join(' ') } }
}

async function entityCells(): Promise<readonly Cell[]> {
  const sdl = await readFile(new URL('../subgraph.graphql', import.meta.url), 'utf8')
  const types = [...sdl.matchAll(/^(?:type|interface) (\w+).*\n((?: {2}@.*\n)+)/gm)]
  return types.flatMap(([, type = '', directives = '']) =>
    [...directives.matchAll(/@key\(fields: "(\w+)"\)/g)].flatMap(([, key = '']) =>
      entityIds(type, key).map((ids) => ({
        title: `the key ${key} of ${type}`,
        ids,
        takesSeveral: true,
        path: '/subgraph',
        body: (given: readonly Id[]) => ({
          query: `query ($refs: [_Any!]!) { _entities(representations: $refs) { __typename ... on ${type} { ${key} } } }`,
          variables: { refs: given.map((id) => ({ __typename: type, [key]: id })) },
        }),
      })),
    ),
  )
}

function entityIds(type: string, key: string): readonly Ids[] {
  if (key === 'customerId') return [idsOf.Customer]
  if (!type.endsWith('Access') || type === 'Access') return kindsOf(type)
  const wanted = type
    .replace(/Access$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/, '_')
    .toUpperCase()
  const idOf = (customerId: number) => {
    const accesses = demoIdentities
      .filter((person) => person.customerId === customerId)
      .flatMap((person) => person.accesses)
    return `${accesses.find((access) => access.type === wanted)?.accessId}`
  }
  return [{ ...idsOf.Access, own: idOf(1), foreign: idOf(2) }]
}
