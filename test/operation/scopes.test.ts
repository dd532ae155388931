import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'

const { administrator } = demoCallers
const scoped = (scope: string): Caller => ({ claims: { ...claimsOf(administrator), scope } })
const nodeId = Buffer.from(`User:${administrator.userId}`).toString('base64url')
const issue = 'issueToken(input: { accessId: "3", name: "x" })'

/** A document, the scopes of its caller, and what is missing: scope → the fields that need it. */
const refused: readonly (readonly [
  title: string,
  document: string,
  held: string,
  missing: Record<string, readonly string[]>,
])[] = [
  ['a root field', '{ users { total } }', '', { 'users:read': ['Query.users'] }],
  ['a root field that leads to no rows', '{ users { __typename } }', '', { 'users:read': ['Query.users'] }],
  ['an alias', '{ roles: users { total } }', 'roles:read', { 'users:read': ['Query.users'] }],
  [
    'links, each of them and all at once',
    '{ users { results { accesses { results { roles { id } tokens { total } } } } } }',
    'users:read',
    {
      'accesses:read': ['User.accesses', 'UserAccessListResult.results'],
      'roles:read': ['Access.roles'],
      'tokens:read': ['Access.tokens'],
    },
  ],
  [
    'a fragment in a fragment',
    'query { roles { ...A } } fragment A on RoleListResult { results { ...B } } fragment B on Role { accesses { total } }',
    'roles:read',
    { 'accesses:read': ['Role.accesses'] },
  ],
  [
    'an inline fragment without a type',
    '{ ... { ... @include(if: true) { users { total } } } }',
    'roles:read',
    { 'users:read': ['Query.users'] },
  ],
  [
    'a fragment on the root type',
    '{ ...F } fragment F on Query { ... on Query { tokens { total } } }',
    '',
    { 'tokens:read': ['Query.tokens'] },
  ],
  [
    'a type behind an interface',
    `{ node(id: "${nodeId}") { ... on User { email } } }`,
    'accesses:read roles:read tokens:read',
    { 'users:read': ['User.email'] },
  ],
  [
    'a type behind two interfaces',
    `{ node(id: "${nodeId}") { ... on Node { ... on Access { ... on ProfileAccess { name } id } } } }`,
    'users:read',
    { 'accesses:read': ['Access.id', 'ProfileAccess.name'] },
  ],
  [
    'every type of a list of nodes',
    `{ nodes(ids: ["${nodeId}"]) { ... on Token { hint } ... on Role { id } ... on UiConnectionAccess { twoFaEnabled } } }`,
    'users:read',
    { 'accesses:read': ['UiConnectionAccess.twoFaEnabled'], 'roles:read': ['Role.id'], 'tokens:read': ['Token.hint'] },
  ],
  [
    'a named fragment on a type behind an interface',
    `{ node(id: "${nodeId}") { ...P } } fragment P on Permission { roles { id } }`,
    'users:read',
    { 'roles:read': ['Permission.roles'] },
  ],
  [
    'what authors lead to',
    `{ user(id: "${administrator.userId}") { createdBy { access { id } } updatedBy { user { id } } } }`,
    'users:read',
    { 'accesses:read': ['Author.access'] },
  ],
  [
    'what a viewer leads to',
    '{ viewer { subject user { id } access { id } token { id } } }',
    '',
    { 'accesses:read': ['Viewer.access'], 'tokens:read': ['Viewer.token'], 'users:read': ['Viewer.user'] },
  ],
  [
    'what a token may do, which names roles and permissions',
    '{ tokens { results { allowedScopes { organizationScopes { roles { role { id } } permissions { permission { id } } } } } } }',
    'tokens:read',
    { 'roles:read': ['ScopedPermission.permission', 'ScopedRole.role'] },
  ],
  [
    'a token by its secret',
    '{ tokenDetails(secret: "x") { id } }',
    'tokens:read',
    { 'tokens:introspect': ['Query.tokenDetails'] },
  ],
  [
    'a field that tells more than its type',
    '{ tokens { results { id username acct } } tokensConnection { edges { node { login: username } } } }',
    'tokens:read',
    { 'users:read': ['Token.acct', 'Token.username'] },
  ],
  [
    'such a field behind an interface, behind a union and below a token',
    `mutation { ${issue} { ... on IssueTokenPayload { token { rotatedFrom { ... on Node { ... on Token { username } } } } } } }`,
    'tokens:issue tokens:read',
    { 'users:read': ['Token.username'] },
  ],
  [
    'such a field of a node',
    `{ nodes(ids: ["${nodeId}"]) { ...T } viewer { token { ...T } } } fragment T on Token { acct }`,
    'tokens:read',
    { 'users:read': ['Token.acct'] },
  ],
  [
    'such a field of a token that is found by its secret',
    '{ tokenDetails(secret: "x") { username } }',
    'tokens:introspect tokens:read',
    { 'users:read': ['Token.username'] },
  ],
  [
    'every part of a connection',
    '{ accessesConnection { total edges { cursor } nodes { id } pageInfo { hasNextPage } } }',
    'users:read',
    { 'accesses:read': ['AccessConnection.edges', 'AccessConnection.nodes', 'Query.accessesConnection'] },
  ],
  [
    'a member of a union that a mutation answers with',
    `mutation { ${issue} { ... on IssueTokenPayload { token { id user { id } } } } }`,
    'tokens:issue',
    { 'tokens:read': ['IssueTokenPayload.token'], 'users:read': ['Token.user'] },
  ],
  ['a mutation', `mutation { ${issue} { __typename } }`, 'tokens:read', { 'tokens:issue': ['Mutation.issueToken'] }],
  [
    'what tells of roles, beside a decision that does not',
    `{ checkPermissions(checks: [{ permissionId: "dns.zone.read" }]) { allowed explanation { summary grants { access { id } } } } }`,
    'permissions:check',
    {
      'accesses:read': ['PermissionGrant.access'],
      'roles:read': ['PermissionDecision.explanation'],
    },
  ],
  [
    'a scope that only looks like it',
    '{ users { total } }',
    'users:* users users:READ user:read *',
    { 'users:read': ['Query.users'] },
  ],
  [
    'a caller that may see every organization',
    '{ users { total } }',
    'organizations:all',
    { 'users:read': ['Query.users'] },
  ],
]

