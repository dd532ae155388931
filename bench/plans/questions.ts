/** What is asked of lists: every condition, order, page and total, the links that lead to lists, and who may do what. */
import type { Samples } from './samples.ts'

/** How soon a question must be answered. */
export type Kind = 'page' | 'total' | 'links'

export interface Question {
  readonly name: string
  readonly kind: Kind
  readonly document: string
  readonly variables?: Readonly<Record<string, unknown>>
}

type Conditions = Readonly<Record<string, object>>

interface List {
  readonly field: string
  readonly model: string
  readonly orders: readonly string[]
}

const lists = {
  users: {
    field: 'users',
    model: 'User',
    orders: ['LASTNAME', 'FIRSTNAME', 'EMAIL', 'CREATED_AT', 'UPDATED_AT', 'EXPIRES_AT'],
  },
  accesses: {
    field: 'accesses',
    model: 'Access',
    orders: ['TYPE', 'NAME', 'CREATED_AT', 'UPDATED_AT', 'LAST_LOGIN_AT'],
  },
  tokens: { field: 'tokens', model: 'Token', orders: ['NAME', 'CREATED_AT', 'EXPIRES_AT', 'LAST_USED_AT'] },
} satisfies Readonly<Record<string, List>>

export type ListName = keyof typeof lists

/** The orders of a list beside the one by id. */
export function ordersOf(list: ListName): readonly string[] {
  return lists[list].orders
}

/** Every question, in an order that does not change. */
export function questionsOf(samples: Samples): readonly Question[] {
  const ofLists = (Object.keys(lists) as ListName[]).flatMap((name) => [
    ...conditionQuestions(lists[name], conditionsOf(name, samples)),
    ...orderQuestions(lists[name], samples),
  ])
  return [...ofLists, ...linkQuestions(samples), ...holderQuestions(samples), ...checkQuestions(samples)]
}

function conditionsOf(list: ListName, samples: Samples): Conditions {
  switch (list) {
    case 'users':
      return userConditions(samples)
    case 'accesses':
      return accessConditions(samples)
    case 'tokens':
      return tokenConditions(samples)
  }
}

const unknownUser = '00000000-0000-4000-8000-000000000000'

/** Ranges of instants that find everything, something or nothing. */
function ranges(name: string, { future, recent, middle, past }: Samples): Conditions {
  return {
    [`${name} from the future`]: { [name]: { from: future } },
    [`${name} of late`]: { [name]: { from: recent } },
    [`${name} from the middle`]: { [name]: { from: middle } },
    [`${name} to the middle`]: { [name]: { to: middle } },
    [`${name} before all`]: { [name]: { to: past } },
    [`${name} between`]: { [name]: { from: middle, to: recent } },
  }
}

function texts(samples: readonly string[]): Conditions {
  return Object.fromEntries(samples.map((text) => [`text ${text}`, { text }]))
}

function held(samples: Samples): Conditions {
  return {
    'roleId rare': { roleId: 'administrator' },
    'roleId common': { roleId: samples.role },
    'roleId unknown': { roleId: 'no-such-role' },
    'permissionId rare': { permissionId: samples.rarePermission },
    'permissionId common': { permissionId: samples.commonPermission },
    'permissionId unknown': { permissionId: 'no.such.permission' },
  }
}

function userConditions(samples: Samples): Conditions {
  return {
    none: {},
    ...texts(['a', 'q', 'ß', 'an', 'xq', 'qa', 'ann', 'anke', 'xqz', 'no such person', samples.email]),
    ids: { ids: samples.users },
    'ids unknown': { ids: [unknownUser] },
    email: { email: samples.email.toUpperCase() },
    'email unknown': { email: 'nobody@nowhere.example' },
    customerId: { customerId: samples.customer },
    'customerId unknown': { customerId: 999_999_999 },
    'language EN': { language: 'EN' },
    'language FR': { language: 'FR' },
    'expired true': { expired: true },
    'expired false': { expired: false },
    ...held(samples),
    'accessType API': { accessType: 'API_CONNECTION' },
    'accessType SSO': { accessType: 'SSO_CONNECTION' },
    ...ranges('createdAt', samples),
    ...ranges('lastLoginAt', samples),
    'text and role': { text: 'berg', roleId: samples.role },
    'expired, rare role': { expired: true, roleId: 'administrator' },
    'language, text without any': { language: 'DE', text: 'xqz' },
  }
}

