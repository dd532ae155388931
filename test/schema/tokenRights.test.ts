/**
 * What a token may do is within what its issuer could give and what its access holds at the time, however roles change in
 * between: at issue, at use and at reactivation. Held against a model that is written from the words of the rules.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type Claims, createHarness, type Harness } from '../support/harness.ts'
import { testTime } from '../support/time.ts'

const { organizationId } = demoCallers.administrator
const permissionIds = ['rights.p1', 'rights.p2', 'rights.p3']
const roleIds = ['rights.r1', 'rights.r2', 'rights.r3']
const places = [null, 'zone:a.example', 'zone:b.example']
/** Accesses, two of the first user, one of each of the others, and a profile of the first. */
const owners = [0, 0, 1, 2, 0]
const profile = 4

interface Assignment {
  readonly access: number
  readonly role: number
  readonly place: string | null
}
interface State {
  /** Role → whether it has each permission. */
  readonly catalogue: readonly (readonly boolean[])[]
  readonly assignments: readonly Assignment[]
  /** Whether the time of each user is over. */
  readonly over: readonly boolean[]
}
interface Rights {
  readonly allRoles: boolean
  readonly allPermissions: boolean
  readonly roles: readonly { readonly role: number; readonly place: string | null }[]
  readonly permissions: readonly { readonly permission: number; readonly places: readonly string[] }[]
}
interface Caller {
  readonly access: number
  readonly scopes: readonly string[]
}
interface Life {
  readonly issuer: Caller
  readonly holder: number
  readonly scope: readonly string[]
  readonly generalScopes: readonly string[]
  readonly rights: Rights | null
  readonly reactivator: Caller
}

// The model.

const covers = (place: string | null, asked: string | null) => place === null || place === asked
const heldBy = (state: State, access: number) => state.assignments.filter((assignment) => assignment.access === access)
const isOver = (state: State, access: number) => state.over[owners[access] as number] === true
const permits = (state: State, role: number, permission: number) => state.catalogue[role]?.[permission] === true

function holds(state: State, access: number, permission: number, place: string | null): boolean {
  if (isOver(state, access)) return false
  return heldBy(state, access).some((held) => covers(held.place, place) && permits(state, held.role, permission))
}

function couldGiveRole(state: State, access: number, role: number, place: string | null): boolean {
  if (heldBy(state, access).some((held) => held.role === role && covers(held.place, place))) return true
  const permitted = permissionIds.map((_, index) => index).filter((index) => permits(state, role, index))
  return permitted.length > 0 && permitted.every((permission) => holds(state, access, permission, place))
}

const neverGranted = ['tokens:issue', 'tokens:rotate', 'organizations:all']

/** What of the token its issuer could not give; nothing: it could give all of it. */
function excess(state: State, { access, scopes }: Caller, { holder, scope, generalScopes, rights }: Life): string[] {
  const carried = scopes.includes('tokens:manage') ? [...scopes, 'tokens:deactivate'] : scopes
  const beyond = scope.filter((name) => !carried.includes(name) || neverGranted.includes(name))
  beyond.push(...generalScopes.filter((name) => name !== 'openid' && !scopes.includes(name)))
  if (rights === null) return beyond
  const held = heldBy(state, holder)
  const givesAll =
    held.length > 0 &&
    (holder === access || scopes.includes('tokens:manage')) &&
    held.every(({ role, place }) => couldGiveRole(state, access, role, place))
  if (rights.allRoles && !givesAll) beyond.push('organizationScopes.allRoles')
  if (rights.allPermissions && !givesAll) beyond.push('organizationScopes.allPermissions')
  const at = (place: string | null) => (place === null ? '' : `@${place}`)
  for (const { role, place } of rights.roles) {
    if (!couldGiveRole(state, access, role, place)) beyond.push(`role:${roleIds[role]}${at(place)}`)
  }
  for (const { permission, places: asked } of rights.permissions) {
    for (const place of asked.length === 0 ? [null] : asked) {
      if (!holds(state, access, permission, place)) beyond.push(`permission:${permissionIds[permission]}${at(place)}`)
    }
  }
  return beyond
}

/** What putting the token into the world comes to for the caller, by the name of its type. */
function outcome(state: State, caller: Caller, life: Life, success: string): string {
  if (isOver(state, caller.access)) return 'UNAUTHENTICATED'
  const isOwn = owners[caller.access] === owners[life.holder]
  if (!isOwn && !caller.scopes.includes('tokens:manage')) return 'ForbiddenError'
  if (life.holder === profile || isOver(state, life.holder)) return 'TokenPolicyError'
  return excess(state, caller, life).length > 0 ? 'ScopeNotGrantedError' : success
}

