/** Import and export are each other's inverse: random populations, in random order. TRANSFER_CASES and TRANSFER_SEED say which. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allScopes, grantableScopes } from '../../src/auth/scopes.ts'
import { isPrintableName } from '../../src/printable.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'
import { exportText, importText, linesOf } from '../support/transfer.ts'

const cases = Number(process.env.TRANSFER_CASES ?? 25)
const seed = Number(process.env.TRANSFER_SEED ?? 1)

const nothing = fc.constant(null)
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null })
/** Any name, in normalization form C. */
const text = (most: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: most })
    .map((value) => value.normalize('NFC'))
    .filter((value) => isPrintableName(value, 500))
const instant = fc
  .date({ min: new Date('0001-01-01T00:00:00.000Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString())
const day = instant.map((value) => value.slice(0, 10))
const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const zone = fc.constantFrom('zone:example.com', 'zone:example.net', 'zone:xn--mnster-3ya.example')
const catalogueId = fc
  .string({ unit: fc.constantFrom(...'abcAB.-_é😀字'), minLength: 1, maxLength: 8 })
  .map((id) => id.normalize('NFC'))
const author = fc.oneof(
  fc.record({ user_id: fc.uuid(), firstname: text(10), lastname: text(10) }),
  fc.record({
    user_id: fc.uuid(),
    firstname: text(10),
    lastname: text(10),
    access_id: maybe(fc.integer({ min: 1, max: 2e9 })),
  }),
)
const history = fc.record({
  created_at: instant,
  created_by: maybe(author),
  updated_at: instant,
  updated_by: maybe(author),
})
const language = fc.constantFrom('EN', 'FR', 'DE')
const distinct = <T>(of: fc.Arbitrary<T>, selector: (value: T) => unknown, maxLength: number, minLength = 0) =>
  fc.uniqueArray(of, { selector, maxLength, minLength })

const organizations = [1, 2, 3].map((customer_id) => ({
  type: 'organization',
  id: `10000000-0000-4000-8000-00000000000${customer_id}`,
  customer_id,
}))
const customer = fc.constantFrom(1, 2, 3)

const rights = fc.record({
  all_permissions: fc.constant(false),
  all_roles: fc.constant(false),
  kept_in_token: fc.subarray(['ROLES', 'PERMISSIONS']),
  permissions: distinct(
    fc.record({ permission_id: catalogueId, resources: distinct(zone, String, 2) }),
    ({ permission_id }) => permission_id,
    3,
  ),
  roles: distinct(fc.record({ name: catalogueId, resource: maybe(zone) }), (role) => JSON.stringify(role), 3),
})
const allowedScopes = fc.record({
  general_scopes: fc.subarray(['openid', 'profile', 'billing:read']),
  organization_scopes: maybe(rights),
  services_scopes: distinct(
    fc.tuple(catalogueId, rights).map(([service_definition_id, each]) => ({ service_definition_id, ...each })),
    ({ service_definition_id }) => service_definition_id,
    2,
  ),
})

/** A population in the form that export prints: each line has every member, and refers to others. */
const population = fc
  .record({
    names: fc.tuple(text(20), text(20), text(20)),
    providers: distinct(fc.record({ id: fc.uuid(), customer_id: customer, domain: text(20) }), ({ id }) => id, 3),
    permissions: distinct(fc.record({ id: catalogueId, description: text(20) }), ({ id }) => id, 5),
    roles: distinct(fc.record({ id: catalogueId, description: text(20), has: fc.nat() }), ({ id }) => id, 4),
    users: distinct(
      fc.record({
        id: fc.uuid(),
        customer_id: customer,
        names: fc.tuple(text(20), text(20)),
        acct: maybe(text(10)),
        provider: maybe(fc.nat()),
        expires_at: maybe(day),
        phone: maybe(text(10)),
        language,
        history,
      }),
      ({ id }) => id,
      6,
    ),
    accesses: distinct(
      fc.record({
        id: fc.integer({ min: 1, max: 2e9 }),
        user: fc.nat(),
        type: fc.constantFrom('UI_CONNECTION', 'SSO_CONNECTION', 'API_CONNECTION', 'PROFILE'),
        text: text(20),
        flag: fc.boolean(),
        language,
        last_login_at: maybe(instant),
        history,
      }),
      ({ id }) => id,
      8,
    ),
    assignments: fc.array(fc.record({ access: fc.nat(), role: fc.nat(), resource: maybe(zone), end: maybe(instant) }), {
      maxLength: 10,
    }),
    tokens: distinct(
      fc.record({
        id: fc.integer({ min: 1, max: 2e9 }),
        access: fc.nat(),
        name: text(20),
        secret_sha256: hex,
        hint: fc.string({ unit: fc.constantFrom(...'abcXYZ019'), minLength: 4, maxLength: 4 }),
        scope: fc.subarray([...grantableScopes(new Set(allScopes))]),
        allowed_scopes: allowedScopes,
        history,
        first_used_at: maybe(instant),
        last_used_at: maybe(instant),
        deactivated: fc.boolean(),
        deactivated_updated_by: maybe(author),
        deactivated_updated_on: maybe(instant),
        revoked_at: maybe(instant),
        only_operations: distinct(hex, String, 2),
        rotated: fc.oneof(nothing, fc.nat()),
      }),
      ({ id }) => id,
      5,
    ),
  })
  .map((drawn) => {
    const { names, providers, permissions, roles, users, accesses, assignments, tokens } = drawn
    const at = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(list.length, 1)]
    const accessLines = accesses.flatMap(
      ({ id, user, type, text: given, flag, language: spoken, last_login_at, history: past }) => {
        const owner = at(users, user)
        if (owner === undefined) return []
        const own = {
          UI_CONNECTION: { two_fa_enabled: flag },
          SSO_CONNECTION: { sso_id: given },
          API_CONNECTION: { name: given, language: spoken },
          PROFILE: { name: given },
        }[type]
        return [
          { owner, line: { type: 'access', id, user_id: owner.id, access_type: type, ...own, last_login_at, ...past } },
        ]
      },
    )
    const assignmentLines = assignments.flatMap(({ access, role, resource, end }) => {
      const [holder, held] = [at(accessLines, access), at(roles, role)]
      if (holder === undefined || held === undefined) return []
      return [{ type: 'roleAssignment', access_id: holder.line.id, role_id: held.id, resource, valid_until: end }]
    })
    const holders = accessLines.filter(({ line }) => line.access_type !== 'PROFILE')
    const rotated = new Set<number>()
    const tokenLines = tokens.flatMap(({ access, rotated: from, history: past, ...token }, index) => {
      const holder = at(holders, access)
      if (holder === undefined) return []
      const earlier = from === null ? undefined : at(tokens.slice(0, index), from)
      const earlierHolder = earlier && at(holders, earlier.access)
      const isSuccessor =
        earlier !== undefined &&
        earlierHolder?.owner.customer_id === holder.owner.customer_id &&
        !rotated.has(earlier.id)
      if (isSuccessor) rotated.add(earlier.id)
      const { id, name, secret_sha256, hint, scope, allowed_scopes, ...state } = token
      const expires_at = new Date(Math.max(Date.parse(past.created_at), Date.parse('2027-01-01')) + 1_000).toISOString()
      if (expires_at.startsWith('+')) return []
      return [
        {
          ...{
            type: 'token',
            id,
            access_id: holder.line.id,
            name,
            secret_sha256,
            hint,
            scope,
            allowed_scopes,
            expires_at,
          },
          ...past,
          ...state,
          rotated_from: isSuccessor ? earlier.id : null,
        },
      ]
    })
    return [
      ...organizations.map((organization, index) => ({ ...organization, name: names[index] })),
      ...providers.map((provider) => ({ type: 'identityProvider', ...provider })),
      ...permissions.map((permission) => ({ type: 'permission', ...permission })),
      ...roles.map(({ has, ...role }) => ({
        ...{ type: 'role', ...role },
        permissions: permissions
          .filter((_, index) => (has >> index) % 2 === 1)
          .map(({ id }) => id)
          .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
      })),
      ...users.map(({ id, customer_id, names: [firstname, lastname], acct, provider, history: past, ...user }) => {
        const own = providers.filter((each) => each.customer_id === customer_id)
        const { expires_at, phone, language: spoken } = user
        return {
          ...{ type: 'user', id, customer_id, firstname, lastname, email: `${id}@b.example`, acct },
          ...{
            idp_id: provider === null ? null : (at(own, provider)?.id ?? null),
            expires_at,
            phone,
            language: spoken,
          },
          ...past,
        }
      }),
      ...accessLines.map(({ line }) => line),
      ...new Map(
        assignmentLines.map((line) => [JSON.stringify([line.access_id, line.role_id, line.resource]), line]),
      ).values(),
      ...tokenLines,
    ]
  })

describe('import and export', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
  })
  afterAll(() => database.close())

  const empty = () =>
    connected(database.connection, async (client) => {
      const children = ['tokens', 'role_assignments', 'accesses', 'users', 'identity_providers', 'roles', 'permissions']
      for (const table of children) await client.query(`DELETE FROM ${table}`)
    })
  const imported = async (file: string) => {
    const { problems, counts } = await importText(database, file)
    expect(problems).toEqual([])
    return counts
  }
  const sorted = (file: string) => file.split('\n').sort()

  it(
    'are each other’s inverse, whatever the population and the order of its lines',
    async () => {
      const drawn = population.chain((lines) =>
        fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length })),
      )
      await fc.assert(
        fc.asyncProperty(drawn, async ([lines, shuffled]) => {
          await empty()
          await imported(linesOf(shuffled))
          const first = await exportText(database)
          expect(sorted(first)).toEqual(sorted(linesOf(lines)))
          const again = await imported(first)
          expect(
            Object.values(again ?? {})
              .flatMap((counts) => Object.keys(counts))
              .filter((what) => what !== 'same'),
          ).toEqual([])
          await empty()
          await imported(first)
          expect(await exportText(database)).toBe(first)
        }),
        { numRuns: cases, seed },
      )
    },
    60_000 + cases * 1_000,
  )
})