function accessConditions(samples: Samples): Conditions {
  return {
    none: {},
    ...texts(['a', 'q', 'ß', 'xq', 'backup', 'xqz', samples.email]),
    ids: { ids: samples.accesses },
    'ids unknown': { ids: ['999999999'] },
    userId: { userId: samples.user },
    'userId unknown': { userId: unknownUser },
    customerId: { customerId: samples.customer },
    'types API': { types: ['API_CONNECTION'] },
    'types UI, SSO': { types: ['UI_CONNECTION', 'SSO_CONNECTION'] },
    'types none': { types: [] },
    ...held(samples),
    'twoFaEnabled true': { twoFaEnabled: true },
    'twoFaEnabled false': { twoFaEnabled: false },
    ...ranges('createdAt', samples),
    ...ranges('lastLoginAt', samples),
    'types and role': { types: ['PROFILE'], roleId: 'administrator' },
  }
}

function tokenConditions(samples: Samples): Conditions {
  return {
    none: {},
    ...texts(['a', 'q', 'ß', 'xq', 'stag', 'xqz']),
    ids: { ids: samples.tokens },
    userId: { userId: samples.user },
    'userId unknown': { userId: unknownUser },
    accessId: { accessId: samples.access },
    'accessId unknown': { accessId: '999999999' },
    'status ACTIVE': { status: ['ACTIVE'] },
    'status DEACTIVATED': { status: ['DEACTIVATED'] },
    'status EXPIRED': { status: ['EXPIRED'] },
    'status REVOKED': { status: ['REVOKED'] },
    'status ACTIVE, DEACTIVATED': { status: ['ACTIVE', 'DEACTIVATED'] },
    'status none': { status: [] },
    ...ranges('expiresAt', samples),
    ...ranges('endsAt', samples),
    ...ranges('lastUsedAt', samples),
    'status ACTIVE, expiring': { status: ['ACTIVE'], expiresAt: { to: samples.future } },
    'status ACTIVE, ending': { status: ['ACTIVE'], endsAt: { to: samples.soon } },
    'status ACTIVE, ending never': { status: ['ACTIVE'], endsAt: { to: samples.past } },
  }
}

/** Of each condition: its first page by offset and by key, its last by key, one in another order, its total and estimate. */
function conditionQuestions({ field, model, orders }: List, conditions: Conditions): readonly Question[] {
  const search = `$search: ${model}Search`
  const asked: readonly (readonly [string, Kind, string])[] = [
    ['page', 'page', `${field}(search: $search, limit: 20) { results { id } }`],
    ['keys', 'page', `${field}Connection(search: $search, first: 20) { nodes { id } }`],
    ['last keys', 'page', `${field}Connection(search: $search, last: 20) { nodes { id } }`],
    [
      `by ${orders[0]}`,
      'page',
      `${field}(search: $search, limit: 20, orderBy: { field: ${orders[0]} }) { results { id } }`,
    ],
    ['total', 'total', `${field}(search: $search) { total }`],
    ['estimate', 'page', `${field}(search: $search) { totalEstimate }`],
  ]
  return Object.entries(conditions).flatMap(([condition, given]) =>
    asked.map(([name, kind, selection]) => ({
      name: `${field} ${condition}: ${name}`,
      kind,
      document: `query(${search}) { ${selection} }`,
      variables: { search: given },
    })),
  )
}

/** Of each order and direction: the first page, and pages deep by offset and by key. */
function orderQuestions({ field, model, orders }: List, { deep }: Samples): readonly Question[] {
  return ['ID', ...orders].flatMap((order) =>
    (['ASC', 'DESC'] as const).flatMap((direction) => {
      const name = `${field} by ${order} ${direction}`
      const variables = { order: { field: order, direction } }
      const place = deep(field as ListName, order, direction)
      const page = (title: string, selection: string, more: Readonly<Record<string, string>> = {}): Question => ({
        name: `${name}: ${title}`,
        kind: 'page',
        document: `query($order: ${model}Order${Object.keys(more).map((variable) => `, $${variable}: String`)}) { ${selection} }`,
        variables: { ...variables, ...more },
      })
      return [
        page('first', `${field}(orderBy: $order, limit: 100) { results { id } }`),
        page('1,000', `${field}(orderBy: $order, limit: 1000) { results { id } }`),
        page('offset 90 %', `${field}(orderBy: $order, limit: 20, offset: ${place.offset}) { results { id } }`),
        page('first keys', `${field}Connection(orderBy: $order, first: 20) { nodes { id } }`),
        page('keys 90 %', `${field}Connection(orderBy: $order, first: 20, after: $after) { nodes { id } }`, {
          after: place.cursor,
        }),
        page('keys before 90 %', `${field}Connection(orderBy: $order, last: 20, before: $before) { nodes { id } }`, {
          before: place.cursor,
        }),
        page('last keys', `${field}Connection(orderBy: $order, last: 20) { nodes { id } }`),
      ]
    }),
  )
}