/** Whether the token names it, or has all of what its access has. */
function names(state: State, { rights }: Life, permission: number, place: string | null): boolean {
  if (rights === null) return false
  if (rights.allRoles || rights.allPermissions) return true
  return (
    rights.roles.some((named) => covers(named.place, place) && permits(state, named.role, permission)) ||
    rights.permissions.some(
      (named) =>
        named.permission === permission && (named.places.length === 0 || named.places.includes(place as string)),
    )
  )
}

// What is drawn.

/** Mostly everywhere, or little would be held. */
const aPlace = fc.constantFrom(null, null, ...places)
const aRole = fc.nat(roleIds.length - 1)
const aState: fc.Arbitrary<State> = fc.record({
  catalogue: fc.array(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 }),
  assignments: fc.uniqueArray(fc.record({ access: fc.nat(3), role: aRole, place: aPlace }), {
    minLength: 3,
    maxLength: 9,
    selector: ({ access, role, place }) => `${access} ${role} ${place}`,
  }),
  over: fc.array(
    fc.nat(19).map((drawn) => drawn === 0),
    { minLength: 3, maxLength: 3 },
  ),
})
const theRights: fc.Arbitrary<Rights> = fc
  .record({
    all: fc.constantFrom('none', 'none', 'roles', 'permissions', 'both'),
    roles: fc.array(fc.record({ role: aRole, place: aPlace }), { maxLength: 2 }),
    permissions: fc.array(
      fc.record({
        permission: fc.nat(permissionIds.length - 1),
        places: fc.uniqueArray(fc.constantFrom('zone:a.example', 'zone:b.example'), { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ all, roles, permissions }) => {
    const [allRoles, allPermissions] = [all === 'roles' || all === 'both', all === 'permissions' || all === 'both']
    // Beside "all" no names of the same kind.
    return { allRoles, allPermissions, roles: allRoles ? [] : roles, permissions: allPermissions ? [] : permissions }
  })
const someScopes = ['users:read', 'roles:read', 'tokens:deactivate', 'billing:read']
const aCaller = (needed: string): fc.Arbitrary<Caller> =>
  fc.record({
    access: fc.nat(3),
    scopes: fc
      .tuple(fc.oneof({ weight: 3, arbitrary: fc.constant(someScopes) }, fc.subarray(someScopes)), fc.boolean())
      .map(([scopes, manages]) => [
        ...new Set([...scopes, ...needed.split(' '), ...(manages ? ['tokens:manage'] : [])]),
      ]),
  })
const aLife: fc.Arbitrary<Life> = fc
  .record({
    issuer: aCaller('tokens:issue tokens:read'),
    holder: fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constant(profile) }),
    // Mostly the own access, and who issued it, so that much is issued.
    isOwn: fc.constantFrom(true, true, false),
    isSame: fc.boolean(),
    scope: fc.subarray(['users:read', 'roles:read', 'tokens:deactivate', 'tokens:rotate'], { maxLength: 1 }),
    generalScopes: fc.subarray(['openid', 'billing:read'], { maxLength: 1 }),
    rights: fc.option(theRights, { freq: 5 }),
    reactivator: aCaller('tokens:issue tokens:deactivate tokens:read'),
  })
  .map(({ isOwn, isSame, ...life }) => ({
    ...life,
    holder: isOwn ? life.issuer.access : life.holder,
    reactivator: isSame ? { ...life.reactivator, access: life.issuer.access } : life.reactivator,
  }))
const livesAtOnce = 5
const aStory = fc.record({
  before: aState,
  between: aState,
  after: aState,
  lives: fc.array(aLife, { minLength: livesAtOnce, maxLength: livesAtOnce }),
})

const issueDocument = `mutation ($input: IssueTokenInput!) {
  result: issueToken(input: $input) {
    __typename ... on ScopeNotGrantedError { excess } ... on IssueTokenPayload { secret token { id } }
  }
}`
const reactivateDocument = `mutation ($id: ID!) {
  result: reactivateToken(tokenId: $id) { __typename ... on ScopeNotGrantedError { excess } }
}`
const checkDocument = 'query ($checks: [PermissionCheck!]!) { checkPermissions(checks: $checks) { allowed } }'

const cases = Number(process.env.RIGHTS_CASES ?? 50)
const seed = Number(process.env.RIGHTS_SEED ?? 20_261_128)

describe('what a token may do', () => {
  let harness: Harness
  const userIds = owners.slice(0, 3).map((_, index) => `7f0c6c1e-3f0e-4c7e-9a3c-00000000000${index}`)
  const accessIds: number[] = []
  beforeAll(async () => {
    harness = await createHarness()
    const { prisma } = harness
    const common = { organizationId, createdAt: testTime, updatedAt: testTime }
    for (const id of permissionIds) await prisma.permission.create({ data: { id, description: id } })
    for (const id of roleIds) await prisma.role.create({ data: { id, description: id } })
    for (const [index, id] of userIds.entries()) {
      const email = `rights.${index}@lakeside.example`
      await prisma.user.create({
        data: { ...common, id, firstname: 'Rights', lastname: 'Holder', email, language: 'EN' },
      })
    }
    for (const [index, owner] of owners.entries()) {
      const userId = userIds[owner] as string
      const kind =
        index === profile
          ? ({ type: 'PROFILE', name: 'Rights' } as const)
          : ({ type: 'UI_CONNECTION', twoFaEnabled: false } as const)
      const { id } = await prisma.access.create({ data: { ...common, userId, ...kind } })
      accessIds.push(id)
    }
  })
  afterAll(() => harness.close())

  const become = async ({ catalogue, assignments, over }: State) => {
    const { prisma } = harness
    const pairs = catalogue.flatMap((permitted, role) =>
      permitted.flatMap((isPermitted, permission) =>
        isPermitted ? [{ roleId: roleIds[role] as string, permissionId: permissionIds[permission] as string }] : [],
      ),
    )
    const rows = assignments.map(({ access, role, place }) => ({
      organizationId,
      accessId: accessIds[access] as number,
      roleId: roleIds[role] as string,
      ...(place === null ? {} : { resourceType: 'ZONE' as const, resourceId: place.slice('zone:'.length) }),
    }))
    await prisma.$transaction([
      prisma.rolePermission.deleteMany({ where: { roleId: { in: roleIds } } }),
      prisma.rolePermission.createMany({ data: pairs }),
      prisma.roleAssignment.deleteMany({ where: { accessId: { in: accessIds } } }),
      prisma.roleAssignment.createMany({ data: rows }),
      ...over.map((isOverNow, index) =>
        prisma.user.update({
          where: { id: userIds[index] as string },
          data: { expiresAt: isOverNow ? new Date('2026-11-01') : null },
        }),
      ),
    ])
    // Nobody has told the gateway.
    harness.now = new Date(harness.now.getTime() + 1_000)
  }
  const claimsOf = ({ access, scopes }: Caller): Claims => ({
    sub: userIds[owners[access] as number],
    access_id: accessIds[access],
    customer_id: 1,
    scope: scopes.join(' '),
  })
  const change = async (document: string, variables: object, caller: Caller) => {
    const { status, data, errors } = await harness.askRaw(document, variables, { claims: claimsOf(caller) })
    if (status === 401) return { __typename: 'UNAUTHENTICATED' }
    expect(errors).toBeUndefined()
    return data?.result as { __typename: string; excess?: string[]; secret?: string; token?: { id: string } }
  }
  const issue = (life: Life) => {
    const { rights, generalScopes, scope, holder } = life
    const place = (text: string) => ({ type: 'ZONE', id: text.slice('zone:'.length) })
    const organizationScopes = rights && {
      allRoles: rights.allRoles,
      allPermissions: rights.allPermissions,
      roles: rights.roles.map((named) => ({
        name: roleIds[named.role],
        resource: named.place === null ? null : place(named.place),
      })),
      permissions: rights.permissions.map((named) => ({
        permissionId: permissionIds[named.permission],
        resources: named.places.map(place),
      })),
    }
    const input = {
      accessId: String(accessIds[holder]),
      name: 'Rights',
      scope,
      allowedScopes: { generalScopes, organizationScopes },
    }
    return change(issueDocument, { input }, life.issuer)
  }

  interface Living {
    readonly life: Life
    readonly id: string
    readonly secret: string
    isOn: boolean
    /** The state in which it was put into the world the last time, and by whom. */
    given: { readonly state: State; readonly by: Caller }
  }

  /** Asks what each of the tokens may do, and whether it signs in, and holds that against the model. */
  const tryUses = async (state: State, living: readonly Living[]) => {
    const questions = permissionIds.flatMap((_, permission) => places.map((place) => ({ permission, place })))
    const checks = living.flatMap(({ id }) =>
      questions.map(({ permission, place }) => ({
        tokenId: id,
        permissionId: permissionIds[permission],
        resource: place === null ? null : { type: 'ZONE', id: place.slice('zone:'.length) },
      })),
    )
    const { data } = await harness.askRaw(checkDocument, { checks }, demoCallers.administrator)
    const decisions = data?.checkPermissions as { allowed: boolean }[]
    living.forEach(({ life, isOn, given }, index) => {
      questions.forEach(({ permission, place }, question) => {
        const allowed = decisions[index * questions.length + question]?.allowed
        const held = holds(state, life.holder, permission, place)
        const told = `${permissionIds[permission]} at ${place} of ${JSON.stringify({ life, state, given })}`
        expect(allowed, told).toBe(isOn && held && names(state, life, permission, place))
        if (!allowed || life.rights?.allRoles || life.rights?.allPermissions) return
        // What is named was its issuer's to give: the permission itself, or a role with whatever that comes to permit.
        const byRole = life.rights?.roles.some(
          (named) =>
            covers(named.place, place) &&
            permits(state, named.role, permission) &&
            couldGiveRole(given.state, given.by.access, named.role, named.place),
        )
        expect(byRole || holds(given.state, given.by.access, permission, place), told).toBe(true)
      })
    })
    for (const { life, secret, isOn } of living) {
      const signedIn = await harness.askRaw('{ viewer { scopes } }', {}, { authorization: `Bearer ${secret}` })
      expect(signedIn.status).toBe(isOn && !isOver(state, life.holder) ? 200 : 401)
      if (signedIn.status === 200) expect(signedIn.data).toEqual({ viewer: { scopes: [...life.scope].sort() } })
    }
  }

  it(`is within what its issuer could give and what its access holds, at issue, use and reactivation (${cases} cases)`, async () => {
    const met = new Map<string, number>()
    const meet = (what: string) => met.set(what, (met.get(what) ?? 0) + 1)
    const compared = (
      result: { readonly __typename: string; readonly excess?: readonly string[] },
      state: State,
      caller: Caller,
      life: Life,
      success: string,
    ) => {
      const told = JSON.stringify({ life, caller, state })
      expect(result.__typename, told).toBe(outcome(state, caller, life, success))
      if (result.excess) expect(result.excess, told).toEqual([...new Set(excess(state, caller, life))].sort())
      meet(result.__typename)
    }
    await fc.assert(
      fc.asyncProperty(aStory, async ({ before, between, after, lives }) => {
        await become(before)
        const living: Living[] = []
        for (const life of lives) {
          const result = await issue(life)
          compared(result, before, life.issuer, life, 'IssueTokenPayload')
          if (!result.secret || !result.token) continue
          const given = { state: before, by: life.issuer }
          living.push({ life, id: result.token.id, secret: result.secret, isOn: true, given })
        }
        if (living.length === 0) return
        await tryUses(before, living)
        await become(between)
        await tryUses(between, living)
        const tokenIds = living.map(({ id }) => id)
        const off = 'mutation ($tokenIds: [ID!]!) { deactivateTokens(tokenIds: $tokenIds) { __typename } }'
        expect((await harness.askRaw(off, { tokenIds })).errors).toBeUndefined()
        for (const each of living) each.isOn = false
        await tryUses(between, living)
        await become(after)
        for (const each of living) {
          const { life, id } = each
          const result = await change(reactivateDocument, { id }, life.reactivator)
          compared(result, after, life.reactivator, life, 'ReactivateTokenPayload')
          if (result.__typename !== 'ReactivateTokenPayload') continue
          each.isOn = true
          each.given = { state: after, by: life.reactivator }
        }
        await tryUses(after, living)
      }),
      { numRuns: Math.ceil(cases / livesAtOnce), seed, endOnFailure: cases > 1_000 },
    )
    // Each outcome is met.
    for (const what of ['IssueTokenPayload', 'ReactivateTokenPayload', 'ScopeNotGrantedError', 'ForbiddenError']) {
      expect(met.get(what) ?? 0, what).toBeGreaterThan(0)
    }
    console.info(`rights: ${[...met].map(([what, count]) => `${count} ${what}`).join(', ')}`)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
