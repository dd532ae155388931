/**
 * Random sequences of writes by several callers, also two at once, through the gateway: each is answered as the naive model
 * says, none passes a guard rail, and what the audit trail says replays to what is there. WRITES_CASES and WRITES_SEED say which.
 */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allScopes } from '../../src/auth/scopes.ts'
import { type Caller, type Claims, createHarness, type Harness } from '../support/harness.ts'
import {
  assigning,
  assigningBy,
  isCaller,
  locksOut,
  now,
  type Outcome,
  type State,
  type Write,
  write,
} from './guardRailModel.ts'

const cases = Number(process.env.WRITES_CASES ?? 10)
const seed = Number(process.env.WRITES_SEED ?? 20_261_128)

let harness: Harness
let client: pg.Client
beforeAll(async () => {
  harness = await createHarness({ DATABASE_POOL_SIZE: '10', MAX_MUTATION_FIELDS: '20' })
  harness.now = now
  // The embedded database takes one connection at a time: what is tried is then read over the gateway's.
  client = new pg.Client(harness.database.connection)
  if (harness.database.kind === 'server') await client.connect()
})
afterAll(async () => {
  if (harness.database.kind === 'server') await client.end()
  await harness.close()
})

async function sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
  if (harness.database.kind === 'server') return (await client.query<Row>(text, [...values])).rows
  return harness.prisma.$queryRawUnsafe<Row[]>(text, ...values)
}

const ends = [null, '2027-01-01T00:00:00.000Z', '2027-06-01T00:00:00.000Z'] as const
const days = [null, '2026-11-20', '2027-01-01'] as const
const zones = [null, 'one.example', 'other.example'] as const
const permissions = [assigning, 'dns.zone.read', 'dns.record.read'] as const
const types = ['UI_CONNECTION', 'UI_CONNECTION', 'API_CONNECTION', 'PROFILE', 'API_CONNECTION'] as const
/** Whose they are, by the place among the users. */
const owners = [0, 1, 2, 3, 0] as const

const place = fc.nat({ max: 4 })
const role = fc.nat({ max: 4 })
const some = fc.subarray([...permissions])
const aim = { access: place, role, zone: fc.constantFrom(...zones), validUntil: fc.constantFrom(...ends) }

/** Writes by places: ids are known only once there is an organization. */
const aWrite = fc.record({
  caller: fc.constantFrom(0, 0, 1, 2, 4),
  user: fc.nat({ max: 3 }),
  ...aim,
  expiresAt: fc.constantFrom(...days),
  added: some,
  removed: some,
  /** What it is about: anything, what somebody holds, or what lets somebody assign roles. */
  about: fc.constantFrom('anything' as const, 'held' as const, 'assigning' as const, 'assigning' as const),
  which: fc.nat({ max: 9 }),
  kind: fc.constantFrom(
    'assignRole' as const,
    'assignRole' as const,
    'assignRole' as const,
    'withdrawRole' as const,
    'withdrawRole' as const,
    'withdrawRole' as const,
    'createRole' as const,
    'updateRole' as const,
    'updateRole' as const,
    'removeRole' as const,
    'updateUser' as const,
    'updateUser' as const,
    'createAccess' as const,
    'removeAccess' as const,
    'removeAccess' as const,
    'removeUser' as const,
  ),
})
type Drawn = typeof aWrite extends fc.Arbitrary<infer T> ? T : never

const sequence = fc.record({
  held: fc.array(fc.record(aim), { minLength: 1, maxLength: 7 }),
  steps: fc.array(fc.array(aWrite, { minLength: 1, maxLength: 2 }), { minLength: 3, maxLength: 8 }),
})

interface World {
  readonly organizationId: string
  /** What its roles begin with. */
  readonly prefix: string
  readonly start: State
}

let worlds = 0

