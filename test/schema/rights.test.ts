import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { graphql } from '../generated/gql.ts'
import type { PermissionCheck, ResourceInput } from '../generated/graphql.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, claimsOf, createHarness, type Harness } from '../support/harness.ts'
import { withAccess } from '../support/withAccess.ts'

const EffectiveRights = graphql(`
  query EffectiveRights($resource: ResourceInput) {
    accesses(limit: 1000) { results { id effectivePermissions(resource: $resource) { id } } }
  }
`)

const CheckRights = graphql(`
  query CheckRights($checks: [PermissionCheck!]!) {
    checkPermissions(checks: $checks) { allowed }
  }
`)

const ReadPlaces = graphql(`
  query ReadPlaces($permissionId: ID!) {
    accesses(limit: 1000) { results { id resources(permissionId: $permissionId) { everywhere resources { type id } } } }
  }
`)

const WhatMayI = graphql(`
  query WhatMayI($permissionId: ID!, $resource: ResourceInput) {
    viewer { can(permissionId: $permissionId, resource: $resource) permissions(resource: $resource) { id } }
  }
`)

const CanI = graphql(`
  query CanI($permissionId: ID!, $resource: ResourceInput) {
    viewer { can(permissionId: $permissionId, resource: $resource) }
  }
`)

const { administrator } = demoCallers
const zone = (id: string): ResourceInput => ({ type: 'ZONE', id })
const editor = 'zoe.hartmann@lakeside.example'