/** Documents with conditions, their variables, and whether `tokens` is part of what is run. */
const conditional: readonly (readonly [document: string, variables: object | undefined, runs: boolean])[] = [
  ['{ viewer { subject } tokens @skip(if: true) { total } }', {}, false],
  ['{ viewer { subject } tokens @skip(if: false) { total } }', {}, true],
  ['{ viewer { subject } tokens @include(if: false) { total } }', {}, false],
  ['{ viewer { subject } tokens @include(if: true) @skip(if: true) { total } }', {}, false],
  ['{ viewer { subject } ... @skip(if: true) { ... { tokens { total } } } }', {}, false],
  ['{ viewer { subject } ...F @include(if: false) ...F } fragment F on Query { tokens { total } }', {}, true],
  ['query ($v: Boolean!) { viewer { subject } tokens @include(if: $v) { total } }', { v: false }, false],
  ['query ($v: Boolean!) { viewer { subject } tokens @include(if: $v) { total } }', { v: true }, true],
  ['query ($v: Boolean!) { viewer { subject } tokens @skip(if: $v) { total } }', { v: true }, false],
  ['query ($v: Boolean!) { viewer { subject } tokens @skip(if: $v) { total } }', { v: false }, true],
  ['query ($v: Boolean = false) { viewer { subject } tokens @include(if: $v) { total } }', {}, false],
  ['query ($v: Boolean = false) { viewer { subject } tokens @include(if: $v) { total } }', undefined, false],
  ['query ($v: Boolean = false) { viewer { subject } tokens @include(if: $v) { total } }', { v: true }, true],
  ['query ($v: Boolean = true) { viewer { subject } tokens @include(if: $v) { total } }', {}, true],
  ['query ($v: Boolean = true) { viewer { subject } tokens @include(if: $v) { total } }', { v: null }, true],
  [
    'query ($a: Boolean!, $b: Boolean!) { viewer { subject } ...F @include(if: $a) } fragment F on Query { tokens @skip(if: $b) { total } }',
    { a: true, b: true },
    false,
  ],
  [
    'query ($a: Boolean!, $b: Boolean!) { viewer { subject } ...F @include(if: $a) } fragment F on Query { tokens @skip(if: $b) { total } }',
    { a: false, b: false },
    false,
  ],
  [
    'query ($a: Boolean!, $b: Boolean!) { viewer { subject } ...F @include(if: $a) } fragment F on Query { tokens @skip(if: $b) { total } }',
    { a: true, b: false },
    true,
  ],
  [
    'query ($a: Boolean!, $b: Boolean!) { viewer { subject } ...F @include(if: $a) ...F @include(if: $b) } fragment F on Query { tokens { total } }',
    { a: false, b: true },
    true,
  ],
  [
    'query ($a: Boolean!, $b: Boolean!) { viewer { subject } ...F @include(if: $a) ...F @include(if: $b) } fragment F on Query { tokens { total } }',
    { a: false, b: false },
    false,
  ],
  [
    'query ($a: Boolean!, $b: Boolean!) { ...F @include(if: $a) ...F @include(if: $b) } fragment F on Query { viewer { token { id } } }',
    { a: false, b: true },
    true,
  ],
  [
    'query ($a: Boolean!, $b: Boolean!) { ...F @include(if: $a) ...F @include(if: $b) } fragment F on Query { viewer { token { id } } }',
    { a: false, b: false },
    false,
  ],
  ['query ($v: Boolean!) { viewer { subject } viewer @include(if: $v) { token { id } } }', { v: false }, false],
  ['query ($v: Boolean!) { viewer { subject } viewer @include(if: $v) { token { id } } }', { v: true }, true],
]