function linkQuestions(samples: Samples): readonly Question[] {
  const links = (name: string, document: string, variables: object = {}): Question => ({
    name,
    kind: 'links',
    document,
    variables: variables as Record<string, unknown>,
  })
  const role = { role: samples.role }
  return [
    links('users → accesses', '{ users { results { accesses { total results { id } } } } }'),
    links(
      'users → accesses of a type',
      '{ users { results { accesses(types: [PROFILE]) { total results { id } } } } }',
    ),
    links('users → last login', '{ users { results { lastLoginAt } } }'),
    links('users → organization, provider', '{ users { results { organization { id name } } } }'),
    links('users → tokens', '{ users { results { tokens(limit: 5) { total results { id } } } } }'),
    links(
      'users → tokens with a status',
      '{ users { results { tokens(limit: 5, search: { status: [ACTIVE] }) { total results { id } } } } }',
    ),
    links('accesses → user, roles', '{ accesses { results { user { id } roles { id permissions { id } } } } }'),
    links('accesses → tokens', '{ accesses { results { tokens(limit: 5) { total results { id } } } } }'),
    links(
      'tokens → user, access',
      '{ tokens { results { user { id } access { id } rotatedFrom { id } rotatedTo { id } } } }',
    ),
    links('roles → first accesses', '{ roles { results { accesses(limit: 5) { results { id } } } } }'),
    links('roles → estimates', '{ roles { results { accesses { totalEstimate } } } }'),
    { ...links('roles → totals', '{ roles { results { accesses { total } } } }'), kind: 'total' },
    { ...links('role → total', 'query($role: ID!) { role(id: $role) { accesses { total } } }', role), kind: 'total' },
    links(
      'role → accesses, deep',
      `query($role: ID!) { role(id: $role) { accesses(limit: 20, offset: ${samples.deepInRole}) { results { id } } } }`,
      role,
    ),
    links(
      'role → accesses of a type',
      'query($role: ID!) { role(id: $role) { accesses(limit: 20, search: { types: [PROFILE] }) { results { id } } } }',
      role,
    ),
    links('rare role → accesses', '{ role(id: "administrator") { accesses(limit: 20) { total results { id } } } }'),
    links(
      'one user, deep',
      'query($id: ID!) { user(id: $id) { id accesses { results { id roles { id } tokens { results { id } } } } } }',
      { id: samples.user },
    ),
  ]
}

/** Who has a permission: the first page, pages deep by key, and the last one, everywhere and on a resource. */
function holderQuestions({ rarePermission, commonPermission, zone, deep }: Samples): readonly Question[] {
  const after = deep('accesses', 'ID', 'ASC').cursor
  const permissions = { rare: rarePermission, common: commonPermission }
  const resources = { everywhere: null, 'on a zone': { type: 'ZONE', id: zone } }
  return Object.entries(permissions).flatMap(([rarity, permissionId]) =>
    Object.entries(resources).flatMap(([where, resource]) => {
      const declared = '$permissionId: ID!, $resource: ResourceInput'
      const given = 'permissionId: $permissionId, resource: $resource'
      const page = (title: string, field: string, page: string, selection: string, more: object = {}): Question => ({
        name: `who may, ${rarity} ${where}: ${title}`,
        kind: title === 'total' ? 'total' : 'page',
        document: `query(${[declared, ...Object.keys(more).map((name) => `$${name}: String`)].join(', ')}) {
          ${field}(${given}, ${page}) { ${selection} } }`,
        variables: { permissionId, resource, ...more },
      })
      const byKeys = 'accessesWithPermissionConnection'
      return [
        page('first', 'accessesWithPermission', 'limit: 100', 'results { id }'),
        page('total', 'accessesWithPermission', 'limit: 100', 'total'),
        page('first keys', byKeys, 'first: 100', 'nodes { id }'),
        page('keys 90 %', byKeys, 'first: 100, after: $after', 'nodes { id }', { after }),
        page('keys before 90 %', byKeys, 'last: 100, before: $before', 'nodes { id }', { before: after }),
        page('last keys', byKeys, 'last: 100', 'nodes { id }'),
      ]
    }),
  )
}

/** Decisions on accesses, alone and explained. */
function checkQuestions({ accesses, commonPermission, zone }: Samples): readonly Question[] {
  const explanation = 'explanation { summary grants { role { id } resource { id } } missing { kind message } }'
  return [1, 100, 1_000].flatMap((count) =>
    Object.entries({ checks: 'allowed', explained: `allowed ${explanation}` }).map(
      ([name, selection]): Question => ({
        name: `${count} ${name}`,
        kind: 'page',
        document: `query($checks: [PermissionCheck!]!) { checkPermissions(checks: $checks) { ${selection} } }`,
        variables: {
          checks: Array.from({ length: count }, (_, index) => ({
            accessId: accesses[index % accesses.length],
            permissionId: commonPermission,
            resource: index % 2 === 0 ? null : { type: 'ZONE', id: zone },
          })),
        },
      }),
    ),
  )
}