/** A new organization with users, accesses and roles; its first access may assign roles for good. */
async function createWorld(held: readonly Pick<Drawn, 'access' | 'role' | 'zone' | 'validUntil'>[]): Promise<World> {
  worlds += 1
  const organizationId = randomUUID()
  const prefix = `writes-${worlds}-`
  const users = Array.from({ length: 4 }, () => randomUUID())
  const first = [{ access: 0, role: 0, zone: null, validUntil: null }]
  const assignments = new Map([...first, ...held].map((each) => [`${each.access} ${each.role} ${each.zone}`, each]))
  assignments.set('0 0 null', first[0] as never)
  await sql(
    `WITH organization AS (
      INSERT INTO organizations VALUES ($1, $2, 'A') RETURNING id
    ), people AS (
      INSERT INTO users (id, organization_id, firstname, lastname, email, language, created_at, updated_at)
      SELECT id::uuid, $1, 'A', 'B', id || '@example.com', 'EN', $4::timestamptz, $4::timestamptz FROM unnest($3::text[]) AS id
    ), ways AS (
      INSERT INTO accesses (organization_id, user_id, type, name, two_fa_enabled, language, created_at, updated_at)
      SELECT $1, ($3::text[])[owner]::uuid, type, CASE WHEN type <> 'UI_CONNECTION' THEN 'A' END,
        CASE WHEN type = 'UI_CONNECTION' THEN false END, CASE WHEN type = 'API_CONNECTION' THEN 'EN'::language END,
        $4::timestamptz, $4::timestamptz
      FROM unnest($5::integer[], $6::access_type[]) WITH ORDINALITY AS way(owner, type, place) ORDER BY place RETURNING id
    ), catalogue AS (
      INSERT INTO roles SELECT $7::text || place, 'A role.' FROM generate_series(0, 3) AS place
    ), permitting AS (
      INSERT INTO role_permissions VALUES ($7::text || '0', $8), ($7 || '0', $9), ($7 || '1', $9), ($7 || '2', $9), ($7 || '2', $10), ($7 || '3', $8)
    )
    INSERT INTO role_assignments (organization_id, access_id, role_id, resource_type, resource_id, valid_until)
    SELECT $1, (SELECT id FROM ways ORDER BY id OFFSET (held ->> 'access')::integer LIMIT 1), $7 || (held ->> 'role'),
      CASE WHEN held ->> 'zone' IS NOT NULL THEN 'ZONE'::resource_type END, held ->> 'zone', (held ->> 'validUntil')::timestamptz
    FROM jsonb_array_elements($11::jsonb) AS held WHERE (held ->> 'role')::integer < 4`,
    [
      organizationId,
      1_000_000 + worlds,
      users,
      now.toISOString(),
      owners.map((owner) => owner + 1),
      types,
      prefix,
      ...permissions,
      JSON.stringify([...assignments.values()]),
    ],
  )
  const world = { organizationId, prefix, start: { users: [], accesses: [], assignments: [], roles: {} } }
  const read = await stored(world)
  // In the order in which they are drawn.
  return { ...world, start: { ...read, users: users.map((id) => ({ id, expiresAt: null })) } }
}

/** What stands in the tables. */
async function stored({ organizationId, prefix }: Omit<World, 'start'>): Promise<State> {
  const [found] = await sql<{ readonly state: State }>(
    `SELECT jsonb_build_object(
      'users', (SELECT jsonb_agg(jsonb_build_object('id', id, 'expiresAt', expires_at) ORDER BY id) FROM users WHERE organization_id = $1::uuid),
      'accesses', (SELECT jsonb_agg(jsonb_build_object('id', id, 'userId', user_id, 'type', type) ORDER BY id)
        FROM accesses WHERE organization_id = $1::uuid),
      'assignments', (SELECT coalesce(jsonb_agg(jsonb_build_object('accessId', access_id, 'roleId', role_id, 'zone', resource_id,
        'validUntil', valid_until)), '[]') FROM role_assignments WHERE organization_id = $1::uuid),
      'roles', (SELECT coalesce(jsonb_object_agg(id, ARRAY(SELECT permission_id FROM role_permissions WHERE role_id = roles.id
        ORDER BY permission_id COLLATE "C")), '{}') FROM roles WHERE starts_with(id, $2::text))) AS state`,
    [organizationId, prefix],
  )
  return normalized((found as { readonly state: State }).state)
}