describe('the check of scopes', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    for (const scope of ['', 'organizations:all']) await harness.askRaw('{ viewer { subject } }', {}, scoped(scope))
  })
  afterAll(() => harness.close())

  it.each(refused)(
    'refuses %s, names every missing scope with its fields, and runs nothing',
    async (_, document, held, missing) => {
      const { status, data, errors, statements } = await harness.askRaw(document, {}, scoped(held))
      expect({ status, data, statements }).toEqual({ status: 403, data: undefined, statements: [] })
      expect(errors).toHaveLength(1)
      const missingScopes = Object.entries(missing).map(([scope, fields]) => ({ scope, fields }))
      expect(errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN', missingScopes })
      expect(errors?.[0]?.message).toContain(Object.keys(missing).join(', '))
    },
  )

  it.each(refused.filter(([, , , missing]) => !('tokens:issue' in missing || 'tokens:read' in missing)))(
    'runs %s once what was missing is there',
    async (_, document, held, missing) => {
      const { status, errors } = await harness.askRaw(document, {}, scoped([held, ...Object.keys(missing)].join(' ')))
      expect({ status, errors }).toEqual({ status: 200, errors: undefined })
    },
  )

  it.each(conditional)('counts what is run: %s with %j (%s)', async (document, variables, runs) => {
    const { status, errors } = await harness.askRaw(document, variables, scoped('roles:read'))
    expect(status).toBe(runs ? 403 : 200)
    expect(errors?.[0]?.extensions.code).toBe(runs ? 'FORBIDDEN' : undefined)
  })

  it('is made again for every caller and all variables of a document that is known', async () => {
    const document = 'query ($v: Boolean!) { roles { total } users @include(if: $v) { total } }'
    const callers = [scoped('roles:read users:read'), scoped('roles:read'), scoped('users:read'), scoped('')]
    const asked = [...callers, ...callers].flatMap((caller) =>
      [true, false].map((v) => harness.askRaw(document, { v }, caller)),
    )
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    const expected = [200, 200, 403, 200, 403, 403, 403, 403]
    expect(statuses).toEqual([...expected, ...expected])
  })

  it('is made for the operation that is run, not for its neighbours', async () => {
    const query =
      'query Open { viewer { subject } } query Closed { users { total } } mutation Change { deactivateToken(tokenId: "1") { __typename } }'
    const authorization = `Bearer ${await harness.sign({ ...claimsOf(administrator), scope: 'roles:read' })}`
    const headers = { authorization, 'content-type': 'application/json', accept: 'application/graphql-response+json' }
    const post = async (operationName: string | null | undefined) => {
      const response = await harness.fetch('/graphql', {
        method: 'POST',
        headers,
        body: JSON.stringify({ query, operationName }),
      })
      return response.status
    }
    expect(await Promise.all(['Open', 'Closed', 'Change', 'Open', 'None', '', null, undefined].map(post))).toEqual([
      ...[200, 403, 403, 200],
      ...[400, 400, 400, 400],
    ])
  })

  it('comes before the cost is weighed, so that a caller learns first what it may not ask at all', async () => {
    const document = '{ users(limit: 1000) { results { tokens(limit: 1000) { results { id } } } } }'
    expect((await harness.askRaw(document, {}, scoped('users:read'))).status).toBe(403)
    expect((await harness.askRaw(document)).status).toBe(400)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