describe('what one may do', () => {
  let harness: Harness
  let permissionIds: readonly string[]
  beforeAll(async () => {
    harness = await createHarness()
    // The first request looks the caller's organization up besides, and reads the catalogue.
    await harness.askRaw('{ role(id: "auditor") { id } }')
    permissionIds = (await harness.prisma.permission.findMany()).map(({ id }) => id).sort()
  })
  afterAll(() => harness.close())

  const allowed = async (checks: readonly PermissionCheck[], caller: Caller = administrator) => {
    const decisions: boolean[] = []
    for (let from = 0; from < checks.length; from += 1000) {
      const { data } = await harness.ask(CheckRights, { checks: checks.slice(from, from + 1000) }, caller)
      decisions.push(...(data?.checkPermissions.map((decision) => decision.allowed) ?? []))
    }
    return decisions
  }

  it.each([null, zone('example.com'), zone('example.net')])(
    'is for each access what a check allows, on %j',
    async (resource) => {
      const { data, errors, statements } = await harness.ask(EffectiveRights, { resource })
      expect(errors).toBeUndefined()
      expect(statements).toHaveLength(2)
      const accesses = data?.accesses.results ?? []
      const checks = accesses.flatMap(({ id }) =>
        permissionIds.map((permissionId) => ({ accessId: id, permissionId, resource })),
      )
      const decisions = await allowed(checks)
      const told = accesses.flatMap(({ effectivePermissions }) => {
        const ids = effectivePermissions.map(({ id }) => id)
        expect(ids).toEqual([...ids].sort())
        return permissionIds.map((id) => ids.includes(id))
      })
      expect(told).toEqual(decisions)
      expect(new Set(decisions)).toEqual(new Set([true, false]))
    },
  )

  it('holds at each of the places that an access names, and everywhere where it says so', async () => {
    const permissionId = 'dns.record.update'
    const { data, errors, statements } = await harness.ask(ReadPlaces, { permissionId })
    expect(errors).toBeUndefined()
    expect(statements).toHaveLength(2)
    const accesses = data?.accesses.results ?? []
    const everywhere = await allowed(accesses.map(({ id }) => ({ accessId: id, permissionId })))
    expect(accesses.map(({ resources }) => resources.everywhere)).toEqual(everywhere)
    const zoe = accesses.find(({ id }) => id === demoAccessId(editor))?.resources
    expect(zoe).toEqual({ everywhere: false, resources: [zone('example.com'), zone('example.net')] })
    const zones = [...new Set(accesses.flatMap(({ resources }) => resources.resources.map(({ id }) => id)))]
    const checks = zones.flatMap((id) =>
      accesses.map((each) => ({ accessId: each.id, permissionId, resource: zone(id) })),
    )
    const expected = zones.flatMap((id) =>
      accesses.map(({ resources }) => resources.everywhere || resources.resources.some((each) => each.id === id)),
    )
    expect(expected).toEqual(await allowed(checks))
  })

  it('is nothing, and nowhere, once the time of the user is over', async () => {
    const { userId } = demoAccess(editor).person
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: new Date('2026-01-01') } })
    const ofZoe = <Row extends { readonly id: string }>(rows: readonly Row[] | undefined) =>
      rows?.find(({ id }) => id === demoAccessId(editor))
    const rights = await harness.ask(EffectiveRights, { resource: zone('example.com') })
    expect(ofZoe(rights.data?.accesses.results)?.effectivePermissions).toEqual([])
    const places = await harness.ask(ReadPlaces, { permissionId: 'dns.record.update' })
    expect(ofZoe(places.data?.accesses.results)?.resources).toEqual({ everywhere: false, resources: [] })
    await harness.prisma.user.update({ where: { id: userId }, data: { expiresAt: null } })
  })

  it('is told to the caller for its access, and needs no scope where only one permission is asked for', async () => {
    const [permissionId, resource] = ['dns.record.update', zone('example.com')]
    const none = asDemoUser(editor, '')
    expect((await harness.ask(CanI, { permissionId, resource }, none)).data).toEqual({ viewer: { can: true } })
    expect((await harness.ask(CanI, { permissionId }, none)).data).toEqual({ viewer: { can: false } })
    expect((await harness.ask(WhatMayI, { permissionId }, none)).status).toBe(403)
    const { data } = await harness.ask(WhatMayI, { permissionId, resource }, asDemoUser(editor, 'roles:read'))
    const checks = permissionIds.map((id) => ({ accessId: demoAccessId(editor), permissionId: id, resource }))
    const decisions = await allowed(checks)
    expect(data?.viewer.permissions.map(({ id }) => id)).toEqual(permissionIds.filter((_, index) => decisions[index]))
  })

  it('is for a caller with an API token what the token allows of it', async () => {
    const { organizationId } = administrator
    const tokens = await harness.prisma.token.findMany({
      where: { organizationId, deactivated: false, revokedAt: null, expiresAt: { gt: harness.now } },
      include: { access: { include: { user: true } } },
    })
    let [some, cut] = [0, 0]
    for (const { id, accessId, access } of withAccess(tokens)) {
      if (access.user.expiresAt !== null) continue
      const claims = { ...claimsOf(administrator), sub: access.userId, access_id: accessId, token_id: id }
      const caller = { claims }
      const { data } = await harness.ask(WhatMayI, { permissionId: 'dns.zone.read' }, caller)
      const told = data?.viewer.permissions.map((permission) => permission.id)
      const decisions = await allowed(permissionIds.map((permissionId) => ({ tokenId: String(id), permissionId })))
      expect(told).toEqual(permissionIds.filter((_, index) => decisions[index]))
      expect(data?.viewer.can).toBe(told?.includes('dns.zone.read'))
      const whole = await allowed(permissionIds.map((permissionId) => ({ accessId: String(accessId), permissionId })))
      expect(decisions.every((may, index) => !may || whole[index])).toBe(true)
      if (decisions.includes(true)) some += 1
      if (decisions.some((may, index) => !may && whole[index])) cut += 1
    }
    expect(Math.min(some, cut)).toBeGreaterThan(2)
  })

  it('is nothing for a caller that the credential names no access of', async () => {
    const service = { claims: { sub: 'a service', customer_id: 1, scope: 'roles:read' } }
    const nothing = { viewer: { can: false, permissions: [] } }
    expect((await harness.ask(WhatMayI, { permissionId: 'dns.zone.read' }, service)).data).toEqual(nothing)
  })

  it('refuses what is no zone and no id', async () => {
    const asked = ['can(permissionId: "")', 'can(permissionId: "x", resource: { type: ZONE, id: "*" })']
    for (const field of asked) {
      const { errors } = await harness.askRaw(`{ viewer { ${field} } }`)
      expect(errors?.map(({ extensions: { code } }) => code)).toEqual(['BAD_USER_INPUT'])
    }
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