const byText = (one: unknown, other: unknown) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)
const instant = (text: string | null) => (text === null ? null : new Date(text).toISOString())

/** The state in the one form in which states are compared. */
function normalized({ users, accesses, assignments, roles }: State): State {
  return {
    users: users.map(({ id, expiresAt }) => ({ id, expiresAt })).sort(byText),
    accesses: accesses.map(({ id, userId, type }) => ({ id, userId, type })).sort(byText),
    assignments: assignments
      .map(({ accessId, roleId, zone, validUntil }) => ({ accessId, roleId, zone, validUntil: instant(validUntil) }))
      .sort(byText),
    roles: Object.fromEntries(Object.entries(roles).sort(byText)),
  }
}

/** The write that is drawn, in the state as it is then. */
function writeOf(drawn: Drawn, state: State, { start, prefix }: World): Write {
  const idOf = (access: number) => start.accesses[access]?.id as number
  const { validUntil, added, expiresAt } = drawn
  const caller = idOf(drawn.caller)
  const callerUser = start.accesses[drawn.caller]?.userId as string
  const by = { caller, callerUser }
  const lists = { anything: [], held: state.assignments, assigning: assigningBy(state) }
  const list = lists[drawn.about]
  const aimed = list[drawn.which % Math.max(list.length, 1)]
  const zone = aimed === undefined ? drawn.zone : aimed.zone
  const accessId = aimed?.accessId ?? idOf(drawn.access)
  const roleId = aimed?.roleId ?? `${prefix}${drawn.role}`
  const holder = start.accesses.find(({ id }) => id === aimed?.accessId)?.userId
  const userId = holder ?? (start.users[drawn.user]?.id as string)
  const removed = drawn.removed.filter((permission) => !added.includes(permission))
  switch (drawn.kind) {
    case 'assignRole':
      return { kind: 'assignRole', ...by, accessId, roleId, zone, validUntil }
    case 'withdrawRole':
      return { kind: 'withdrawRole', ...by, accessId, roleId, zone }
    case 'createRole':
      return { kind: 'createRole', ...by, roleId, permissions: added }
    case 'updateRole':
      return { kind: 'updateRole', ...by, roleId, added, removed }
    case 'removeRole':
      return { kind: 'removeRole', ...by, roleId }
    case 'updateUser':
      return { kind: 'updateUser', ...by, userId, expiresAt }
    case 'createAccess':
      return { kind: 'createAccess', ...by, userId }
    case 'removeAccess':
      return { kind: 'removeAccess', ...by, accessId }
    case 'removeUser':
      return { kind: 'removeUser', ...by, userId }
  }
}

function inputOf(wanted: Write): object {
  const { kind: _, caller: __, callerUser: ___, ...said } = wanted
  switch (wanted.kind) {
    case 'assignRole':
    case 'withdrawRole': {
      const { zone, accessId, ...rest } = said as Extract<Write, { readonly kind: 'assignRole' }>
      return { ...rest, accessId: String(accessId), ...(zone === null ? {} : { resource: { type: 'ZONE', id: zone } }) }
    }
    case 'createRole':
      return { ...said, description: 'A role.' }
    case 'updateRole':
      return { roleId: wanted.roleId, addPermissions: wanted.added, removePermissions: wanted.removed }
    case 'removeAccess':
      return { accessId: String(wanted.accessId) }
    case 'createAccess':
      return { ...said, access: { apiConnection: { name: 'A', language: 'EN' } } }
    default:
      return said
  }
}

const ofCatalogue = new Set(['createRole', 'updateRole', 'removeRole'])
const ownScopes = allScopes.filter((scope) => scope !== 'organizations:all')

const jwts = new Map<string, Promise<Readonly<Record<string, string>>>>()

/** A caller that comes with the same JWT each time, so that the gateway may remember it. */
async function signedIn(claims: object): Promise<Caller> {
  const name = JSON.stringify(claims)
  const jwt = jwts.get(name) ?? harness.authorize({ claims: claims as Claims })
  jwts.set(name, jwt)
  return { authorization: `${(await jwt).authorization}` }
}

/** What a write is answered: the type of it, or the status of a refusal, and the id of a new access. */
async function ask(wanted: Write, { organizationId }: World) {
  const { kind, caller, callerUser } = wanted
  const scope = (ofCatalogue.has(kind) ? allScopes : ownScopes).join(' ')
  const made = kind === 'createAccess' ? '... on CreateAccessPayload { access { id } }' : ''
  const input = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Input`
  const { status, data, errors } = await harness.askRaw(
    `mutation ($input: ${input}!) { answer: ${kind}(input: $input) { __typename ${made} ... on Error { message } } }`,
    { input: inputOf(wanted) },
    await signedIn({ sub: callerUser, org_id: organizationId, access_id: caller, scope }),
  )
  if (status === 401) return { answer: '401', made: 0 }
  expect(errors).toBeUndefined()
  const answer = data?.answer as { readonly __typename: string; readonly access?: { readonly id: string } }
  return { answer: answer.__typename, made: Number(answer.access?.id ?? 0) }
}

type Asked = Awaited<ReturnType<typeof ask>>

/** What the writes come to one after the other. A caller who was known at the start may still be answered at its turn. */
function inTurn(state: State, writes: readonly Write[], asked: readonly Asked[], knownAtStart: boolean): Outcome[] {
  const outcomes: Outcome[] = []
  let current = state
  for (const [place, wanted] of writes.entries()) {
    const isKnown = isCaller(knownAtStart ? state : current, wanted.caller)
    const outcome = isKnown ? write(current, wanted, asked[place]?.made ?? 0) : { answer: '401', state: current }
    outcomes.push(outcome)
    current = outcome.state
  }
  return outcomes
}

/** Everything that writes at once may come to: in whichever order they are made. */
function expectedOf(state: State, writes: readonly Write[], asked: readonly Asked[]) {
  const [one, other] = writes
  const orders =
    one && other
      ? [
          [0, 1],
          [1, 0],
        ]
      : [[0]]
  return orders.flatMap((order) =>
    [false, true].map((knownAtStart) => {
      const outcomes = inTurn(
        state,
        order.map((at) => writes[at] as Write),
        order.map((at) => asked[at] as Asked),
        knownAtStart,
      )
      return {
        answers: writes.map((_, at) => outcomes[order.indexOf(at)]?.answer),
        state: normalized((outcomes.at(-1) as Outcome).state),
        states: [state, ...outcomes.map((outcome) => outcome.state)],
        callers: order.map((at) => (writes[at] as Write).caller),
      }
    }),
  )
}

interface TrailEvent {
  readonly targetType: 'User' | 'Access' | 'Role' | 'RoleAssignment'
  readonly targetId: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** What is there at the end, by what was there and what the trail says of it since. */
async function replayed({ organizationId, prefix, start }: World, ids: ReadonlyMap<string, string>): Promise<State> {
  const rows = new Map<string, Readonly<Record<string, unknown>>>([
    ...start.users.map((user) => [`User ${user.id}`, { expiresAt: user.expiresAt }] as const),
    ...start.accesses.map(({ id, userId, type }) => [`Access ${id}`, { userId, type }] as const),
    ...Object.entries(start.roles).map(([id, permitted]) => [`Role ${id}`, { permissions: permitted }] as const),
    ...start.assignments.map(({ zone, ...each }) => {
      return [`RoleAssignment ${ids.get(keyOf({ ...each, zone }))}`, { ...each, resourceId: zone }] as const
    }),
  ])
  const events = await sql<TrailEvent>(
    `SELECT target_type AS "targetType", target_id AS "targetId", before, after FROM audit_events
     WHERE outcome = 'SUCCESS' AND (organization_id = $1::uuid OR target_type = 'Role' AND starts_with(target_id, $2::text))
     ORDER BY id`,
    [organizationId, prefix],
  )
  for (const { targetType, targetId, before, after } of events) {
    const name = `${targetType} ${targetId}`
    const was = rows.get(name)
    // What it says was there is what was there.
    expect(before === null ? was : 'there').toBe(before === null ? undefined : 'there')
    for (const [member, value] of Object.entries(before ?? {})) {
      if (was !== undefined && member in was) expect(comparable(was[member])).toEqual(comparable(value))
    }
    if (after === null) rows.delete(name)
    else rows.set(name, { ...was, ...after })
  }
  const of = (type: string) =>
    [...rows].flatMap(([name, row]) =>
      name.startsWith(`${type} `) ? [[name.slice(type.length + 1), row] as const] : [],
    )
  return normalized({
    users: of('User').map(([id, row]) => ({ id, expiresAt: row.expiresAt as string | null })),
    accesses: of('Access').map(([id, row]) => ({
      id: Number(id),
      userId: row.userId as string,
      type: row.type as string,
    })),
    assignments: of('RoleAssignment').map(([, row]) => ({
      accessId: row.accessId as number,
      roleId: row.roleId as string,
      zone: (row.resourceId ?? null) as string | null,
      validUntil: row.validUntil as string | null,
    })),
    roles: Object.fromEntries(of('Role').map(([id, row]) => [id, row.permissions as readonly string[]])),
  })
}

const comparable = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value).toISOString() : value

const keyOf = ({ accessId, roleId, zone }: Pick<State['assignments'][number], 'accessId' | 'roleId' | 'zone'>) =>
  JSON.stringify([accessId, roleId, zone])

async function assignmentIds({ organizationId }: World): Promise<ReadonlyMap<string, string>> {
  const rows = await sql<{ id: number; accessId: number; roleId: string; zone: string | null }>(
    `SELECT id, access_id AS "accessId", role_id AS "roleId", resource_id AS zone FROM role_assignments
     WHERE organization_id = $1::uuid`,
    [organizationId],
  )
  return new Map(rows.map((row) => [keyOf(row), String(row.id)]))
}

/** Leaves a catalogue as small as it was. */
async function removeWorld({ organizationId, prefix }: World): Promise<void> {
  jwts.clear()
  await sql('DELETE FROM role_assignments WHERE organization_id = $1::uuid', [organizationId])
  await sql('DELETE FROM roles WHERE starts_with(id, $1::text)', [prefix])
}

const seen = new Map<string, number>()

it(`${cases} random sequences of writes keep every guard rail, and the trail tells all of them`, {
  timeout: 60_000 + cases * 2_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(sequence, async ({ held, steps }) => {
      const world = await createWorld(held)
      try {
        const ids = await assignmentIds(world)
        let state = world.start
        for (const step of steps) {
          const writes = step.map((drawn) => writeOf(drawn, state, world))
          const asked = await Promise.all(writes.map((each) => ask(each, world)))
          const there = await stored(world)
          const answers = asked.map(({ answer }) => answer)
          const possible = expectedOf(state, writes, asked)
          const fits = possible.find((each) => isSame(each.answers, answers) && isSame(each.state, there))
          // What is told of where nothing fits is the first of what would.
          if (fits === undefined) {
            const [{ answers: wanted, state: after } = { answers: [], state: there }] = possible
            expect({ writes, answers, there }).toEqual({ writes, answers: wanted, there: after })
            throw new Error('expected one of the orders to fit')
          }
          for (const [at, caller] of fits.callers.entries()) {
            expect(locksOut(fits.states[at] as State, fits.states[at + 1] as State, caller)).toBe(false)
          }
          writes.forEach(({ kind }, at) => {
            const name = `${kind} ${answers[at]}`
            seen.set(name, (seen.get(name) ?? 0) + 1)
          })
          state = fits.states.at(-1) as State
        }
        expect(await replayed(world, ids)).toEqual(await stored(world))
      } finally {
        await removeWorld(world)
      }
    }),
    { numRuns: cases, seed, endOnFailure: process.env.WRITES_SHRINK === undefined },
  )
  if (process.env.WRITES_CASES !== undefined) {
    console.log(Object.fromEntries([...seen].sort()))
  }
  expect(harness.unexpected).toEqual([])
})

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
